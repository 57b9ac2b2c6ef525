import {randomUUID} from 'node:crypto';
import type {ServerResponse} from 'node:http';
import {ServiceError} from './service-error.ts';

/** What a request leads to, before it is written to the socket. */
export interface Answer {
  readonly status: number;
  /** Serialized as JSON; undefined sends no body. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly requestUnits: number;
}

/** Charge of a request on databases, containers and the account; never counted against the budget. */
export const metadataRequestUnits = 1;

/** Refusals for which the service had to look at the document; it charges about a point read for them. */
const chargedRefusals: ReadonlySet<number> = new Set([404, 409, 412]);
const refusedRequestUnits = 1;

/** The answer to an error; one that is not a `ServiceError` is a bug of the emulator and says so. */
export function refusal(error: unknown): Answer {
  const known =
    error instanceof ServiceError
      ? error
      : new ServiceError(500, {
          code: 'InternalServerError',
          message: `The emulator failed: ${String(error)}`,
        });
  const {status, code, message, substatus, retryAfterMs} = known;
  const headers: Record<string, string> = {'x-ms-substatus': String(substatus)};
  if (retryAfterMs !== undefined) headers['x-ms-retry-after-ms'] = String(retryAfterMs);
  const requestUnits = chargedRefusals.has(status) ? refusedRequestUnits : 0;
  return {status, body: {code, message}, headers, requestUnits};
}

/** Writes the answer with the headers that the service always sends; `space` indents the JSON for people. */
export function send(response: ServerResponse, answer: Answer, {space = 0}: {space?: number} = {}): void {
  const {status, body, headers, requestUnits} = answer;
  const text = body === undefined ? '' : JSON.stringify(body, undefined, space);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'x-ms-activity-id': randomUUID(),
    'x-ms-request-charge': requestUnits.toFixed(2),
    ...headers,
  });
  response.end(text);
}
