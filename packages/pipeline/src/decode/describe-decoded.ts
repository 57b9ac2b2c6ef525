import {unknownDimension} from './dimension.ts';
import type {DecodedRecord, EventRecord, GatewayEvent, TokenSource} from './gateway-event.ts';
import {mergeHalves, withoutTokens} from './merge-halves.ts';

/** What a decoder made of one body, and the body's line in a file of bodies, from 1. */
export interface DecodedLine {
  readonly line: number;
  readonly records: readonly DecodedRecord[];
}

/** An event as `weir shapes test` shows it: absent values are null, and so are dimensions that count under `unknown`. */
export interface DescribedEvent {
  readonly requestId: string | null;
  /** ISO 8601 in UTC with ms; null where the enqueued time stands in for it. */
  readonly eventTime: string | null;
  readonly region: string | null;
  readonly deployment: string | null;
  readonly model: string | null;
  readonly consumer: string | null;
  readonly product: string | null;
  readonly status: number | null;
  readonly stream: boolean | null;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  readonly totalTokens: number | null;
  readonly cachedTokens: number | null;
  readonly reasoningTokens: number | null;
  readonly tokenSource: TokenSource;
  readonly remainingRequests: number | null;
  readonly remainingTokens: number | null;
  /** The lines that the event is made of, in their order. */
  readonly parts: readonly number[];
}

/** What became of one record. Names of ours and the fields of an event; never other text of a body. */
export interface DescribedRecord {
  readonly line: number;
  /** Of the record within its body, from 0. */
  readonly index: number;
  /** The shape that was recognised. */
  readonly shape: string | null;
  readonly outcome: 'event' | 'deadLetter' | 'skipped';
  /** Of a dead letter; `truncated` for an event saved from a torn body. */
  readonly reason: string | null;
  /** Fields of the event that are absent or unusable; of an unknown shape the keys that the closest shape also has. */
  readonly missing: readonly string[];
  readonly event: DescribedEvent | null;
  /** The shape that an unknown one is closest to; only there. */
  readonly closest?: string;
}

interface Place {
  readonly line: number;
  readonly index: number;
}

/**
 * What would become of these bodies, in their order, as if all came within `join.mergeWait`: the parts of a call are one
 * event at its first part's place, and token counts that were sent again with another call are unknown there. Repeats of a
 * request id are shown as they are: dropping them is the next stage's work.
 */
export function describeDecoded(lines: Iterable<DecodedLine>): DescribedRecord[] {
  const described: (DescribedRecord | undefined)[] = [];
  const calls = new Map<string, {slot: number; parts: (EventRecord & {place: Place})[]}>();
  const tellers = new TokenTellers();
  for (const {line, records} of lines) {
    for (const [index, record] of records.entries()) {
      const place = {line, index};
      if (record.kind !== 'event' || record.part === undefined) {
        described.push(describe(tellers.judge(record), place, [line]));
        continue;
      }
      const {key} = record.part;
      let call = calls.get(key);
      if (call === undefined) {
        call = {slot: described.length, parts: []};
        calls.set(key, call);
        described.push(undefined);
      }
      call.parts.push({...record, place});
    }
  }
  for (const {slot, parts} of calls.values()) {
    const partLines = [...new Set(parts.map(({place}) => place.line))];
    described[slot] = describe(mergeHalves(parts), parts[0]!.place, partLines);
  }
  return described.filter((record) => record !== undefined);
}

/** Remembers which call first told a set of counts. */
class TokenTellers {
  readonly #requestIds = new Map<string, string | undefined>();

  judge(record: DecodedRecord): DecodedRecord {
    if (record.kind !== 'event' || record.tokensOf === undefined) return record;
    const {requestId} = record.event;
    if (!this.#requestIds.has(record.tokensOf)) {
      this.#requestIds.set(record.tokensOf, requestId);
      return record;
    }
    const isSameCall = requestId !== undefined && this.#requestIds.get(record.tokensOf) === requestId;
    return isSameCall ? record : withoutTokens(record);
  }
}

function describe(record: DecodedRecord, place: Place, parts: readonly number[]): DescribedRecord {
  switch (record.kind) {
    case 'event': {
      const {event} = record;
      const missing = event.missing.filter((field) => field !== 'truncated');
      const reason = missing.length < event.missing.length ? 'truncated' : null;
      return {
        ...place,
        shape: event.shape,
        outcome: 'event',
        reason,
        missing,
        event: describeEvent(event, parts),
      };
    }
    case 'skipped':
      return {...place, shape: record.shape, outcome: 'skipped', reason: null, missing: [], event: null};
    case 'malformed': {
      const {reason, shape = null, lacks = []} = record;
      const letter = {outcome: 'deadLetter', reason, missing: lacks, event: null} as const;
      if (reason !== 'unknown shape' || shape === null) return {...place, shape, ...letter};
      return {...place, shape: null, ...letter, closest: shape};
    }
  }
}

function describeEvent(event: GatewayEvent, parts: readonly number[]): DescribedEvent {
  const hasTime = !event.missing.includes('eventTime');
  return {
    requestId: event.requestId ?? null,
    eventTime: hasTime ? new Date(event.eventTimeMs).toISOString() : null,
    region: named(event.region),
    deployment: named(event.deployment),
    model: named(event.model),
    consumer: named(event.consumer),
    product: named(event.product),
    status: event.status ?? null,
    stream: event.stream ?? null,
    promptTokens: event.promptTokens ?? null,
    completionTokens: event.completionTokens ?? null,
    totalTokens: event.totalTokens ?? null,
    cachedTokens: event.cachedTokens ?? null,
    reasoningTokens: event.reasoningTokens ?? null,
    tokenSource: event.tokenSource,
    remainingRequests: event.remainingRequests ?? null,
    remainingTokens: event.remainingTokens ?? null,
    parts,
  };
}

function named(dimension: string): string | null {
  return dimension === unknownDimension ? null : dimension;
}
