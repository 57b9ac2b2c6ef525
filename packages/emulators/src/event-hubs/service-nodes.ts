import type {EventContext, Receiver} from 'rhea';
import {putToken} from './cbs.ts';
import type {ClientConnection} from './client-connection.ts';
import type {EmulatedHub} from './emulated-hub.ts';
import type {Faults} from './faults.ts';
import {answerManagement} from './management.ts';
import {answerRequest, requestOf, type ServiceAnswer, type ServiceRequest} from './request-response.ts';
import type {SharedAccessKey} from './sas.ts';

/** What all that a client can open shares. */
export interface ServiceOptions {
  readonly policy: SharedAccessKey;
  readonly faults: Faults;
  readonly now: () => number;
  /** By name, without case. */
  hub(name: string): EmulatedHub | undefined;
}

interface RequestLink {
  readonly client: ClientConnection;
  readonly receiver: Receiver;
  readonly options: ServiceOptions;
}

/** Answers the requests that come on a link to `$cbs` or `$management`, each with one message to its reply address. */
export function serveRequests(node: 'cbs' | 'management', link: RequestLink): void {
  const {client, receiver, options} = link;
  const answerTo = node === 'cbs' ? cbsAnswer : managementAnswer;
  receiver.on('message', ({message, delivery}: EventContext) => {
    if (!message || !delivery) return;
    delivery.accept();
    const refusal = options.faults.take(node === 'cbs' ? 'put-token' : 'management');
    answerRequest(client, message, refusal ? {status: 503, ...refusal} : answerTo(requestOf(message), link));
  });
}

function cbsAnswer(request: ServiceRequest, {client, options}: RequestLink): ServiceAnswer {
  return putToken(client, request, {...options.policy, nowMs: options.now()});
}

function managementAnswer(request: ServiceRequest, {client, options}: RequestLink): ServiceAnswer {
  const nowMs = options.now();
  return answerManagement(request, {
    nowMs,
    hub: (name) => options.hub(name),
    mayAccess: (entity) => client.mayAccess(entity, nowMs),
  });
}
