import assert from 'node:assert/strict';

import {mergedEstimate} from './call-texts-estimate.ts';
import {unknownDimension} from './dimension.ts';
import {malformed} from './event-record.ts';
import type {EventRecord, GatewayEvent, MalformedRecord, PartKind, TokenSource} from './gateway-event.ts';
import {noTokens} from './tokens.ts';

/**
 * One record of the parts of one call, all of one shape and with one `Part.key`, in the order in which they came. A request
 * alone is `incomplete`; a response or an error alone is itself.
 *
 * The time is the earliest that a part states. What the caller asked (consumer, product, deployment, stream) is the
 * request's, what came of it (id, region, model, quotas) the response's, and the status the error's, because that is what
 * the caller got; each is filled in by the other parts. Counts are all of one part, the best known: several tellings of one
 * call are never added. Where no part tells them, they are what the texts of the parts were counted to. Pure, and the merged
 * record is no part any more.
 */
export function mergeHalves(parts: readonly EventRecord[]): EventRecord | MalformedRecord {
  const [first] = parts;
  assert(first !== undefined, 'a call has at least one part');
  const {shape} = first.event;
  if (parts.every(({part}) => part?.kind === 'request')) return malformed('incomplete', shape);
  if (parts.length === 1) return {kind: 'event', event: withEstimateOf(parts, first.event)};
  const asked = eventsBy(parts, ['request', 'response', 'error']);
  const answered = eventsBy(parts, ['response', 'error', 'request']);
  const failed = eventsBy(parts, ['error', 'response', 'request']);
  const merged = {
    requestId: firstKnown(answered, 'requestId'),
    eventTimeMs: earliest(answered),
    region: firstNamed(answered, 'region'),
    deployment: firstNamed(asked, 'deployment'),
    model: firstNamed(answered, 'model'),
    consumer: firstNamed(asked, 'consumer'),
    product: firstNamed(asked, 'product'),
    status: firstKnown(failed, 'status'),
    stream: firstKnown(asked, 'stream'),
    ...tokensOf(answered),
    remainingRequests: firstKnown(answered, 'remainingRequests'),
    remainingTokens: firstKnown(answered, 'remainingTokens'),
    shape,
  };
  const event = withEstimateOf(parts, merged);
  return {kind: 'event', event: {...event, missing: stillMissing(answered, event)}};
}

/** Counts that some part tells are better than any that were made of its texts. */
function withEstimateOf<Event extends Omit<GatewayEvent, 'missing'>>(
  parts: readonly EventRecord[],
  event: Event,
): Event {
  return event.tokenSource === 'unknown' ? {...event, ...mergedEstimate(parts, event)} : event;
}

/** The record of a call whose counts are another call's, see `EventRecord.tokensOf`: they are unknown. */
export function withoutTokens(record: EventRecord): EventRecord {
  return {...record, event: {...record.event, ...noTokens}};
}

function eventsBy(parts: readonly EventRecord[], order: readonly PartKind[]): readonly GatewayEvent[] {
  const kinds = order.map((kind) => parts.filter(({part}) => (part?.kind ?? 'response') === kind));
  return kinds.flat().map(({event}) => event);
}

function firstKnown<Field extends keyof GatewayEvent>(
  events: readonly GatewayEvent[],
  field: Field,
): GatewayEvent[Field] | undefined {
  return events.find((event) => event[field] !== undefined)?.[field];
}

function firstNamed(
  events: readonly GatewayEvent[],
  field: 'region' | 'deployment' | 'model' | 'consumer' | 'product',
): string {
  return events.find((event) => event[field] !== unknownDimension)?.[field] ?? unknownDimension;
}

/** Enqueued times that stand in for absent ones count only where no part states its own. */
function earliest(events: readonly GatewayEvent[]): number {
  const stated = events.filter(hasTime);
  return Math.min(...(stated.length > 0 ? stated : events).map(({eventTimeMs}) => eventTimeMs));
}

function hasTime({missing}: GatewayEvent): boolean {
  return !missing.includes('eventTime');
}

/** From the best source to none. */
const sources: readonly TokenSource[] = ['reported', 'summed', 'estimated', 'unknown'];
const tokenFields = [
  'promptTokens',
  'completionTokens',
  'totalTokens',
  'cachedTokens',
  'reasoningTokens',
] as const;

function tokensOf(
  events: readonly GatewayEvent[],
): Pick<GatewayEvent, (typeof tokenFields)[number] | 'tokenSource'> {
  const ranked = events.toSorted(
    (a, b) => sources.indexOf(a.tokenSource) - sources.indexOf(b.tokenSource) || countsOf(b) - countsOf(a),
  );
  const {promptTokens, completionTokens, totalTokens, cachedTokens, reasoningTokens, tokenSource} =
    ranked[0]!;
  return {promptTokens, completionTokens, totalTokens, cachedTokens, reasoningTokens, tokenSource};
}

function countsOf(event: GatewayEvent): number {
  return tokenFields.filter((field) => event[field] !== undefined).length;
}

/** What some part could not read and no other part had. That one of them was torn stays said. */
function stillMissing(
  events: readonly GatewayEvent[],
  merged: Omit<GatewayEvent, 'missing'>,
): readonly string[] {
  const named = new Set(events.flatMap(({missing}) => missing));
  return [...named].filter((field) => {
    if (field === 'truncated') return true;
    if (field === 'eventTime') return !events.some(hasTime);
    if (field === 'usage') return merged.tokenSource === 'unknown';
    const value = merged[field as keyof typeof merged];
    return value === undefined || value === unknownDimension;
  });
}
