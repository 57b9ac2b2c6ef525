import {hashId, type IdHash} from '../dedupe/id-hash.ts';
import {SeenIds} from '../dedupe/seen-ids.ts';
import {longerBuffer} from '../flat-array.ts';
import {betterRow, type DiagnosticsRow} from './diagnostics.ts';
import {noRecord, type JoinOutcome, type RecordSlot, type WaitingRecord} from './open-record.ts';
import {OpenRecords, type OpenList} from './open-records.ts';
import {RowsAhead} from './rows-ahead.ts';

/** Some 20 MB of hashes; beyond it a late row may count as a backend attempt. */
const settledIdsMax = 500_000;

export interface LookupJoinOptions {
  readonly rowsAheadMax: number;
  readonly deadlineMs: number;
  readonly sweepIntervalMs: number;
}

/** What happened to rows and records; only ever grows. */
export interface JoinCounts {
  rows: number;
  rowsDuplicate: number;
  /** For an id that was settled before, or whose first row still waits for its event. */
  rowsLate: number;
  rowsAheadDropped: number;
  matched: number;
  neverCame: number;
  couldNotAsk: number;
}

/**
 * Joins the open records of all partitions of a worker with diagnostics rows, by request id. The first complete answer
 * for an id wins; a row that comes later is counted and not applied. Times are the service's clock.
 */
export class LookupJoin {
  readonly counts: JoinCounts = {
    rows: 0,
    rowsDuplicate: 0,
    rowsLate: 0,
    rowsAheadDropped: 0,
    matched: 0,
    neverCame: 0,
    couldNotAsk: 0,
  };
  readonly records = new OpenRecords();
  readonly #options: LookupJoinOptions;
  readonly #ahead: RowsAhead;
  /** Settled a while ago: a further row for one is late, and not kept for an event that has been. */
  readonly #settled: SeenIds;
  /** As the last rows told it. */
  #serviceNowMs = 0;
  /** While an answer is gone through: the best row so far of each slot, by its place in the answer + 1. */
  #bestOf = new Int32Array();

  constructor(options: LookupJoinOptions) {
    this.#options = options;
    this.#ahead = new RowsAhead({rowsMax: options.rowsAheadMax, keepMs: options.deadlineMs});
    this.#settled = new SeenIds({horizonMs: options.deadlineMs, idsMax: settledIdsMax});
  }

  /** Records that wait. */
  get waiting(): number {
    return this.records.count;
  }

  get rowsAhead(): number {
    return this.#ahead.size;
  }

  /**
   * The record waits, unless its row is here already.
   * @param hash of its request id
   * @returns the row; the record is matched then, and nobody waits
   */
  wait(list: OpenList, record: WaitingRecord, hash: IdHash): DiagnosticsRow | undefined {
    const row = this.#ahead.take(record.event.requestId);
    if (row === undefined) {
      this.records.add(list, record, hash);
      return undefined;
    }
    this.#settled.sight(hash, wholeId, this.#serviceNowMs);
    this.counts.matched++;
    return row;
  }

  /**
   * An event that was settled by an owner before: a row for it is late, not ahead. The service's time may not be known
   * yet, but is not before the event was enqueued.
   */
  settledBefore(
    {requestId, enqueuedTimeMs}: {requestId: string; enqueuedTimeMs: number},
    hash: IdHash,
  ): void {
    if (this.records.find(hash) !== noRecord) return;
    this.#ahead.take(requestId);
    this.#settled.sight(hash, wholeId, Math.max(this.#serviceNowMs, enqueuedTimeMs));
  }

