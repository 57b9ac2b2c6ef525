import {CommitBuilder, type TakenCommit} from './commit/commit-builder.ts';
import type {Commit, DeadLetter, ParkedDelta, Watermarks} from './commit/commit.ts';
import {noneOpen, type RecordPlace} from './commit/open-ranges.ts';
import type {Mark} from './commit/position-marks.ts';
import type {DecodedRecord, Decoder} from './decode/decode.ts';
import type {LookupJoin} from './join/lookup-join.ts';
import type {OpenList} from './join/open-records.ts';
import type {ReceivedEvent} from './ports.ts';
import {DecodedAhead} from './read/decoded-ahead.ts';
import {EventCounter, type OldestFolded} from './read/event-counter.ts';
import {Reading, type SequenceGap} from './read/reading.ts';
import type {RecordCounts} from './read/record-counts.ts';
import {RecordReader} from './read/record-reader.ts';
import {Unsettled} from './read/unsettled.ts';
import type {AssignPolicy} from './windows/assign.ts';
import type {Grain, ShardedView} from './windows/view.ts';

export interface PartitionPipelineOptions {
  readonly views: readonly ShardedView[];
  readonly assign: AssignPolicy;
  readonly dedupe: {readonly horizonMs: number; readonly idsMax: number};
  /** How long one half of a call waits for the other, ms of enqueued time. */
  readonly mergeWaitMs: number;
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

/** Why reading a batch stopped before its end; reading goes on with it. */
export type ReadStop =
  | {
      /** A jump in the sequence numbers before the event at `consumed`. */
      readonly kind: 'gap';
      readonly gap: SequenceGap;
      readonly consumed: number;
      readonly ahead: DecodedAhead | undefined;
    }
  /** What was said in some calls from `consumed` on is to be counted: `ahead` is filled with the counts first. */
  | {readonly kind: 'texts'; readonly consumed: number; readonly ahead: DecodedAhead};

const batchStart = {consumed: 0, ahead: undefined};

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
export class PartitionPipeline {
  readonly #options: PartitionPipelineOptions;
  readonly #counter: EventCounter;
  readonly #reader: RecordReader;
  readonly #reading: Reading;
  readonly #unsettled: Unsettled;
  readonly #builder: CommitBuilder;

