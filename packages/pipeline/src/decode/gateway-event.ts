/**
 * What the decoder hands to the pipeline. Every record of a body leaves it as exactly one `DecodedRecord`, so that
 * records in equal events + dead letters + skipped, whatever the body was.
 */

/** Where token counts come from: `reported` by the service, `summed` or `estimated` by a gateway, or not known. */
export type TokenSource = 'reported' | 'summed' | 'estimated' | 'unknown';

/** One gateway call as Weir understands it. Absent values are undefined; dimension texts are already cleaned. */
export interface GatewayEvent {
  /** The id the join uses: trimmed, lower-cased, 1..128 of `[0-9a-z-]`; undefined when absent, empty or unusable. */
  readonly requestId: string | undefined;
  /** Ms since the epoch, years 2000 to 2200; the enqueued time where the shape has no time field or an empty one. */
  readonly eventTimeMs: number;
  /** Normalised (`eastus2`), at most 64 of `[a-z0-9-]`; else `unknown`. */
  readonly region: string;
  readonly deployment: string;
  readonly model: string;
  /** The calling application's id, else its subscription's. */
  readonly consumer: string;
  readonly product: string;
  /** HTTP status, 100 to 599. */
  readonly status: number | undefined;
  readonly stream: boolean | undefined;
  /** Token counts are whole numbers from 0 to 2^53 - 1. */
  readonly promptTokens: number | undefined;
  readonly completionTokens: number | undefined;
  readonly totalTokens: number | undefined;
  readonly cachedTokens: number | undefined;
  readonly reasoningTokens: number | undefined;
  readonly tokenSource: TokenSource;
  /** Quota left in the answering region, as the service's rate-limit headers say. */
  readonly remainingRequests: number | undefined;
  readonly remainingTokens: number | undefined;
  /** Name of the shape that was read. */
  readonly shape: string;
  /**
   * Fields of this interface that were there but unusable, and the absent ones that an event ought to have (request id,
   * event time, region, status); `truncated` for an event saved from torn JSON. One shared frozen array when none.
   */
  readonly missing: readonly string[];
}

/** Why a record cannot be an event. A closed set: it is a metric label. */
export const deadLetterReasons = [
  'empty',
  'not JSON',
  'not UTF-8',
  'truncated',
  'bad gzip',
  'too large',
  'too many records',
  'not an object',
  'unknown shape',
  'bad request id',
  'bad time',
  'bad status',
  'bad headers',
] as const;
export type DeadLetterReason = (typeof deadLetterReasons)[number];

export interface EventRecord {
  readonly kind: 'event';
  readonly event: GatewayEvent;
}

export interface MalformedRecord {
  readonly kind: 'malformed';
  readonly reason: DeadLetterReason;
  /** The shape that was recognised; for `unknown shape` the closest one. */
  readonly shape?: string;
  /** Required keys of the closest shape that the record does not have. Names of ours, never text of the body. */
  readonly lacks?: readonly string[];
}

/** Recognised, and known to be no gateway call. */
export interface SkippedRecord {
  readonly kind: 'skipped';
  readonly shape: string;
}

export type DecodedRecord = EventRecord | MalformedRecord | SkippedRecord;

/** A sentence part for log lines: reason, closest shape and the fields it lacks; it never quotes a body. */
export function describeMalformed({reason, shape, lacks}: MalformedRecord): string {
  if (shape === undefined) return reason;
  if (lacks === undefined || lacks.length === 0) return `${reason} (shape ${shape})`;
  return `${reason} (closest is ${shape}, which also has ${lacks.join(', ')})`;
}
