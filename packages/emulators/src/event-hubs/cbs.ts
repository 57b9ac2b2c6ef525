import type {ClientConnection} from './client-connection.ts';
import type {ServiceAnswer, ServiceRequest} from './request-response.ts';
import {resourcePath, verifySasToken, type SharedAccessKey} from './sas.ts';
import {CONDITION} from './service-error.ts';

const SAS_TOKEN = 'servicebus.windows.net:sastoken';

/**
 * `$cbs` put-token: checks the token and notes on the connection what it covers until it expires.
 * https://docs.oasis-open.org/amqp/amqp-cbs/v1.0/amqp-cbs-v1.0.html
 */
export function putToken(
  client: ClientConnection,
  request: ServiceRequest,
  policy: SharedAccessKey & {nowMs: number},
): ServiceAnswer {
  const {operation, type, name, body} = request;
  if (operation !== 'put-token' || typeof name !== 'string' || typeof body !== 'string') {
    return {
      status: 400,
      description: 'A put-token request has a name and a token.',
      condition: CONDITION.argument,
    };
  }
  if (type !== SAS_TOKEN) return denied(`Only tokens of type ${SAS_TOKEN} are accepted.`);
  const verdict = verifySasToken(body, policy);
  if (verdict.kind === 'refused') return denied(verdict.reason);
  if (!covers(resourcePath(verdict.resource), resourcePath(name))) {
    return denied(`The token is for another resource than '${name}'.`);
  }
  return client.claim(name, verdict.expiresAtMs)
    ? {status: 202, description: 'Accepted'}
    : {status: 403, description: 'Too many claims on one connection.', condition: CONDITION.quotaExceeded};
}

function covers(granted: string, path: string): boolean {
  return granted === '' || path === granted || path.startsWith(`${granted}/`);
}

function denied(reason: string): ServiceAnswer {
  return {status: 401, description: `Unauthorized access. ${reason}`, condition: CONDITION.unauthorized};
}
