import type {DiagnosticsRow} from './join/diagnostics.ts';
import type {Position, SourcePartition} from './position.ts';

/**
 * What the partition loop needs from the outside. Each port has two implementations: the Azure service in
 * `packages/azure` and the simulated one in `test/simulation`. Expected outcomes are values; a method throws only
 * `AbortError` when its signal fired, or a bug.
 */

/** Time passes only here, so that a simulation can own it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds since some moment of this process. Nobody sets it, unlike `now`: for what may happen how often. */
  elapsed(): number;
  /** Resolves after `ms`, or at once when the signal fires; it does not reject. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** One event as it came, before anything was parsed. The body may be a view into a socket buffer: copy what is kept. */
export interface ReceivedEvent {
  readonly sequenceNumber: number;
  readonly offset: string;
  readonly enqueuedTimeMs: number;
  /** Bytes of a data section, or whatever an AMQP value or sequence section held. */
  readonly body: unknown;
}

/** What is known of a hub, read on a connection of its own. */
export interface HubFacts {
  /** ISO 8601. */
  readonly createdAt: string;
  readonly partitionIds: readonly string[];
}
export interface PartitionFacts {
  readonly beginningSequenceNumber: number;
  readonly lastEnqueuedSequenceNumber: number;
  readonly lastEnqueuedOffset: string;
  readonly lastEnqueuedTimeMs: number;
  readonly isEmpty: boolean;
}

/** The answer to a conditional write. */
export type ConditionalWrite =
  | {readonly kind: 'written'; readonly etag: string}
  /** The condition did not hold: somebody else wrote, or an earlier answer of ours was lost. */
  | {readonly kind: 'refused'}
  /** Timeout, reset, 5xx or 408: it may have been written. */
  | {readonly kind: 'unclear'; readonly cause: string};

/** A temporary fault of a read: the caller waits and asks again. */
export interface Unavailable {
  readonly kind: 'unavailable';
  readonly cause: string;
  readonly retryAfterMs?: number;
}

export type JournalRead =
  | {readonly kind: 'found'; readonly etag: string; readonly bytes: Uint8Array}
  | {readonly kind: 'missing'}
  | Unavailable;

/** The journal blob of each partition. Reads never go to a secondary region. */
export interface JournalStore {
  read(partition: SourcePartition, signal?: AbortSignal): Promise<JournalRead>;
  /** `ifMatch` undefined: only if there is none yet. */
  write(
    partition: SourcePartition,
    write: {bytes: Uint8Array; ifMatch: string | undefined},
    signal?: AbortSignal,
  ): Promise<ConditionalWrite>;
  /** The ETag alone, at the price of one head request. */
  etag(
    partition: SourcePartition,
    signal?: AbortSignal,
  ): Promise<{kind: 'found'; etag: string} | {kind: 'missing'} | Unavailable>;
}

/** Dead letters of one commit, as one blob that is written once. */
export interface DeadLetterStore {
  write(
    partition: SourcePartition,
    letters: {lineage: string; n: number; bytes: Uint8Array},
    signal?: AbortSignal,
  ): Promise<{kind: 'written'} | Unavailable>;
}

/** A hint for tools and KEDA, never the truth. Failures are counted and the next one tries again. */
export interface CheckpointStore {
  write(
    partition: SourcePartition,
    position: Position,
    signal?: AbortSignal,
  ): Promise<{kind: 'written'} | Unavailable>;
}

/** A document as it is stored: flat, every field a string or a number. */
export type StoredDocument = Record<string, string | number>;

export type DocumentRead =
  | {readonly kind: 'found'; readonly etag: string; readonly document: Record<string, unknown>}
  | {readonly kind: 'missing'}
  | {readonly kind: 'throttled'; readonly retryAfterMs: number}
  | Unavailable;

export type DocumentWrite =
  | {readonly kind: 'written'; readonly etag: string}
  /** 409, 412, or 404 on a replace: somebody else wrote, or an earlier answer of ours was lost. */
  | {readonly kind: 'refused'}
  /** Timeout, reset, 408, 449, 410 or 5xx: it may have been written. */
  | {readonly kind: 'unclear'; readonly cause: string}
  /** 429: it was most likely not written; treated like `unclear` all the same. */
  | {readonly kind: 'throttled'; readonly retryAfterMs: number}
  /** Refused for good: too large, logical partition full, bad request. `reason` is fit for a log line. */
  | {readonly kind: 'unacceptable'; readonly reason: string}
  /** 401, 403, missing container: nothing can be written until somebody acts. */
  | {readonly kind: 'forbidden'; readonly reason: string};

/** One container of flat documents, each read and written alone under its ETag. */
export interface DocumentStore {
  read(key: {id: string; pk: string}, signal?: AbortSignal): Promise<DocumentRead>;
  /** `ifMatch` undefined: create, only if there is none (If-None-Match `*`). */
  write(
    document: StoredDocument & {id: string; pk: string},
    ifMatch: string | undefined,
    signal?: AbortSignal,
  ): Promise<DocumentWrite>;
}

/** An answer of the diagnostics source. Only `complete` may be believed; every other one is asked again. */
export type LookupAnswer =
  | {
      readonly kind: 'complete';
      readonly rows: readonly DiagnosticsRow[];
      /** The service's own clock when it answered, ms; undefined when the answer carries none. */
      readonly serviceNowMs: number | undefined;
    }
  /** Cut at a row or size limit, or a partial error: discard it and ask for less. */
  | {readonly kind: 'partial'; readonly cause: string}
  /** 504: asked too much at once. */
  | {readonly kind: 'tooSlow'}
  | {readonly kind: 'throttled'; readonly retryAfterMs: number | undefined}
  | {readonly kind: 'unavailable'; readonly cause: string}
  /** 400, 401, 403, 404: wrong until somebody acts; `reason` is fit for a log line. */
  | {readonly kind: 'forbidden'; readonly reason: string};

/** Where diagnostics come from; rows of one request id are returned as they are, several for one id included. */
export interface DiagnosticsSource {
  /** Rows stored in `[fromMs, toMs)` by the service's `ingestion_time()`; `share` takes one of `of` parts by a hash of the id. */
  slice(
    range: {fromMs: number; toMs: number; share?: {index: number; of: number}},
    signal?: AbortSignal,
  ): Promise<LookupAnswer>;
  /** Rows of these ids (at most 5,000, each 1 to 128 of `[0-9a-z-]`), generated in `[fromMs, toMs]`. */
  byIds(
    query: {ids: readonly string[]; fromMs: number; toMs: number},
    signal?: AbortSignal,
  ): Promise<LookupAnswer>;
  /** The service's clock alone. */
  serviceNow(signal?: AbortSignal): Promise<LookupAnswer>;
}
