import assert from 'node:assert/strict';
import type {DeadLetter} from '../commit/commit.ts';
import type {OpenCall, RecordPlace} from '../commit/open-ranges.ts';
import type {GatewayEvent} from '../decode/gateway-event.ts';
import {hashId, type IdHash} from '../dedupe/id-hash.ts';
import type {CountedEvent} from '../fold/counted-event.ts';
import {Fold} from '../fold/fold.ts';
import type {DiagnosticsRow} from '../join/diagnostics.ts';
import type {LookupJoin} from '../join/lookup-join.ts';
import type {JoinOutcome, OpenRecord, RecordOwner} from '../join/open-record.ts';
import {OpenList} from '../join/open-records.ts';
import type {ReceivedEvent} from '../ports.ts';
import {assignEventTime, type AssignPolicy} from '../windows/assign.ts';
import type {ShardedView} from '../windows/view.ts';
import {noRecords, type RecordCounts} from './record-counts.ts';

/** Where and when an event was read, whichever record of it is meant. */
export type ReadAt = Pick<ReceivedEvent, 'sequenceNumber' | 'offset' | 'enqueuedTimeMs'>;

/** The least enqueued time of what a commit folds, by kind of view; Infinity for nothing. For the end-to-end latency. */
export interface OldestFolded {
  readonly arrivalMs: number;
  readonly resolvedMs: number;
}

const noneFolded: OldestFolded = {arrivalMs: Infinity, resolvedMs: Infinity};

/** What the next commit takes beside the fold. */
export interface Decided {
  readonly deadLetters: readonly DeadLetter[];
  /** Whether a record began or ceased to be open. */
  readonly openChanged: boolean;
  readonly oldest: OldestFolded;
}

/**
 * Counts the events of one partition, each once: in the arrival views where it is read, in the resolved views when its
 * diagnostics have come; or sets it aside. What was decided leaves with a commit.
 */
export class EventCounter implements RecordOwner {
  readonly counts: RecordCounts = noRecords();
  readonly fold: Fold;
  /** Events that wait for their diagnostics. */
  readonly waiting: OpenList;
  readonly #join: LookupJoin;
  readonly #policy: AssignPolicy;
  #deadLetters: DeadLetter[] = [];
  #openChanged = false;
  #oldest: OldestFolded = noneFolded;
  #greatestEventTimeMs = -Infinity;
  /** When what is read now was read, by the local clock. */
  nowMs = 0;

  constructor(options: {views: readonly ShardedView[]; assign: AssignPolicy; join: LookupJoin}) {
    this.fold = new Fold(options.views);
    this.waiting = new OpenList(options.join.records, this);
    this.#join = options.join;
    this.#policy = options.assign;
  }

  /** -Infinity before the first event. */
  get greatestEventTimeMs(): number {
    return this.#greatestEventTimeMs;
  }

