import {readDimension, readFirstDimension, readRegion} from './dimension.ts';
import {readEventTime} from './event-time.ts';
import {readRemaining, readRequestId, readStatus, readStream, unreadable} from './fields.ts';
import type {DeadLetterReason, EventRecord, MalformedRecord} from './gateway-event.ts';
import {firstHeaderValue} from './headers.ts';
import type {MissingFields} from './missing-fields.ts';
import type {Tokens} from './tokens.ts';

/**
 * One record's values where its shape found them, as they stand there: nothing about their types is known. A value that
 * the shape never has is left out. Regions and quotas may be headers: text, joined text or arrays of texts.
 */
export interface RawEvent {
  /** The join key. Of a header that may hold several the shape takes the last: `lastHeaderValue`. */
  readonly requestId?: unknown;
  readonly time?: unknown;
  readonly status?: unknown;
  readonly region?: unknown;
  readonly deployment?: unknown;
  readonly model?: unknown;
  readonly consumer?: unknown;
  /** What names the consumer where `consumer` does not. */
  readonly consumerElse?: unknown;
  readonly product?: unknown;
  readonly stream?: unknown;
  readonly tokens: Tokens;
  readonly remainingRequests?: unknown;
  readonly remainingTokens?: unknown;
}

/**
 * The one place where a `GatewayEvent` is made of raw values. `missing` may already name fields that the shape could not
 * use. An id, time or status that cannot be read makes a dead letter, every other bad value is absent and named.
 */
export function readRecord(
  raw: RawEvent,
  {shape, enqueuedTimeMs, missing}: {shape: string; enqueuedTimeMs: number; missing: MissingFields},
): EventRecord | MalformedRecord {
  const requestId = readRequestId(raw.requestId, missing);
  if (requestId === unreadable) return malformed('bad request id', shape);
  const timeMs = readEventTime(raw.time);
  if (timeMs === unreadable) return malformed('bad time', shape);
  if (timeMs === undefined) missing.add('eventTime');
  const status = readStatus(raw.status, missing);
  if (status === unreadable) return malformed('bad status', shape);
  const {tokens} = raw;
  return {
    kind: 'event',
    event: {
      requestId,
      eventTimeMs: timeMs ?? enqueuedTimeMs,
      region: readRegion(firstHeaderValue(raw.region), missing),
      deployment: readDimension(raw.deployment, 'deployment', missing),
      model: readDimension(raw.model, 'model', missing),
      consumer: readFirstDimension({first: raw.consumer, second: raw.consumerElse}, 'consumer', missing),
      product: readDimension(raw.product, 'product', missing),
      status,
      stream: readStream(raw.stream, missing),
      promptTokens: tokens.promptTokens,
      completionTokens: tokens.completionTokens,
      totalTokens: tokens.totalTokens,
      cachedTokens: tokens.cachedTokens,
      reasoningTokens: tokens.reasoningTokens,
      tokenSource: tokens.tokenSource,
      remainingRequests: readRemaining(firstHeaderValue(raw.remainingRequests), 'remainingRequests', missing),
      remainingTokens: readRemaining(firstHeaderValue(raw.remainingTokens), 'remainingTokens', missing),
      shape,
      missing: missing.list(),
    },
  };
}

/** A record of a known shape that cannot be an event. */
export function malformed(reason: DeadLetterReason, shape: string): MalformedRecord {
  return {kind: 'malformed', reason, shape};
}
