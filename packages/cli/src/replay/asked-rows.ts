import type {DiagnosticsRow, OpenList, RecordSlot} from '@weir/pipeline';
import type {ReplayJoin} from './replay-join.ts';

/** Ids, each once, and the times that their events span, ms. */
export interface RowsQuery {
  readonly ids: readonly string[];
  readonly fromMs: number;
  readonly toMs: number;
}

/** Every row of these ids. Rejects where there is no complete answer. */
export type AskRows = (query: RowsQuery) => Promise<readonly DiagnosticsRow[]>;

/** A query of this many ids is some 200 kB. */
export const idsPerQueryMax = 5_000;
/** Of one thread; more would only let events wait in more memory. */
const queriesMax = 3;

/**
 * Asks for the diagnostics of events that wait, oldest first, in queries as large as they may be: a million events take 200.
 * Reading goes on meanwhile, until as many queries are under way as may be.
 */
export class AskedRows {
  readonly #join: ReplayJoin;
  readonly #waiting: () => readonly OpenList[];
  readonly #ask: AskRows;
  readonly #serviceNowMs: () => number;
  readonly #running = new Set<Promise<void>>();
  /** The first query that came to nothing; reading on would be for nothing, too. */
  #failure: {readonly error: unknown} | undefined;
  /** Events that wait and were never named in a query. */
  #unasked = 0;

  constructor({
    join,
    waiting,
    ask,
    serviceNowMs,
  }: {
    join: ReplayJoin;
    waiting: () => readonly OpenList[];
    ask: AskRows;
    /** By the service's clock. */
    serviceNowMs: () => number;
  }) {
    this.#join = join;
    this.#waiting = waiting;
    this.#ask = ask;
    this.#serviceNowMs = serviceNowMs;
  }

  /** After events were read. Resolves when more may be read. @throws what a query rejected with */
  async keepUp(): Promise<void> {
    this.#unasked += this.#join.takeBegun();
    while (this.#unasked >= idsPerQueryMax) {
      if (this.#running.size >= queriesMax) await this.#oneAnswer();
      else if (!this.#begin()) break;
    }
    this.#throwFailure();
  }

  /** After the last event. Resolves when every event that waits has been asked for. @throws what a query rejected with */
  async finish(): Promise<void> {
    for (;;) {
      while (this.#running.size < queriesMax && this.#begin());
      if (this.#running.size === 0) return;
      await this.#oneAnswer();
    }
  }

  async #oneAnswer(): Promise<void> {
    await Promise.race(this.#running);
    this.#throwFailure();
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** @returns whether there was something to ask for */
  #begin(): boolean {
    const sentMs = this.#serviceNowMs();
    const slots = this.#due(sentMs);
    this.#unasked = Math.max(0, this.#unasked - slots.length);
    if (slots.length === 0) {
      this.#unasked = 0;
      return false;
    }
    const one = this.#answer(slots, sentMs)
      .catch((error: unknown) => void (this.#failure ??= {error}))
      .finally(() => this.#running.delete(one));
    this.#running.add(one);
    return true;
  }

  #due(nowMs: number): RecordSlot[] {
    const due: RecordSlot[] = [];
    for (const list of this.#waiting()) {
      const max = idsPerQueryMax - due.length;
      if (max > 0) due.push(...this.#join.due(list, {enqueuedUntilMs: Infinity, nowMs, max}));
    }
    return due;
  }

  async #answer(slots: readonly RecordSlot[], sentMs: number): Promise<void> {
    const rows = await this.#ask(this.#join.ask(slots));
    this.#join.swept(slots, rows, sentMs, this.#serviceNowMs());
  }
}
