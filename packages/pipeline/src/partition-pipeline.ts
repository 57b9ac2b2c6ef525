import assert from 'node:assert/strict';
import {CommitBuilder, type OpenState, type TakenCommit} from './commit/commit-builder.ts';
import type {Commit, DeadLetter, ParkedDelta, Watermarks} from './commit/commit.ts';
import {byPlace, OpenRangesWriter, UnreadOpen, noneOpen, type RecordPlace} from './commit/open-ranges.ts';
import type {Mark} from './commit/position-marks.ts';
import {describeMalformed, type DecodedRecord, type Decoder} from './decode/decode.ts';
import type {GatewayEvent} from './decode/gateway-event.ts';
import {SeenIds} from './dedupe/seen-ids.ts';
import {Fold} from './fold/fold.ts';
import type {LookupJoin} from './join/lookup-join.ts';
import {
  OpenEvent,
  type BatchTimes,
  type JoinOutcome,
  type OpenRecord,
  type RecordOwner,
} from './join/open-record.ts';
import type {ReceivedEvent} from './ports.ts';
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

/** What happened to records; only ever grows. Each record is counted once where it leaves, or at its first fold. */
export interface RecordCounts {
  inputEvents: number;
  inputBytes: number;
  records: number;
  folded: number;
  duplicates: number;
  skipped: number;
  reread: number;
  tooEarly: number;
  tooLate: number;
  clampedEarly: number;
  clampedLate: number;
  outOfOrder: number;
  noId: number;
  lost: number;
  gapEvents: number;
  /** By reason: `decode` reasons and those of the time policy. */
  readonly deadLetters: Map<string, number>;
}

