import {randomUUID} from 'node:crypto';
import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import {request as httpsRequest} from 'node:https';
import {Transform} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {UsageTap} from './usage-tap.ts';
import {requestIdOf, weirEvent} from './weir-event.ts';

/** An event to send, and the key that keeps all copies of it on one partition. */
export interface KeyedEvent {
  readonly partitionKey: string;
  readonly body: Record<string, unknown>;
}

export interface ProxyOptions {
  /** Where calls go on to, `https://contoso.openai.azure.com` or a gateway in front of it. */
  readonly backend: URL;
  /** Must not throw and must not wait: a call is never held up by its log. */
  readonly send: (event: KeyedEvent) => void;
}

/** A call that has no answer after this long has none. Long reasoning streams nothing for minutes. */
const idleMsMax = 600_000;

/** Of one hop, not of the call: https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 */
const hopHeaders = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/**
 * An example, to read and to build on: passes calls on to one backend and emits one event per call, with the usage of streams
 * whose caller asked for it (`stream_options: {include_usage: true}`). It checks no caller: put that in front of it, and set
 * `appId` from what was checked.
 */
export function createProxy({backend, send}: ProxyOptions): Server {
  return createServer((incoming, outgoing) => {
    const gatewayRequestId = randomUUID();
    const receivedAtMs = Date.now();
    const path = incoming.url ?? '/';
    const log = (answer: {
      statusCode: number | undefined;
      headers: IncomingHttpHeaders;
      tap: UsageTap;
    }): void => {
      const {statusCode, headers, tap} = answer;
      const call = {
        gatewayRequestId,
        receivedAtMs,
        endedAtMs: Date.now(),
        path,
        backendId: backend.hostname,
        appId: '',
      };
      const body = weirEvent({...call, statusCode, headers, isStream: tap.isStream, answer: tap.end()});
      send({partitionKey: requestIdOf(headers) || gatewayRequestId, body});
    };
    const connect = backend.protocol === 'https:' ? httpsRequest : httpRequest;
    const forwarded = connect(
      new URL(path, backend),
      {method: incoming.method, headers: forwardedHeaders(incoming, backend), timeout: idleMsMax},
      (answer) => {
        const {statusCode = 502, headers} = answer;
        const tap = new UsageTap(headers['content-type'] ?? '');
        // However it ends, the call is logged: a caller who hangs up has used tokens, too.
        void passOn(answer, outgoing, tap).finally(() => log({statusCode, headers, tap}));
      },
    );
    forwarded.on('timeout', () => forwarded.destroy(new Error('The backend did not answer in time.')));
    forwarded.on('error', () => {
      if (outgoing.headersSent) return;
      outgoing.writeHead(502).end();
      log({statusCode: undefined, headers: {}, tap: new UsageTap('')});
    });
    outgoing.on('close', () => {
      if (!outgoing.writableFinished) forwarded.destroy();
    });
    incoming.pipe(forwarded);
  });
}

/** The answer goes on chunk by chunk, at the pace of the caller; the tap looks at each chunk as it passes. */
async function passOn(answer: IncomingMessage, outgoing: ServerResponse, tap: UsageTap): Promise<void> {
  outgoing.writeHead(answer.statusCode ?? 502, withoutHops(answer.headers));
  outgoing.flushHeaders();
  const watch = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      tap.take(chunk);
      done(null, chunk);
    },
  });
  // Both ends may break off; there is nobody left to tell, and the event says what was seen.
  await pipeline(answer, watch, outgoing).catch(() => undefined);
}

function forwardedHeaders(incoming: IncomingMessage, backend: URL): IncomingHttpHeaders {
  // A compressed answer could not be read as it passes.
  return {...withoutHops(incoming.headers), host: backend.host, 'accept-encoding': 'identity'};
}

function withoutHops(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hopHeaders.includes(name)));
}
