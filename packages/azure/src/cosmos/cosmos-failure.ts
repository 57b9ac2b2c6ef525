import type {DocumentRead, DocumentWrite} from '@weir/pipeline';

/** What an error of the SDK says, without its message, which may quote a document or a link. */
export interface CosmosFailure {
  /** Of the service's answer; undefined when there was none. */
  readonly status: number | undefined;
  readonly substatus: number;
  /** Of a 429, within bounds. */
  readonly retryAfterMs: number;
  readonly requestUnits: number;
  /** `503`, `404/1003`, `ECONNREFUSED`, `TimeoutError`; fit for a log line. */
  readonly cause: string;
}

/** Where a 429 does not say how long, and the bounds for what it says. */
const retryAfterDefaultMs = 1000;
const retryAfterMaxMs = 60_000;

/** 404: the database or the container is missing, not the document. */
const ownerMissing = 1003;
/** 404: this replica has not yet seen what the session has. */
const sessionNotAvailable = 1002;
/** 403: the logical partition has reached its 20 GB. */
const logicalPartitionFull = 1014;
/** 403: the region does not take writes (now), or no longer belongs to the account: a failover is under way. */
const writesElsewhere: ReadonlySet<number> = new Set([3, 1008]);

export function describeFailure(error: unknown): CosmosFailure {
  const {code, name, substatus, headers, retryAfterInMs} = fieldsOf(error);
  const status = typeof code === 'number' ? code : undefined;
  const detail = typeof substatus === 'number' ? substatus : 0;
  const wait =
    typeof retryAfterInMs === 'number' && retryAfterInMs >= 0 ? retryAfterInMs : retryAfterDefaultMs;
  const charge = Number(fieldsOf(headers)['x-ms-request-charge'] ?? 0);
  return {
    status,
    substatus: detail,
    retryAfterMs: Math.min(wait, retryAfterMaxMs),
    requestUnits: Number.isFinite(charge) ? charge : 0,
    cause: status === undefined ? nameOf(code ?? name) : detail === 0 ? `${status}` : `${status}/${detail}`,
  };
}

/** The port's word for a write that failed. Whatever is not known to be refused may have been written. */
export function writeFailure(failure: CosmosFailure, operation: 'create' | 'replace'): DocumentWrite {
  const {status, substatus, retryAfterMs, cause} = failure;
  const answered = `Cosmos DB answered ${cause}`;
  switch (status) {
    case 429:
      return {kind: 'throttled', retryAfterMs};
    case 409:
    case 412:
      return {kind: 'refused'};
    case 404:
      if (operation === 'replace' && substatus !== ownerMissing) return {kind: 'refused'};
      return {kind: 'forbidden', reason: `${answered}: the database or the container does not exist.`};
    case 400:
      return {kind: 'unacceptable', reason: `${answered}: it does not take the document.`};
    case 413:
      return {kind: 'unacceptable', reason: `${answered}: the document is larger than 2 MB.`};
    case 401:
      return {kind: 'forbidden', reason: `${answered}: the key or token is not valid for this account.`};
    case 403:
      if (substatus === logicalPartitionFull) {
        return {kind: 'unacceptable', reason: `${answered}: the logical partition is full.`};
      }
      if (writesElsewhere.has(substatus)) return {kind: 'unclear', cause};
      return {kind: 'forbidden', reason: `${answered}: a role or a firewall rule is missing.`};
    case undefined:
    default:
      return {kind: 'unclear', cause};
  }
}

/** The port's word for a read that failed; only a plain 404 means that there is no such document. */
export function readFailure(failure: CosmosFailure): DocumentRead {
  const {status, substatus, retryAfterMs, cause} = failure;
  if (status === 429) return {kind: 'throttled', retryAfterMs};
  if (status !== 404) return {kind: 'unavailable', cause};
  if (substatus === ownerMissing) {
    return {kind: 'unavailable', cause: `${cause}: the database or the container does not exist`};
  }
  return substatus === sessionNotAvailable ? {kind: 'unavailable', cause} : {kind: 'missing'};
}

/** Codes and class names only: anything longer might carry contents. */
function nameOf(name: unknown): string {
  return typeof name === 'string' && /^[A-Za-z_]{1,40}$/.test(name) ? name : 'unknown error';
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