/** A jump in the sequence numbers: the reader restarts once, and if it stays the events in between are gone. */
export interface SequenceGap {
  readonly after: number;
  readonly before: number;
}

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
  readonly counts: RecordCounts = emptyCounts();
  readonly #options: PartitionPipelineOptions;
  readonly #fold: Fold;
  readonly #seen: SeenIds;
  readonly #builder: CommitBuilder;
  /** Both ends of the list of open records, which is in the order of reading, hence of enqueueing. */
  #oldestOpen: OpenRecord | undefined;
  #youngestOpen: OpenRecord | undefined;
  #openCount = 0;
  /** Since the last commit. */
  #openChanged = false;
  /** What of the recovered journal's open records has not been read again yet. */
  readonly #unread: UnreadOpen;
  readonly #rereadUntil: number;
  #head: Mark;
  /** The last event read: behind the head while reading again. */
  #lastSequenceNumber: number;
  #lastEnqueuedTimeMs: number;
  #deadLetters: DeadLetter[] = [];
  #greatestEventTimeMs = -Infinity;
  #oldest: OldestFolded = noneFolded;
  #nowMs = 0;
  #batch: BatchTimes = {readAtMs: 0, baseMs: 0};

  constructor(options: PartitionPipelineOptions, start: PartitionStart) {
    this.#options = options;
    this.#fold = new Fold(options.views);
    this.#seen = new SeenIds(options.dedupe);
    this.#builder = new CommitBuilder(options, start);
    const recovered = start.kind === 'recovered' ? start.commit : undefined;
    this.#unread = new UnreadOpen(recovered?.open ?? noneOpen);
    this.#head = start.kind === 'recovered' ? start.commit.head : start.at;
    this.#rereadUntil = recovered === undefined ? -1 : recovered.head.sequenceNumber;
    ({sequenceNumber: this.#lastSequenceNumber, enqueuedTimeMs: this.#lastEnqueuedTimeMs} =
      recovered?.resume ?? this.#head);
  }

  /** Up to where events have been read and folded as far as they could be decided. */
  get head(): Mark {
    return this.#head;
  }

  /** Records that wait for diagnostics, those not read again yet included. */
  get openCount(): number {
    return this.#openCount + this.#unread.size;
  }

  /** Records that wait for diagnostics here. */
  get waitingCount(): number {
    return this.#openCount;
  }

  /** The last record that was set aside since the last commit. */
  get lastDeadLetter(): DeadLetter | undefined {
    return this.#deadLetters.at(-1);
  }

  get isRereading(): boolean {
    return this.#lastSequenceNumber < this.#rereadUntil;
  }

  /** Where reading stands, which is behind the head while reading again. */
  get lastSequenceNumber(): number {
    return this.#lastSequenceNumber;
  }

  /** Events enqueued until then have been read by this owner; ms. */
  get readUntilMs(): number {
    return this.isRereading ? this.#lastEnqueuedTimeMs : this.#head.enqueuedTimeMs;
  }

  /**
   * As of now; the ones in the journal are those of the last commit. `resolvedMs` is found when it is asked for: it walks
   * all open records, which is too dear for a gauge that only wants the other.
   */
  get watermarks(): Watermarks {
    const {arrivalMs, resolvedMs} = this.#builder.watermarks;
    if (this.#unread.size > 0) return {arrivalMs, resolvedMs};
    const oldestOpenEventTimeMs = (): number => this.#oldestOpenEventTimeMs();
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

  *openRecords(): Iterable<OpenRecord> {
    let record = this.#oldestOpen;
    while (record !== undefined) {
      const {younger}: OpenRecord = record; // whoever takes the record may settle it
      yield record;
      record = younger;
    }
  }

  /**
   * Reads events in order, up to a jump in their sequence numbers.
   * @returns the jump and how many events were consumed before it; undefined when all were consumed
   */
  receive(events: readonly ReceivedEvent[], from = 0): {gap: SequenceGap; consumed: number} | undefined {
    if (from < events.length) this.#batch = {readAtMs: this.#nowMs, baseMs: events[from]!.enqueuedTimeMs};
    for (let i = from; i < events.length; i++) {
      const event = events[i]!;
      const {sequenceNumber} = event;
      this.counts.inputEvents += 1;
      if (sequenceNumber <= this.#lastSequenceNumber) continue; // delivered again on a new link
      // From the start of the log the first event may have any number, but none behind the head may be missing.
      const after = this.#lastSequenceNumber < 0 ? this.#rereadUntil : this.#lastSequenceNumber;
      if (sequenceNumber > after + 1 && after >= 0) {
        this.counts.inputEvents -= 1;
        return {gap: {after, before: sequenceNumber}, consumed: i};
      }
      this.#read(event);
    }
    return undefined;
  }

  /** Whether a jump lies in what is read again. */
  isReread({before}: SequenceGap): boolean {
    return before <= this.#rereadUntil;
  }

  /** What was to be read again and has expired is passed over, so that a quiet partition does not wait for it. */
  skipExpired(hubBeginsAt: number): void {
    if (!this.isRereading) return;
    this.#lastSequenceNumber = Math.max(
      this.#lastSequenceNumber,
      Math.min(hubBeginsAt - 1, this.#rereadUntil),
    );
  }

  /** The jump stayed after a restart of the receiver: the events in between have expired. */
  acceptGap({after, before}: SequenceGap): void {
    assert(
      after === Math.max(this.#lastSequenceNumber, this.#lastSequenceNumber < 0 ? this.#rereadUntil : -1),
      'a gap begins where reading stands',
    );
    // What lies at or before the recovered head was counted when it was read first.
    this.counts.gapEvents += Math.max(0, before - 1 - Math.max(after, this.#rereadUntil));
    this.#lastSequenceNumber = before - 1;
  }

  /**
   * Settles as lost the recovered open records that cannot be read again: all once the re-read has passed the head,
   * else those before the hub's first event.
   * @returns them, for the log
   */
  takeLost(hubBeginsAt: number): RecordPlace[] {
    if (this.#unread.size === 0) return [];
    const hasPassed = this.#lastSequenceNumber >= this.#rereadUntil;
    const lost = this.#unread
      .places()
      .filter(({sequenceNumber}) => hasPassed || sequenceNumber < hubBeginsAt);
    for (const place of lost) {
      this.#unread.take(place);
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

  settle(record: OpenRecord, outcome: JoinOutcome): void {
    this.#removeOpen(record);
    if (record.enqueuedTimeMs < this.#oldest.resolvedMs)
      this.#oldest = {...this.#oldest, resolvedMs: record.enqueuedTimeMs};
    this.#fold.resolved(
      record.event,
      record.eventTimeMs,
      outcome.kind === 'matched' ? outcome.row : undefined,
    );
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
      head: this.#head,
      fold: this.#fold,
      deadLetters: this.#deadLetters,
      greatestEventTimeMs: this.#greatestEventTimeMs,
      openChanged: this.#openChanged,
      openState: () => this.#openState(),
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

  #oldestOpenEventTimeMs(): number {
    let oldestMs = Infinity;
    for (let record = this.#oldestOpen; record !== undefined; record = record.younger) {
      if (record.eventTimeMs < oldestMs) oldestMs = record.eventTimeMs;
    }
    return oldestMs;
  }

  #openState(): OpenState {
    const open = new OpenRangesWriter();
    let oldestOpenEventTimeMs = Infinity;
    let oldestOpen: number | undefined;
    const waiting = this.openRecords();
    if (this.#unread.size === 0) {
      for (const record of waiting) {
        oldestOpen ??= record.sequenceNumber;
        if (record.eventTimeMs < oldestOpenEventTimeMs) oldestOpenEventTimeMs = record.eventTimeMs;
        open.add(record);
      }
      return {open, oldestOpen, oldestOpenEventTimeMs};
    }
    // Those not read again yet stay listed, or a crash now would forget them. Their event times are not known yet.
    const places = [...waiting, ...this.#unread.places()].sort(byPlace);
    for (const place of places) open.add(place);
    return {open, oldestOpen: places[0]?.sequenceNumber, oldestOpenEventTimeMs: -Infinity};
  }

  #read(received: ReceivedEvent): void {
    const {sequenceNumber, enqueuedTimeMs, body} = received;
    this.counts.inputBytes += bytesOf(body);
    const decoded = this.#options.decoder.decode(body, enqueuedTimeMs);
    const isReread = sequenceNumber <= this.#rereadUntil;
    for (let index = 0; index < decoded.length; index++) {
      if (isReread) this.#readAgain(decoded[index]!, received, index);
      else this.#readFirst(decoded[index]!, received, index);
    }
    this.#lastSequenceNumber = sequenceNumber;
    this.#lastEnqueuedTimeMs = enqueuedTimeMs;
    this.#builder.passed(received);
    if (isReread) return;
    const {offset} = received;
    this.#head = {sequenceNumber, offset, enqueuedTimeMs};
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
    if (event.requestId !== undefined && !this.#seen.sight(event.requestId, wholeCall, enqueuedTimeMs)) {
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
    if (event.requestId !== undefined) this.#wait(event, eventTimeMs, received, index);
    else {
      this.counts.noId += 1;
      this.#fold.resolved(event, eventTimeMs, undefined);
    }
  }

  #readAgain(record: DecodedRecord, received: ReceivedEvent, index: number): void {
    this.counts.reread += 1;
    if (record.kind !== 'event' || record.event.requestId === undefined) return;
    this.#seen.sight(record.event.requestId, wholeCall, received.enqueuedTimeMs);
    if (!this.#unread.take({sequenceNumber: received.sequenceNumber, index})) {
      this.#options.join.settledBefore(record.event.requestId);
      return;
    }
    const assigned = assignEventTime(record.event.eventTimeMs, received.enqueuedTimeMs, this.#options.assign);
    const eventTimeMs = assigned.kind === 'clamped' ? assigned.eventTimeMs : record.event.eventTimeMs;
    this.#wait(record.event, eventTimeMs, received, index);
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

  #wait(event: GatewayEvent, eventTimeMs: number, received: ReceivedEvent, index: number): void {
    assert(hasId(event), 'only an event with an id can be joined');
    const record = new OpenEvent(this, event, received, index, eventTimeMs, this.#batch);
    record.older = this.#youngestOpen;
    if (this.#youngestOpen === undefined) this.#oldestOpen = record;
    else this.#youngestOpen.younger = record;
    this.#youngestOpen = record;
    this.#openCount++;
    this.#options.join.wait(record);
  }

  #removeOpen(record: OpenRecord): void {
    const {older, younger} = record;
    assert((older === undefined ? this.#oldestOpen : older.younger) === record, 'a settled record was open');
    if (older === undefined) this.#oldestOpen = younger;
    else older.younger = younger;
    if (younger === undefined) this.#youngestOpen = older;
    else younger.older = older;
    record.older = record.younger = undefined;
    this.#openCount--;
    this.#openChanged = true;
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

function emptyCounts(): RecordCounts {
  return {
    inputEvents: 0,
    inputBytes: 0,
    records: 0,
    folded: 0,
    duplicates: 0,
    skipped: 0,
    reread: 0,
    tooEarly: 0,
    tooLate: 0,
    clampedEarly: 0,
    clampedLate: 0,
    outOfOrder: 0,
    noId: 0,
    lost: 0,
    gapEvents: 0,
    deadLetters: new Map(),
  };
}
