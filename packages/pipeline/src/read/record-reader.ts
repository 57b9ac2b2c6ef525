import assert from 'node:assert/strict';
import type {OpenCall} from '../commit/open-ranges.ts';
import {describeMalformed, type DecodedRecord} from '../decode/decode.ts';
import type {EventRecord, Part, PartKind} from '../decode/gateway-event.ts';
import {mergeHalves, withoutTokens} from '../decode/merge-halves.ts';
import {hashId} from '../dedupe/id-hash.ts';
import {SeenIds} from '../dedupe/seen-ids.ts';
import type {ReadRecord} from '../halves/read-half.ts';
import type {RereadCall} from '../halves/recovered-calls.ts';
import {WaitingHalves, type ReadHalf} from '../halves/waiting-halves.ts';
import type {LookupJoin} from '../join/lookup-join.ts';
import type {EventCounter, ReadAt} from './event-counter.ts';
import type {Unsettled} from './unsettled.ts';

/** The part of a call that a sighting is of; 0 is all of it. */
const wholeCall = 0;
const partNumbers: Readonly<Record<PartKind, number>> = {request: 1, response: 2, error: 3};
/** Not a part: the token counts that some gateways send again with another call. */
const tokenCounts = 4;

/**
 * Decides what becomes of each record of a partition when it is read: it counts, it is a repeat, it waits for the other
 * half of its call, or it is set aside. A record that is read again was decided before: the journal says whether it is
 * open, and everything else only feeds the memory of ids.
 */
export class RecordReader {
  readonly halves = new WaitingHalves();
  readonly seen: SeenIds;
  readonly #counter: EventCounter;
  readonly #join: LookupJoin;
  readonly #mergeWaitMs: number;

  constructor(options: {
    counter: EventCounter;
    join: LookupJoin;
    dedupe: {readonly horizonMs: number; readonly idsMax: number};
    mergeWaitMs: number;
  }) {
    this.seen = new SeenIds(options.dedupe);
    this.#counter = options.counter;
    this.#join = options.join;
    this.#mergeWaitMs = options.mergeWaitMs;
  }

  /** Before an event that was enqueued then: halves that have waited too long for the other wait no longer. */
  reach(enqueuedTimeMs: number): void {
    if (this.halves.size === 0) return;
    const enqueuedBeforeMs = enqueuedTimeMs - this.#mergeWaitMs;
    for (const parts of this.halves.takeOld({enqueuedBeforeMs})) this.#readCall(parts);
  }

  /** The partition was read to its end. How long a half has been here one clock says; when it was enqueued, another. */
  idle(nowMs: number): void {
    for (const parts of this.halves.takeOld({readUntilMs: nowMs - this.#mergeWaitMs})) this.#readCall(parts);
  }

  readFirst(record: DecodedRecord, at: ReadAt, index: number): void {
    const {counts} = this.#counter;
    counts.records += 1;
    switch (record.kind) {
      case 'malformed':
        return this.#counter.setAside(at, index, {
          reason: record.reason,
          layer: 'decode',
          detail: describeMalformed(record),
        });
      case 'skipped':
        counts.skipped += 1;
        return;
      case 'event':
    }
    if (isHalf(record)) return this.#readHalf(record, at, index);
    const {event} = record;
    const isToldAgain = this.#tellsCountsAgain(record, at.enqueuedTimeMs);
    const hash = event.requestId === undefined ? undefined : hashId(event.requestId);
    if (hash !== undefined && !this.seen.sight(hash, wholeCall, at.enqueuedTimeMs)) {
      counts.duplicates += 1;
      return;
    }
    if (!isToldAgain) return this.#counter.count(event, hash, at, index);
    const call: OpenCall = {places: [at.sequenceNumber, index], owes: 'resolved', withoutTokens: true};
    this.#counter.count(withoutTokens(record).event, hash, at, index, call);
  }

  readAgain(record: DecodedRecord, at: ReadAt, index: number, unsettled: Unsettled): void {
    this.#counter.counts.reread += 1;
    if (record.kind !== 'event') return;
    const {sequenceNumber, offset, enqueuedTimeMs} = at;
    const {requestId} = record.event;
    this.#tellsCountsAgain(record, enqueuedTimeMs);
    if (isHalf(record)) this.#sightHalf(record.part, enqueuedTimeMs);
    else if (requestId !== undefined) this.seen.sight(hashId(requestId), wholeCall, enqueuedTimeMs);

    if (unsettled.readAgain({sequenceNumber, index})) return this.#counter.waitAgain(record.event, at, index);
    if (unsettled.hasUnread) {
      const readAtMs = this.#counter.nowMs;
      const call = unsettled.readAgainOfCall({
        record,
        sequenceNumber,
        index,
        offset,
        enqueuedTimeMs,
        readAtMs,
      });
      if (call !== undefined) return call === 'gathering' ? undefined : this.#readCallAgain(call);
    }
    // A repeat of a half that waits here: its call is to be joined yet.
    const isRepeat = isHalf(record) && this.halves.has(record.part.key);
    if (requestId !== undefined && !isRepeat)
      this.#join.settledBefore({requestId, enqueuedTimeMs}, hashId(requestId));
  }

  /** Whether the event repeats the token counts of another call; the first to tell them keeps them. */
  #tellsCountsAgain({tokensOf}: EventRecord, enqueuedTimeMs: number): boolean {
    return tokensOf !== undefined && !this.seen.sight(hashId(tokensOf), tokenCounts, enqueuedTimeMs);
  }

