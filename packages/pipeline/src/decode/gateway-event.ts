/**
 * What the decoder hands to the pipeline. Every record of a body leaves it as exactly one `DecodedRecord`, so that
 * records in equal events + dead letters + skipped, whatever the body was.
 */

/**
 * Where token counts come from: `reported` by the service or ready-made by the gateway, `summed` by Weir from a stream's
 * usage chunk, `estimated` with a tokenizer, or not known.
 */
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
  'incomplete',
] as const;
export type DeadLetterReason = (typeof deadLetterReasons)[number];

/** Which part of a call a half tells. A response or an error counts alone; a request alone is `incomplete`. */
export type PartKind = 'request' | 'response' | 'error';

/** What makes a record one of several of its call. */
export interface Part {
  /**
   * The same in all parts of one call and in no other shape's: the shape's name, a blank and the shape's own id of the
   * call, trimmed and lower-cased; at most 256 UTF-16 units.
   */
  readonly key: string;
  readonly kind: PartKind;
}

export interface EventRecord {
  readonly kind: 'event';
  readonly event: GatewayEvent;
  /** Of shapes that tell one call in several events; absent where the event is the whole call. See `merge-halves.ts`. */
  readonly part?: Part;
  /**
   * The producer's own id of the call whose token counts these are; in the form of `Part.key`. Some producers send the
   * previous call's counts again with the next one: of events with one such id and different request ids only the first
   * may keep its counts, see `withoutTokens`. Absent where that does not happen.
   */
  readonly tokensOf?: string;
  /** Only from a decoder that was asked for texts, and only where they may tell the tokens. Gone once they are counted. */
  readonly texts?: CallTexts;
  /** Of a part of a call: what its texts were counted to. */
  readonly counted?: TextCounts;
}

/** A message of a chat. */
export interface ChatMessage {
  readonly role: string;
  readonly name?: string;
  readonly text: string;
}

/**
 * What was said in a call whose tokens are unknown, to estimate them from. For use in memory until its batch is folded:
 * it is never stored, logged or kept with the event.
 */
export interface CallTexts {
  /** What the event calls model, else the deployment, else `unknown`: it decides the encoding. */
  readonly model: string;
  /** A chat's messages, or the text of a completion or embedding. */
  readonly prompt?: string | readonly ChatMessage[];
  readonly completion?: string;
}

/** Tokens of a call's texts by a tokenizer; a side is undefined where there is no such text, or it could not be counted. */
export interface TextCounts {
  readonly prompt?: number | undefined;
  readonly completion?: number | undefined;
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
