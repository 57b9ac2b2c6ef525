import {betterRow, type DiagnosticsRow} from './diagnostics.ts';
import type {OpenRecord, RecordOwner} from './open-record.ts';
import {RowsAhead} from './rows-ahead.ts';
import {SettledIds} from './settled-ids.ts';

/** Some 45 MB of ids; beyond it a late row may count as a backend attempt. */
const settledIdsMax = 500_000;

export interface LookupJoinOptions {
  readonly rowsAheadMax: number;
  readonly deadlineMs: number;
  readonly sweepIntervalMs: number;
  readonly waitMaxMs: number;
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
  readonly #options: LookupJoinOptions;
  readonly #waiting = new Map<string, OpenRecord>();
  #waitingCount = 0;
  readonly #ahead: RowsAhead;
  readonly #settled: SettledIds;
  /** As the last rows told it. */
  #serviceNowMs = 0;

  constructor(options: LookupJoinOptions) {
    this.#options = options;
    this.#ahead = new RowsAhead({rowsMax: options.rowsAheadMax, keepMs: options.deadlineMs});
    this.#settled = new SettledIds({horizonMs: options.deadlineMs, idsMax: settledIdsMax});
  }

  /** Records that wait. */
  get waiting(): number {
    return this.#waitingCount;
  }

  get rowsAhead(): number {
    return this.#ahead.size;
  }

  /** Settles the record at once where its row is here already; else it waits. */
  wait(record: OpenRecord): void {
    const row = this.#ahead.take(record.requestId);
    if (row !== undefined) {
      this.#settled.add(record.requestId, this.#serviceNowMs);
      this.#match(record, row);
      return;
    }
    record.next = this.#waiting.get(record.requestId);
    this.#waiting.set(record.requestId, record);
    this.#waitingCount++;
  }

  /** An event that was settled by an owner before: a row for it is late, not ahead. */
  settledBefore(requestId: string): void {
    if (this.#waiting.has(requestId)) return;
    this.#ahead.take(requestId);
    this.#settled.add(requestId, this.#serviceNowMs);
  }

  /** Rows of one complete answer. */
  offer(rows: readonly DiagnosticsRow[], serviceNowMs: number): void {
    this.#serviceNowMs = serviceNowMs;
    this.counts.rows += rows.length;
    const answered: OpenRecord[] = [];
    const unasked: DiagnosticsRow[] = [];
    for (const row of rows) {
      const record = this.#waiting.get(row.requestId);
      if (record === undefined) unasked.push(row);
      else if (record.row === undefined) {
        record.row = row;
        answered.push(record);
      } else {
        this.counts.rowsDuplicate++;
        record.row = betterRow(record.row, row);
      }
    }
    // Only now: of several rows for one id in an answer the best counts, not the first.
    for (const record of answered) this.#settleAll(record, record.row!, serviceNowMs);
    for (const row of bestOfEach(unasked, this.counts)) {
      if (this.#ahead.has(row.requestId) || this.#settled.has(row.requestId)) {
        this.counts.rowsLate++;
      } else if (this.#ahead.add(row, serviceNowMs) !== undefined) this.counts.rowsAheadDropped++;
    }
  }

  /**
   * Ends a sweep that was answered in full: what it named and did not find is asked for again later, or is unmatched
   * when it was sent after the record's deadline.
   */
  swept(
    records: readonly OpenRecord[],
    rows: readonly DiagnosticsRow[],
    sentMs: number,
    serviceNowMs: number,
  ): void {
    this.offer(rows, serviceNowMs);
    for (const record of records) {
      record.asked = false;
      if (!this.#isWaiting(record)) continue;
      const deadlineMs = record.enqueuedTimeMs + this.#options.deadlineMs;
      if (sentMs > deadlineMs) {
        this.#remove(record);
        this.#settled.add(record.requestId, serviceNowMs);
        this.counts.neverCame++;
        record.owner.settle(record, {kind: 'unmatched', reason: 'never came'});
      } else record.nextSweepMs = Math.min(sentMs + this.#options.sweepIntervalMs, deadlineMs + 1);
    }
  }

  /** A sweep that was not answered, or not in full: its records may be asked for again at once. */
  notSwept(records: readonly OpenRecord[]): void {
    for (const record of records) record.asked = false;
  }

  /** Gives up on a record that has waited as long as its event can still be read again. */
  giveUp(record: OpenRecord): void {
    if (!this.#isWaiting(record)) return;
    this.#remove(record);
    this.#settled.add(record.requestId, this.#serviceNowMs);
    this.counts.couldNotAsk++;
    record.owner.settle(record, {kind: 'unmatched', reason: 'could not ask'});
  }

  /** Forgets the records of a partition that was lost. */
  drop(owner: RecordOwner): void {
    for (const record of owner.openRecords()) if (this.#isWaiting(record)) this.#remove(record);
  }

  /** Rows that no event came for within the deadline: attempts that a gateway's retry hid. */
  takeOrphans(serviceNowMs: number): DiagnosticsRow[] {
    return this.#ahead.takeExpired(serviceNowMs);
  }

  #settleAll(first: OpenRecord, row: DiagnosticsRow, serviceNowMs: number): void {
    this.#waiting.delete(row.requestId);
    this.#settled.add(row.requestId, serviceNowMs);
    let record: OpenRecord | undefined = first;
    while (record !== undefined) {
      const {next}: OpenRecord = record;
      record.next = record.row = undefined;
      this.#waitingCount--;
      this.#match(record, row);
      record = next;
    }
  }

  #match(record: OpenRecord, row: DiagnosticsRow): void {
    this.counts.matched++;
    record.owner.settle(record, {kind: 'matched', row});
  }

  #isWaiting(record: OpenRecord): boolean {
    let at = this.#waiting.get(record.requestId);
    while (at !== undefined && at !== record) at = at.next;
    return at === record;
  }

  #remove(record: OpenRecord): void {
    const first = this.#waiting.get(record.requestId);
    this.#waitingCount--;
    if (first === record) {
      if (record.next === undefined) this.#waiting.delete(record.requestId);
      else this.#waiting.set(record.requestId, record.next);
      return;
    }
    for (let at = first; at !== undefined; at = at.next) if (at.next === record) at.next = record.next;
  }
}

function bestOfEach(rows: readonly DiagnosticsRow[], counts: JoinCounts): Iterable<DiagnosticsRow> {
  const best = new Map<string, DiagnosticsRow>();
  for (const row of rows) {
    const other = best.get(row.requestId);
    if (other !== undefined) counts.rowsDuplicate++;
    best.set(row.requestId, other === undefined ? row : betterRow(other, row));
  }
  return best.values();
}
