/** A half-open span of the service's ingestion time, ms. */
export interface Slice {
  readonly fromMs: number;
  readonly toMs: number;
  /** A part of the slice by a hash of the id, where the least span still holds too many rows. */
  readonly share?: {readonly index: number; readonly of: number};
}

export interface FeedPlanOptions {
  readonly intervalMs: number;
  readonly settleMs: number;
}

/** The answer to one slice may hold 500,000 rows and 100 MiB; catching up aims well below. */
const rowsPerSlice = 50_000;
const sliceMaxMs = 3_600_000;
const sliceMinMs = 1_000;
/** Beyond this many shares of one second the rows of one id would have to be the problem. */
const sharesMax = 64;

/**
 * Which slices of diagnostics still have to be read. A span enters when the service's clock has passed it by the time
 * it is left to settle, or when a partition is claimed whose records are older; it leaves only when it was answered
 * in full. Oldest first, and every other time newest first, so that catching up does not keep fresh events waiting.
 */
export class FeedPlan {
  readonly #options: FeedPlanOptions;
  /** Ascending, disjoint. */
  #unread: Slice[] = [];
  readonly #underWay = new Set<Slice>();
  /** Everything before it has been planned. */
  #edgeMs: number | undefined;
  #widthMs: number;
  #newestNext = false;

  constructor(options: FeedPlanOptions) {
    this.#options = options;
    this.#widthMs = options.intervalMs;
  }

  /** Everything that was stored before this has been read; undefined before the first slice was planned. */
  get coveredUntilMs(): number | undefined {
    let coveredMs = this.#edgeMs;
    for (const slice of [...this.#unread, ...this.#underWay]) {
      if (coveredMs === undefined || slice.fromMs < coveredMs) coveredMs = slice.fromMs;
    }
    return coveredMs;
  }

  /** Plans what has settled by now. */
  advance(serviceNowMs: number): void {
    const edgeMs = wholeSeconds(serviceNowMs - this.#options.settleMs);
    if (this.#edgeMs === undefined) this.#edgeMs = edgeMs;
    else if (edgeMs > this.#edgeMs) {
      this.#add({fromMs: this.#edgeMs, toMs: edgeMs});
      this.#edgeMs = edgeMs;
    }
  }

  /** Plans everything from a time on once more: rows seen before may belong to events that are only now read. */
  readFrom(fromMs: number, serviceNowMs: number): void {
    this.advance(serviceNowMs);
    const toMs = this.#edgeMs!;
    const startMs = wholeSeconds(fromMs);
    if (startMs < toMs) this.#add({fromMs: startMs, toMs});
  }

  /** The feed was off: what it would have read is left to the sweep. */
  forget(): void {
    this.#unread = [];
    this.#edgeMs = undefined;
  }

  /** @param untilMs rows stored later belong to events that may not have been read yet */
  next(untilMs: number): Slice | undefined {
    const readable = this.#unread.filter((slice) => this.#isReadable(slice, untilMs));
    const isNewest = this.#newestNext;
    const from = isNewest ? readable.at(-1) : readable[0];
    if (from === undefined) return undefined;
    this.#newestNext = !isNewest;
    if (from.share !== undefined) return this.#take(from, from);
    const endMs = Math.min(from.toMs, wholeSeconds(untilMs));
    const slice = isNewest
      ? {fromMs: Math.max(from.fromMs, endMs - this.#widthMs), toMs: endMs}
      : {fromMs: from.fromMs, toMs: Math.min(endMs, from.fromMs + this.#widthMs)};
    return this.#take(from, slice);
  }

  /** What is too short at the edge or the limit is left to grow, so that a quiet feed asks rarely; a short rest in between is not. */
  #isReadable({fromMs, toMs, share}: Slice, untilMs: number): boolean {
    if (share !== undefined) return toMs <= untilMs;
    const endMs = Math.min(toMs, wholeSeconds(untilMs));
    if (toMs === this.#edgeMs) return endMs - fromMs >= Math.max(this.#options.intervalMs, sliceMinMs);
    return endMs - fromMs >= (endMs === toMs ? 1 : sliceMinMs);
  }

  /** The slice was answered in full. */
  answered(slice: Slice, rows: number): void {
    this.#underWay.delete(slice);
    if (slice.share !== undefined) return;
    const spanMs = slice.toMs - slice.fromMs;
    const perMs = Math.max(rows, 1) / spanMs;
    const wantedMs = Math.min(rowsPerSlice / perMs, this.#widthMs * 2, sliceMaxMs);
    // Whole seconds: a fraction would leave rests that are too short to be worth a query.
    this.#widthMs = Math.max(wholeSeconds(wantedMs), sliceMinMs);
  }

  /** The slice was not answered: it is asked for again. */
  failed(slice: Slice): void {
    this.#underWay.delete(slice);
    this.#add(slice);
  }

  /** The slice held too much: it is asked for again in two halves, of the time or, within a second, of the ids. */
  tooLarge(slice: Slice): void {
    this.#underWay.delete(slice);
    const spanMs = slice.toMs - slice.fromMs;
    this.#widthMs = Math.max(sliceMinMs, wholeSeconds(this.#widthMs / 2));
    if (slice.share === undefined && spanMs >= 2 * sliceMinMs) {
      const middleMs = slice.fromMs + Math.max(sliceMinMs, wholeSeconds(spanMs / 2));
      this.#insert({fromMs: slice.fromMs, toMs: middleMs});
      this.#insert({fromMs: middleMs, toMs: slice.toMs});
      return;
    }
    const {index, of} = slice.share ?? {index: 0, of: 1};
    if (of >= sharesMax) return this.failed(slice);
    this.#insert({...slice, share: {index, of: of * 2}});
    this.#insert({...slice, share: {index: index + of, of: of * 2}});
  }

  #take(from: Slice, slice: Slice): Slice {
    this.#unread.splice(this.#unread.indexOf(from), 1);
    if (from !== slice) {
      if (from.fromMs < slice.fromMs) this.#insert({fromMs: from.fromMs, toMs: slice.fromMs});
      if (slice.toMs < from.toMs) this.#insert({fromMs: slice.toMs, toMs: from.toMs});
    }
    this.#underWay.add(slice);
    return slice;
  }

  #insert(slice: Slice): void {
    this.#unread.push(slice);
    this.#unread.sort((a, b) => a.fromMs - b.fromMs);
  }

  /** Adds a span and joins it with those it touches; shares of a second stay as they are. */
  #add(slice: Slice): void {
    if (slice.share !== undefined) return this.#insert(slice);
    let {fromMs, toMs} = slice;
    const apart: Slice[] = [];
    for (const other of this.#unread) {
      if (other.share !== undefined || other.toMs < fromMs || other.fromMs > toMs) apart.push(other);
      else {
        fromMs = Math.min(fromMs, other.fromMs);
        toMs = Math.max(toMs, other.toMs);
      }
    }
    this.#unread = apart;
    this.#insert({fromMs, toMs});
  }
}

function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}
