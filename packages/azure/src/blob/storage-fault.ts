import {RestError} from '@azure/storage-blob';
import type {Unavailable} from '@weir/pipeline';
import {abortError} from './request-signal.ts';

/**
 * What an error of the blob client means. The one place where status codes of storage are judged:
 * https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes
 *
 * `aborted`: the caller's own signal. `refused`: a condition did not hold. `missing`: no such blob. `unclear`: a write
 * may have happened, a read may be tried again. `forbidden`: wrong until somebody acts.
 */
export type StorageFault =
  | {readonly kind: 'aborted'}
  | {readonly kind: 'refused'}
  | {readonly kind: 'missing'}
  | {readonly kind: 'forbidden'; readonly cause: string}
  | {readonly kind: 'unclear'; readonly cause: string; readonly retryAfterMs?: number};

/** What a condition that does not hold is called, of If-Match and of If-None-Match `*`. A HEAD request has no code. */
const conditionCodes: ReadonlySet<string> = new Set(['ConditionNotMet', 'BlobAlreadyExists']);

/** Longer waits than this are not believed: the caller's own back-off goes on from there. */
const retryAfterMsMax = 60_000;

/** Judges `error`, thrown by a request that `signal` could stop. Anything unknown is `unclear`, the careful answer. */
export function storageFault(error: unknown, signal: AbortSignal | undefined): StorageFault {
  if (signal?.aborted === true) return {kind: 'aborted'};
  if (!(error instanceof RestError)) return {kind: 'unclear', cause: describe(error)};
  switch (error.statusCode) {
    case 409:
    case 412:
      // Both also tell of immutable, leased or vanishing blobs, where nothing was written before and nothing is now.
      return error.code === undefined || conditionCodes.has(error.code)
        ? {kind: 'refused'}
        : {kind: 'forbidden', cause: describe(error)};
    case 404:
      return error.code === 'BlobNotFound' || error.code === undefined
        ? {kind: 'missing'}
        : {kind: 'forbidden', cause: describe(error)};
    case 401:
    case 403:
      return {kind: 'forbidden', cause: describe(error)};
    case undefined:
    default:
      return {kind: 'unclear', cause: describe(error), ...retryAfter(error)};
  }
}

/** The fault as an outcome of a request that may simply be made again. Throws `AbortError` for the caller's own signal. */
export function unavailable(fault: StorageFault): Unavailable {
  if (fault.kind === 'aborted') throw abortError();
  if (fault.kind === 'refused') return {kind: 'unavailable', cause: 'refused by a condition'};
  if (fault.kind === 'missing') return {kind: 'unavailable', cause: 'not found'};
  return {...fault, kind: 'unavailable'};
}

/** Code and status only: messages of the service carry request ids and times, and headers may carry signatures. */
function describe(error: unknown): string {
  if (error instanceof RestError) {
    const status = error.statusCode === undefined ? 'no answer' : `status ${error.statusCode}`;
    return `${error.code ?? error.name} (${status})`;
  }
  return error instanceof Error ? error.name : 'unknown error';
}

function retryAfter(error: RestError): {retryAfterMs?: number} {
  const seconds = Number(error.response?.headers.get('retry-after') ?? Number.NaN);
  if (!(seconds > 0)) return {};
  return {retryAfterMs: Math.min(seconds * 1000, retryAfterMsMax)};
}