  /** Since the last {@link forgetDecided}. */
  get decided(): Decided {
    return {deadLetters: this.#deadLetters, openChanged: this.#openChanged, oldest: this.#oldest};
  }

  /** A commit has taken what was decided. */
  forgetDecided(): void {
    this.#deadLetters = [];
    this.#openChanged = false;
    this.#oldest = noneFolded;
  }

  /** A record began or ceased to be open. */
  openHasChanged(): void {
    this.#openChanged = true;
  }

  /**
   * Counts an event where it arrives, and lets it wait for its diagnostics.
   * @param hash of its request id; undefined: it has none, and no diagnostics will come
   * @param call how the journal lists it where it is not just the record at this place
   */
  count(event: GatewayEvent, hash: IdHash | undefined, at: ReadAt, index: number, call?: OpenCall): void {
    const {enqueuedTimeMs} = at;
    const eventTimeMs = this.#assign(event, at, index);
    if (eventTimeMs === undefined) return;
    this.counts.folded += 1;
    if (eventTimeMs < this.#greatestEventTimeMs) this.counts.outOfOrder += 1;
    else this.#greatestEventTimeMs = eventTimeMs;
    if (enqueuedTimeMs < this.#oldest.arrivalMs) this.#oldest = {...this.#oldest, arrivalMs: enqueuedTimeMs};
    this.fold.arrived(event, eventTimeMs);
    if (hash !== undefined && hasId(event)) this.#wait(event, hash, eventTimeMs, at, index, call);
    else {
      this.counts.noId += 1;
      this.#resolve(event, {eventTimeMs, enqueuedTimeMs}, undefined);
    }
  }

  /** An event that another owner counted where it arrived waits here again. It has an id, or it would not have waited. */
  waitAgain(event: GatewayEvent, at: ReadAt, index: number, call?: OpenCall): void {
    assert(hasId(event), 'only an event with an id can be joined');
    const assigned = assignEventTime(event.eventTimeMs, at.enqueuedTimeMs, this.#policy);
    const eventTimeMs = assigned.kind === 'clamped' ? assigned.eventTimeMs : event.eventTimeMs;
    this.#wait(event, hashId(event.requestId), eventTimeMs, at, index, call);
  }

  settle(record: Readonly<OpenRecord>, outcome: JoinOutcome): void {
    this.#openChanged = true;
    this.#resolve(record, record, outcome.kind === 'matched' ? outcome.row : undefined);
  }

  /** @param why `detail` is one sentence for a person; it names shapes and fields, never values */
  setAside(
    {sequenceNumber, offset, enqueuedTimeMs}: ReadAt,
    index: number,
    why: Pick<DeadLetter, 'reason' | 'layer' | 'detail'>,
  ): void {
    this.#deadLetters.push({sequenceNumber, index, offset, enqueuedTimeMs, ...why});
    const {deadLetters} = this.counts;
    deadLetters.set(why.reason, (deadLetters.get(why.reason) ?? 0) + 1);
  }

  /**
   * Open records that cannot be read again. Nearly all were counted where they arrived, so they are no dead letters in the
   * counts.
   */
  setAsideLost(lost: readonly RecordPlace[]): void {
    for (const place of lost) {
      this.#deadLetters.push({
        ...place,
        offset: '',
        enqueuedTimeMs: 0,
        reason: 'lost',
        layer: 'source',
        detail:
          'The event expired in the event hub while it waited for its diagnostics or the other half of its call, before it was read again.',
      });
    }
    this.counts.lost += lost.length;
  }

  #assign(event: GatewayEvent, at: ReadAt, index: number): number | undefined {
    const assigned = assignEventTime(event.eventTimeMs, at.enqueuedTimeMs, this.#policy);
    switch (assigned.kind) {
      case 'onTime':
        return event.eventTimeMs;
      case 'clamped':
        if (assigned.side === 'early') this.counts.clampedEarly += 1;
        else this.counts.clampedLate += 1;
        return assigned.eventTimeMs;
      case 'refused':
        if (assigned.reason === 'too early') this.counts.tooEarly += 1;
        else this.counts.tooLate += 1;
        this.setAside(at, index, {reason: assigned.reason, layer: 'assign'});
        return undefined;
    }
  }

  #wait(
    event: GatewayEvent & {readonly requestId: string},
    hash: IdHash,
    eventTimeMs: number,
    {sequenceNumber, enqueuedTimeMs}: ReadAt,
    index: number,
    call: OpenCall | undefined,
  ): void {
    const record = {
      sequenceNumber,
      index,
      enqueuedTimeMs,
      ownTimeMs: event.eventTimeMs,
      eventTimeMs,
      waitingSinceMs: this.nowMs,
      event,
      call,
    };
    const row = this.#join.wait(this.waiting, record, hash);
    if (row !== undefined) this.#resolve(event, record, row);
  }

  /** @param row undefined: unmatched */
  #resolve(
    event: CountedEvent,
    {eventTimeMs, enqueuedTimeMs}: {readonly eventTimeMs: number; readonly enqueuedTimeMs: number},
    row: DiagnosticsRow | undefined,
  ): void {
    if (enqueuedTimeMs < this.#oldest.resolvedMs)
      this.#oldest = {...this.#oldest, resolvedMs: enqueuedTimeMs};
    this.fold.resolved(event, eventTimeMs, row);
  }
}

function hasId(event: GatewayEvent): event is GatewayEvent & {readonly requestId: string} {
  return event.requestId !== undefined;
}
