import {CommitBuilder, type TakenCommit} from './commit/commit-builder.ts';
import type {Commit, DeadLetter, ParkedDelta, Watermarks} from './commit/commit.ts';
import {noneOpen, type RecordPlace} from './commit/open-ranges.ts';
import type {Mark} from './commit/position-marks.ts';
import {describeMalformed, type DecodedRecord, type Decoder} from './decode/decode.ts';
import type {GatewayEvent} from './decode/gateway-event.ts';
import {hashId, type IdHash} from './dedupe/id-hash.ts';
import {SeenIds} from './dedupe/seen-ids.ts';
import type {CountedEvent} from './fold/counted-event.ts';
import {Fold} from './fold/fold.ts';
import type {LookupJoin} from './join/lookup-join.ts';
import type {DiagnosticsRow} from './join/diagnostics.ts';
import type {JoinOutcome, OpenRecord, RecordOwner} from './join/open-record.ts';
import {OpenList} from './join/open-records.ts';
import type {ReceivedEvent} from './ports.ts';
import {Reading, type SequenceGap} from './reading.ts';
import {noRecords, type RecordCounts} from './record-counts.ts';
import {Unsettled} from './unsettled.ts';
import {assignEventTime, type AssignPolicy} from './windows/assign.ts';
import type {Grain, ShardedView} from './windows/view.ts';

export interface PartitionPipelineOptions {
  readonly views: readonly ShardedView[];
  readonly assign: AssignPolicy;
  readonly dedupe: {readonly horizonMs: number; readonly idsMax: number};
  readonly refreshMs: Readonly<Record<Grain, number>>;
  readonly decoder: Decoder;
  readonly join: LookupJoin;
  /** A commit whose journal is larger than this, compressed, moves its carry early. */
  readonly carryBytesMax: number;
}

/** Where a partition starts: a journal's commit, or nothing but the hub's creation and a new lineage. */
export type PartitionStart =
  | {readonly kind: 'recovered'; readonly commit: Commit}
  | {readonly kind: 'new'; readonly lineage: string; readonly hubCreatedAt: string; readonly at: Mark};

/** The least enqueued time of what a commit folds, by kind of view; Infinity for nothing. For the end-to-end latency. */
export interface OldestFolded {
  readonly arrivalMs: number;
  readonly resolvedMs: number;
}

const noneFolded: OldestFolded = {arrivalMs: Infinity, resolvedMs: Infinity};

/** At this many uncommitted dead letters reading waits for a commit. */
export const deadLettersPendingMax = 10_000;

/**
 * One owned partition from decode to commit: a synchronous state machine. Events come in, commits come out; the loop
 * around it does the I/O. What was folded leaves with the next {@link takeCommit}; an event that waits for diagnostics
 * is open until `settle`, and is listed in every commit until then.
 *
 * After a recovery everything up to the journal's head is read again: the journal decides what still waits, and the
 * rest only feeds the dedupe memory.
 */
export class PartitionPipeline implements RecordOwner {
  readonly counts: RecordCounts = noRecords();
  /** Records that wait for diagnostics here. */
  readonly waiting: OpenList;
  readonly #options: PartitionPipelineOptions;
  readonly #fold: Fold;
  readonly #seen: SeenIds;
  readonly #builder: CommitBuilder;
  readonly #reading: Reading;
  readonly #unsettled: Unsettled;
  /** Since the last commit. */
  #openChanged = false;
  #deadLetters: DeadLetter[] = [];
  #greatestEventTimeMs = -Infinity;
  #oldest: OldestFolded = noneFolded;
  #nowMs = 0;