  constructor(options: PartitionPipelineOptions, start: PartitionStart) {
    this.#options = options;
    this.#counter = new EventCounter(options);
    this.#reader = new RecordReader({...options, counter: this.#counter});
    this.#reading = new Reading(start);
    this.#unsettled = new Unsettled({
      waiting: this.#counter.waiting,
      halves: this.#reader.halves,
      recovered: start.kind === 'recovered' ? start.commit.open : noneOpen,
    });
    this.#builder = new CommitBuilder(options, start);
  }

  get counts(): RecordCounts {
    return this.#counter.counts;
  }

  /** Records that wait for diagnostics here. */
  get waiting(): OpenList {
    return this.#counter.waiting;
  }

  /** Halves that wait for the other of their call. */
  get halvesWaiting(): number {
    return this.#reader.halves.count;
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
    return this.#counter.decided.deadLetters.at(-1);
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
    const {arrivalMs, resolvedMs} = this.#builder.watermarks(this.#unsettled.oldestHalfEventTimeMs());
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
    return this.#counter.fold.size;
  }

  get deadLettersPending(): number {
    return this.#counter.decided.deadLetters.length;
  }

  get seenIds(): {size: number; evicted: number} {
    const {size, evicted} = this.#reader.seen;
    return {size, evicted};
  }

  /** What the last taken commit holds beside its deltas. */
  get committed(): Pick<
    CommitBuilder,
    'n' | 'lineage' | 'carryCount' | 'parkedCount' | 'parkedDeltas' | 'frontier' | 'resume'
  > {
    return this.#builder;
  }

  /**
   * Reads events in order, up to a jump in their sequence numbers; no tokens are estimated.
   * @returns the jump and how many events were consumed before it; undefined when all were consumed
   */
  receive(events: readonly ReceivedEvent[], from = 0): {gap: SequenceGap; consumed: number} | undefined {
    let stop = this.receiveUpToTexts(events, {consumed: from, ahead: undefined});
    while (stop?.kind === 'texts') {
      stop.ahead.takeCounts([]);
      stop = this.receiveUpToTexts(events, stop);
    }
    return stop && {gap: stop.gap, consumed: stop.consumed};
  }

  /**
   * Reads events in order, up to a jump in their sequence numbers, or to texts that are to be counted first.
   * @param from what the last call for these events returned, to go on there
   * @returns why and where reading stopped; undefined when all were consumed
   */
  receiveUpToTexts(
    events: readonly ReceivedEvent[],
    {consumed, ahead}: Pick<ReadStop, 'consumed' | 'ahead'> = batchStart,
  ): ReadStop | undefined {
    for (let i = consumed; i < events.length; i++) {
      const event = events[i]!;
      const gap = this.#reading.gapBefore(event.sequenceNumber);
      if (gap !== undefined) return {kind: 'gap', gap, consumed: i, ahead};
      if (event.sequenceNumber > this.#reading.lastSequenceNumber) {
        const records = ahead?.take(event.sequenceNumber) ?? this.#decode(event);
        if (records.some(hasTexts) && this.#hasWantedTexts(event, records))
          return {kind: 'texts', consumed: i, ahead: this.#decodeAhead(events, i)};
        this.#read(event, records);
      } // else it is delivered again, on a new link
      this.counts.inputEvents += 1;
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
    this.#counter.setAsideLost(lost);
    return lost;
  }

  /** Tells the time at which the next events are read. */
  passTime(nowMs: number): void {
    this.#counter.nowMs = nowMs;
  }

  /** The partition was read to its end at this time: nothing older is still to come. */
  idle(nowMs: number): void {
    if (this.isRereading) return;
    this.#builder.readToEnd(nowMs);
    this.#reader.idle(nowMs);
  }

  /** The partition is given up: what waits in memory alone is its next owner's. */
  abandon(): void {
    this.counts.abandoned += this.halvesWaiting;
    this.#options.join.drop(this.waiting);
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
    const {oldest, ...decided} = this.#counter.decided;
    const taken = this.#builder.take({
      ...take,
      ...decided,
      head: this.head,
      fold: this.#counter.fold,
      greatestEventTimeMs: this.#counter.greatestEventTimeMs,
      openState: () => this.#unsettled.state(),
    });
    if (taken === undefined) return undefined;
    this.#counter.forgetDecided();
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

  #decode({body, enqueuedTimeMs}: ReceivedEvent): readonly DecodedRecord[] {
    return this.#options.decoder.decode(body, enqueuedTimeMs);
  }

  /** Of what is read again only what is open is folded once more. */
  #isWanted({sequenceNumber}: ReceivedEvent, index: number): boolean {
    return !this.#reading.isReadAgain(sequenceNumber) || this.#unsettled.isUnread({sequenceNumber, index});
  }

  #hasWantedTexts(event: ReceivedEvent, records: readonly DecodedRecord[]): boolean {
    return records.some((record, index) => hasTexts(record) && this.#isWanted(event, index));
  }

  #decodeAhead(events: readonly ReceivedEvent[], from: number): DecodedAhead {
    const ahead = new DecodedAhead();
    for (let i = from; i < events.length && !ahead.isFull; i++) {
      const event = events[i]!;
      const {sequenceNumber} = event;
      if (sequenceNumber <= this.#reading.lastSequenceNumber || ahead.has(sequenceNumber)) continue;
      ahead.add(sequenceNumber, this.#decode(event), (index) => this.#isWanted(event, index));
    }
    return ahead;
  }

  #read(received: ReceivedEvent, decoded: readonly DecodedRecord[]): void {
    const {sequenceNumber, enqueuedTimeMs, body} = received;
    this.counts.inputBytes += bytesOf(body);
    const isReadAgain = this.#reading.isReadAgain(sequenceNumber);
    if (!isReadAgain) this.#reader.reach(enqueuedTimeMs);
    for (let index = 0; index < decoded.length; index++) {
      if (isReadAgain) this.#reader.readAgain(decoded[index]!, received, index, this.#unsettled);
      else this.#reader.readFirst(decoded[index]!, received, index);
    }
    this.#reading.passed(received);
    this.#builder.passed(received);
  }
}

function hasTexts(record: DecodedRecord): boolean {
  return record.kind === 'event' && record.texts !== undefined;
}

function bytesOf(body: unknown): number {
  if (body instanceof Uint8Array) return body.byteLength;
  return typeof body === 'string' ? body.length : 0;
}