  /** Rows of one complete answer. */
  offer(rows: readonly DiagnosticsRow[], serviceNowMs: number): void {
    this.#serviceNowMs = serviceNowMs;
    this.counts.rows += rows.length;
    const answered: RecordSlot[] = [];
    const unasked: DiagnosticsRow[] = [];
    const {slots} = this.records.columns;
    if (this.#bestOf.length < slots) this.#bestOf = new Int32Array(longerBuffer(this.#bestOf, slots));
    const bestOf = this.#bestOf;
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const slot = this.records.find(hashId(row.requestId));
      if (slot === noRecord) {
        unasked.push(row);
        continue;
      }
      const best = bestOf[slot]!;
      if (best === 0) answered.push(slot);
      else this.counts.rowsDuplicate++;
      if (best === 0 || betterRow(rows[best - 1]!, row) === row) bestOf[slot] = i + 1;
    }
    // Only now: of several rows for one id in an answer the best counts, not the first.
    for (const slot of answered) {
      const row = rows[bestOf[slot]! - 1]!;
      bestOf[slot] = 0;
      this.#settleAll(slot, row);
    }
    for (const row of bestOfEach(unasked, this.counts)) {
      if (this.#ahead.has(row.requestId) || this.#settled.has(hashId(row.requestId), serviceNowMs)) {
        this.counts.rowsLate++;
      } else if (this.#ahead.add(row, serviceNowMs) !== undefined) this.counts.rowsAheadDropped++;
    }
  }

  /**
   * Records of the list that a sweep should name, oldest first, at most `max` of them.
   * @param enqueuedUntilMs younger ones are left to the feed
   */
  due(
    list: OpenList,
    {enqueuedUntilMs, nowMs, max}: {enqueuedUntilMs: number; nowMs: number; max: number},
  ): RecordSlot[] {
    const {records} = this;
    const {columns} = records;
    const due: RecordSlot[] = [];
    for (let slot = list.oldest; slot !== noRecord && due.length < max; slot = records.nextYounger(slot)) {
      if (columns.enqueuedTimeMs(slot) > enqueuedUntilMs) break;
      if (!records.isAsked(slot) && columns.nextSweepMs(slot) <= nowMs) due.push(slot);
    }
    return due;
  }

  /**
   * A sweep names these records from now on, until {@link swept} or {@link notSwept} is told the same ones.
   * @returns their ids, each once, and the time that they span, by the events' own clocks and the hub's
   */
  ask(slots: readonly RecordSlot[]): {ids: string[]; fromMs: number; toMs: number} {
    const {columns} = this.records;
    this.records.ask(slots);
    const ids = new Set<string>();
    let [fromMs, toMs] = [Infinity, -Infinity];
    for (const slot of slots) {
      ids.add(columns.requestId(slot));
      // The event's own time: the assigned one may be clamped, far from where the row was generated.
      const [ownTimeMs, enqueuedTimeMs] = [columns.ownTimeMs(slot), columns.enqueuedTimeMs(slot)];
      fromMs = Math.min(fromMs, ownTimeMs, enqueuedTimeMs);
      toMs = Math.max(toMs, ownTimeMs, enqueuedTimeMs);
    }
    return {ids: [...ids], fromMs, toMs};
  }

  /**
   * Ends a sweep that was answered in full: what it named and did not find is asked for again later, or is unmatched
   * when it was sent after the record's deadline.
   */
  swept(
    slots: readonly RecordSlot[],
    rows: readonly DiagnosticsRow[],
    sentMs: number,
    serviceNowMs: number,
  ): void {
    this.offer(rows, serviceNowMs);
    const {columns} = this.records;
    for (const slot of slots) {
      if (!this.records.answered(slot)) continue;
      const deadlineMs = columns.enqueuedTimeMs(slot) + this.#options.deadlineMs;
      if (sentMs > deadlineMs) {
        this.counts.neverCame++;
        this.#settle(slot, {kind: 'unmatched', reason: 'never came'});
      } else columns.sweepNextAt(slot, Math.min(sentMs + this.#options.sweepIntervalMs, deadlineMs + 1));
    }
  }

  /** A sweep that was not answered, or not in full: its records may be asked for again at once. */
  notSwept(slots: readonly RecordSlot[]): void {
    for (const slot of slots) this.records.answered(slot);
  }

  /**
   * Gives up on records that have waited as long as their events can still be read again, and as long here as any record
   * waits: those of the list enqueued until the one time and read here until the other.
   */
  giveUp(
    list: OpenList,
    {enqueuedUntilMs, readUntilMs}: {enqueuedUntilMs: number; readUntilMs: number},
  ): void {
    const {records} = this;
    let slot = list.oldest;
    while (slot !== noRecord && records.columns.enqueuedTimeMs(slot) <= enqueuedUntilMs) {
      const next = records.nextYounger(slot);
      if (records.columns.waitingSinceMs(slot) <= readUntilMs) {
        this.counts.couldNotAsk++;
        this.#settle(slot, {kind: 'unmatched', reason: 'could not ask'});
      }
      slot = next;
    }
  }

  /** Forgets the records of a partition that was lost. */
  drop(list: OpenList): void {
    while (list.oldest !== noRecord) this.records.remove(list.oldest);
  }

  /** Rows that no event came for within the deadline: attempts that a gateway's retry hid. */
  takeOrphans(serviceNowMs: number): DiagnosticsRow[] {
    return this.#ahead.takeExpired(serviceNowMs);
  }

  #settleAll(first: RecordSlot, row: DiagnosticsRow): void {
    const outcome = {kind: 'matched', row} as const;
    let slot = first;
    while (slot !== noRecord) {
      const next = this.records.nextOfId(slot);
      this.counts.matched++;
      this.#settle(slot, outcome);
      slot = next;
    }
  }

  #settle(slot: RecordSlot, outcome: JoinOutcome): void {
    const {records} = this;
    const record = records.read(slot);
    const {owner} = records.listOf(slot);
    this.#settled.sight(records.hashOf(slot), wholeId, this.#serviceNowMs);
    records.remove(slot);
    owner.settle(record, outcome);
  }
}

/** The join knows calls, not the parts they are told in. */
const wholeId = 0;

function bestOfEach(rows: readonly DiagnosticsRow[], counts: JoinCounts): Iterable<DiagnosticsRow> {
  const best = new Map<string, DiagnosticsRow>();
  for (const row of rows) {
    const other = best.get(row.requestId);
    if (other !== undefined) counts.rowsDuplicate++;
    best.set(row.requestId, other === undefined ? row : betterRow(other, row));
  }
  return best.values();
}