  constructor(options: PartitionPipelineOptions, start: PartitionStart) {
    this.#options = options;
    this.#fold = new Fold(options.views);
    this.#seen = new SeenIds(options.dedupe);
    this.#builder = new CommitBuilder(options, start);
    this.#reading = new Reading(start);
    this.waiting = new OpenList(options.join.records, this);
    this.#unsettled = new Unsettled({
      waiting: this.waiting,
      recovered: start.kind === 'recovered' ? start.commit.open : noneOpen,
    });
  }

  /** Up to where events have been read and folded as far as they could be decided. */
  get head(): Mark {
    return this.#reading.head;
  }

  /** Records that wait for diagnostics, those not read again yet included. */
  get openCount(): number {
    return this.#unsettled.count;
  }

  /** The last record that was set aside since the last commit. */
  get lastDeadLetter(): DeadLetter | undefined {
    return this.#deadLetters.at(-1);
  }

  get isRereading(): boolean {
    return this.#reading.isRereading;
  }

  /** Where reading stands, which is behind the head while reading again. */
  get lastSequenceNumber(): number {
    return this.#reading.lastSequenceNumber;
  }

  /** Events enqueued until then have been read by this owner; ms. */
  get readUntilMs(): number {
    return this.#reading.readUntilMs;
  }

  /**
   * As of now; the ones in the journal are those of the last commit. `resolvedMs` is found when it is asked for: it walks
   * all open records, which is too dear for a gauge that only wants the other.
   */
  get watermarks(): Watermarks {
    const {arrivalMs, resolvedMs} = this.#builder.watermarks;
    if (this.#unsettled.hasUnread) return {arrivalMs, resolvedMs};
    const oldestOpenEventTimeMs = (): number => this.#unsettled.oldestWaitingEventTimeMs();
    return {
      arrivalMs,
      get resolvedMs() {
        return Math.min(arrivalMs, oldestOpenEventTimeMs());
      },
    };
  }

  /** Groups and windows folded since the last commit. */
  get pendingDeltas(): number {
    return this.#fold.size;
  }

  get deadLettersPending(): number {
    return this.#deadLetters.length;
  }

  get seenIds(): {size: number; evicted: number} {
    return {size: this.#seen.size, evicted: this.#seen.evicted};
  }

  /** What the last taken commit holds beside its deltas. */
  get committed(): Pick<
    CommitBuilder,
    'n' | 'lineage' | 'carryCount' | 'parkedCount' | 'parkedDeltas' | 'frontier' | 'resume'
  > {
    return this.#builder;
  }

  /**
   * Reads events in order, up to a jump in their sequence numbers.
   * @returns the jump and how many events were consumed before it; undefined when all were consumed
   */
  receive(events: readonly ReceivedEvent[], from = 0): {gap: SequenceGap; consumed: number} | undefined {
    for (let i = from; i < events.length; i++) {
      const event = events[i]!;
      const gap = this.#reading.gapBefore(event.sequenceNumber);
      if (gap !== undefined) return {gap, consumed: i};
      this.counts.inputEvents += 1;
      if (event.sequenceNumber <= this.#reading.lastSequenceNumber) continue; // delivered again on a new link
      this.#read(event);
    }
    return undefined;
  }

  /** Whether a jump lies in what is read again. */
  isReread(gap: SequenceGap): boolean {
    return this.#reading.isReread(gap);
  }

  /** What was to be read again and has expired is passed over, so that a quiet partition does not wait for it. */
  skipExpired(hubBeginsAt: number): void {
    this.#reading.skipExpired(hubBeginsAt);
  }

  /** The jump stayed after a restart of the receiver: the events in between have expired. */
  acceptGap(gap: SequenceGap): void {
    this.counts.gapEvents += this.#reading.acceptGap(gap);
  }

  /**
   * Settles as lost the recovered open records that cannot be read again: all once the re-read has passed the head,
   * else those before the hub's first event.
   * @returns them, for the log
   */
  takeLost(hubBeginsAt: number): RecordPlace[] {
    const lost = this.#unsettled.takeLost(this.isRereading ? {before: hubBeginsAt} : 'everywhere');
    for (const place of lost) {
      this.#deadLetters.push({
        ...place,
        offset: '',
        enqueuedTimeMs: 0,
        reason: 'lost',
        layer: 'source',
        detail:
          'The event expired in the event hub while it waited for its diagnostics, before it was read again.',
      });
    }
    this.counts.lost += lost.length;
    return lost;
  }

  /** Tells the time at which the next events are read. */
  passTime(nowMs: number): void {
    this.#nowMs = nowMs;
  }

  /** The partition was read to its end at this time: nothing older is still to come. */
  idle(nowMs: number): void {
    if (!this.isRereading) this.#builder.readToEnd(nowMs);
  }

  settle(record: Readonly<OpenRecord>, outcome: JoinOutcome): void {
    this.#openChanged = true;
    this.#resolve(record, record, outcome.kind === 'matched' ? outcome.row : undefined);
  }

  /**
   * Everything decided since the last commit, as the next one; undefined when nothing changed. A snapshot: what is
   * folded afterwards belongs to the commit after.
   * @param take `carries: hand over` moves everything carried into the deltas, `as due` only what is due;
   *   `evenIfUnchanged` makes a commit without news too, so that a journal that was large gets small
   */
  takeCommit(take: {
    nowMs: number;
    author: string;
    carries: 'as due' | 'hand over';
    evenIfUnchanged?: boolean;
  }): (TakenCommit & {oldest: OldestFolded}) | undefined {
    const taken = this.#builder.take({
      ...take,
      head: this.head,
      fold: this.#fold,
      deadLetters: this.#deadLetters,
      greatestEventTimeMs: this.#greatestEventTimeMs,
      openChanged: this.#openChanged,
      openState: () => this.#unsettled.state(),
    });
    if (taken === undefined) return undefined;
    this.#deadLetters = [];
    this.#openChanged = false;
    const oldest = this.#oldest;
    this.#oldest = noneFolded;
    return {...taken, oldest};
  }

  /** Deltas that Cosmos DB refused for good, as the next commit lists them. */
  get parked(): readonly ParkedDelta[] {
    return this.#builder.parked;
  }

  /** Cosmos DB refused these for good; they go with every commit until `unpark`. */
  park(parked: readonly ParkedDelta[]): void {
    this.#builder.park(parked);
  }

  unpark(documentId: string, applied: readonly ParkedDelta[]): void {
    this.#builder.unpark(documentId, applied);
  }

  #read(received: ReceivedEvent): void {
    const {sequenceNumber, enqueuedTimeMs, body} = received;
    this.counts.inputBytes += bytesOf(body);
    const decoded = this.#options.decoder.decode(body, enqueuedTimeMs);
    const isReread = sequenceNumber <= this.#reading.rereadUntil;
    for (let index = 0; index < decoded.length; index++) {
      if (isReread) this.#readAgain(decoded[index]!, received, index);
      else this.#readFirst(decoded[index]!, received, index);
    }
    this.#reading.passed(received);
    this.#builder.passed(received);
  }

  #readFirst(record: DecodedRecord, received: ReceivedEvent, index: number): void {
    this.counts.records += 1;
    switch (record.kind) {
      case 'malformed':
        return this.#deadLetter(received, index, record.reason, 'decode', describeMalformed(record));
      case 'skipped':
        this.counts.skipped += 1;
        return;
      case 'event':
    }
    const {event} = record;
    const {enqueuedTimeMs} = received;
    const hash = event.requestId === undefined ? undefined : hashId(event.requestId);
    if (hash !== undefined && !this.#seen.sight(hash, wholeCall, enqueuedTimeMs)) {
      this.counts.duplicates += 1;
      return;
    }
    const eventTimeMs = this.#assign(event, received, index);
    if (eventTimeMs === undefined) return;
    this.counts.folded += 1;
    if (eventTimeMs < this.#greatestEventTimeMs) this.counts.outOfOrder += 1;
    else this.#greatestEventTimeMs = eventTimeMs;
    if (enqueuedTimeMs < this.#oldest.arrivalMs) this.#oldest = {...this.#oldest, arrivalMs: enqueuedTimeMs};
    this.#fold.arrived(event, eventTimeMs);
    if (hash !== undefined && hasId(event)) this.#wait(event, hash, eventTimeMs, received, index);
    else {
      this.counts.noId += 1;
      this.#resolve(event, {eventTimeMs, enqueuedTimeMs}, undefined);
    }
  }

  #readAgain(record: DecodedRecord, received: ReceivedEvent, index: number): void {
    this.counts.reread += 1;
    if (record.kind !== 'event' || !hasId(record.event)) return;
    const {event} = record;
    const {sequenceNumber, enqueuedTimeMs} = received;
    const hash = hashId(event.requestId);
    this.#seen.sight(hash, wholeCall, enqueuedTimeMs);
    if (!this.#unsettled.readAgain({sequenceNumber, index})) {
      this.#options.join.settledBefore({requestId: event.requestId, enqueuedTimeMs}, hash);
      return;
    }
    const assigned = assignEventTime(event.eventTimeMs, enqueuedTimeMs, this.#options.assign);
    const eventTimeMs = assigned.kind === 'clamped' ? assigned.eventTimeMs : event.eventTimeMs;
    this.#wait(event, hash, eventTimeMs, received, index);
  }

  #assign(event: GatewayEvent, received: ReceivedEvent, index: number): number | undefined {
    const assigned = assignEventTime(event.eventTimeMs, received.enqueuedTimeMs, this.#options.assign);
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
        this.#deadLetter(received, index, assigned.reason, 'assign');
        return undefined;
    }
  }

  #wait(
    event: GatewayEvent & {readonly requestId: string},
    hash: IdHash,
    eventTimeMs: number,
    {sequenceNumber, enqueuedTimeMs}: ReceivedEvent,
    index: number,
  ): void {
    const record = {
      sequenceNumber,
      index,
      enqueuedTimeMs,
      ownTimeMs: event.eventTimeMs,
      eventTimeMs,
      waitingSinceMs: this.#nowMs,
      event,
    };
    const row = this.#options.join.wait(this.waiting, record, hash);
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
    this.#fold.resolved(event, eventTimeMs, row);
  }

  #deadLetter(
    {sequenceNumber, offset, enqueuedTimeMs}: ReceivedEvent,
    index: number,
    reason: string,
    layer: DeadLetter['layer'],
    detail?: string,
  ): void {
    this.#deadLetters.push({
      sequenceNumber,
      index,
      offset,
      enqueuedTimeMs,
      reason,
      layer,
      ...(detail !== undefined && {detail}),
    });
    this.counts.deadLetters.set(reason, (this.counts.deadLetters.get(reason) ?? 0) + 1);
  }
}

function hasId(event: GatewayEvent): event is GatewayEvent & {readonly requestId: string} {
  return event.requestId !== undefined;
}

/** The part of a call that an event tells; 0 is all of it. */
const wholeCall = 0;

function bytesOf(body: unknown): number {
  if (body instanceof Uint8Array) return body.byteLength;
  return typeof body === 'string' ? body.length : 0;
}