  #readHalf(record: EventRecord & {readonly part: Part}, at: ReadAt, index: number): void {
    const {sequenceNumber, offset, enqueuedTimeMs} = at;
    const half = {record, sequenceNumber, index, offset, enqueuedTimeMs, readAtMs: this.#counter.nowMs};
    const {key} = record.part;
    const isTooLate = !this.halves.has(key) && this.seen.has(hashId(key), enqueuedTimeMs);
    const isNew = this.#sightHalf(record.part, enqueuedTimeMs);
    if (isTooLate || (!isNew && !this.halves.wants(half))) {
      this.#counter.counts.duplicates += 1;
      return;
    }
    this.#counter.openHasChanged();
    for (const parts of this.halves.add(half)) this.#readCall(parts);
  }

  /** A call that waits for no other half. */
  #readCall(parts: readonly ReadHalf[]): void {
    this.#counter.openHasChanged();
    this.#counter.counts.merged += parts.length - 1;
    const merged = mergeHalves(parts.map(({record}) => record));
    const last = parts.at(-1)!;
    if (merged.kind === 'malformed') {
      const {reason} = merged;
      return this.#counter.setAside(last, last.index, {
        reason,
        layer: 'decode',
        detail: describeMalformed(merged),
      });
    }
    const {event} = merged;
    const hash = event.requestId === undefined ? undefined : hashId(event.requestId);
    const places = parts.flatMap(({sequenceNumber, index}) => [sequenceNumber, index]);
    this.#counter.count(event, hash, last, last.index, {places, owes: 'resolved'});
  }

  /**
   * A response or error leaves the whole call sighted: once it waits no longer, what else comes of it is too late. A
   * request that stayed alone leaves the call to its response. Told by the log alone, so that a next owner, who reads
   * some of it again, judges alike.
   * @returns whether this part was not sighted within the horizon before
   */
  #sightHalf({key, kind}: Part, enqueuedTimeMs: number): boolean {
    const hash = hashId(key);
    if (kind !== 'request') this.seen.sight(hash, wholeCall, enqueuedTimeMs);
    return this.seen.sight(hash, partNumbers[kind], enqueuedTimeMs);
  }

  #readCallAgain({call, records}: RereadCall): void {
    const halves = records.filter(isReadHalf);
    if (call.owes === 'both') {
      this.#counter.counts.records += halves.length;
      return this.halves.restore(halves);
    }
    const last = records.at(-1)!;
    const told = halves.length > 0 ? mergeHalves(halves.map(({record}) => record)) : last.record;
    assert(told.kind === 'event', 'a call that counts is an event, however often it is read');
    const {event} = call.withoutTokens === true ? withoutTokens(told) : told;
    this.#counter.waitAgain(event, last, last.index, call);
  }
}

function isHalf(record: EventRecord): record is EventRecord & {readonly part: Part} {
  return record.part !== undefined;
}

function isReadHalf(read: ReadRecord): read is ReadHalf {
  return isHalf(read.record);
}
