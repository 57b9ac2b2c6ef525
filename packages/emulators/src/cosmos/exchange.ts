import type {IncomingMessage} from 'node:http';
import type {DocumentRequest} from './document-requests.ts';
import {readJsonBody} from './request-body.ts';
import {checkSignature} from './signature.ts';
import {operationOf, parseTarget, type CosmosOperation, type Target} from './target.ts';

/** One request on its way through the emulator. */
export interface Exchange {
  readonly target: Target;
  readonly operation: CosmosOperation;
  readonly method: string;
  readonly host: string;
  readonly document: DocumentRequest;
}

/** Reads and checks a request; throws `ServiceError` for one that is malformed, unsigned or outside the subset. */
export async function admit(
  request: IncomingMessage,
  {url, key}: {url: URL; key: string},
): Promise<Exchange> {
  // Read first, so that a refusal never leaves a half-read body on a kept connection.
  const body = await readJsonBody(request);
  const target = parseTarget(url.pathname);
  checkSignature(request, {key, target});
  const {headers, method = 'GET'} = request;
  const operation = operationOf(target, method, headers);
  const id = target.kind === 'docs' ? target.id : undefined;
  return {target, operation, method, host: headers.host ?? '', document: {operation, id, headers, body}};
}
