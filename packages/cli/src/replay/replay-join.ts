import {
  LookupJoin,
  type DiagnosticsRow,
  type IdHash,
  type LookupJoinOptions,
  type OpenList,
  type WaitingRecord,
} from '@weir/pipeline';
import type {TimeRange} from './replay-plan.ts';

/** Rows that are at hand, by the hash of their request id. */
export interface RowsAtHand {
  find(hash: IdHash): DiagnosticsRow | undefined;
}

/** `asked`: events wait for the answers to queries; `none`: nothing is kept that needs rows. */
export type Rows = RowsAtHand | 'asked' | 'none';

/** Joins what lies outside the window: it is in no document of the window, whatever the row says. */
const anyRow: DiagnosticsRow = {
  requestId: '',
  timeGeneratedMs: 0,
  durationMs: undefined,
  streamType: 'unknown',
  model: '',
  modelVersion: '',
  principal: '',
  region: '',
};

/**
 * The worker's join, but that events outside the window wait for nothing: nobody is asked for them. Rows of a file are at
 * hand at once.
 */
export class ReplayJoin extends LookupJoin {
  readonly #window: TimeRange;
  readonly #rows: Rows;
  /** Since the last {@link takeBegun}: events that have begun to wait. */
  #begun = 0;

  constructor(options: LookupJoinOptions, {window, rows}: {window: TimeRange; rows: Rows}) {
    super(options);
    this.#window = window;
    this.#rows = rows;
  }

  /** How many have begun to wait since the last time this was asked. */
  takeBegun(): number {
    const begun = this.#begun;
    this.#begun = 0;
    return begun;
  }

  override wait(list: OpenList, record: WaitingRecord, hash: IdHash): DiagnosticsRow | undefined {
    const {fromMs, untilMs} = this.#window;
    if (this.#rows === 'none' || record.eventTimeMs < fromMs || record.eventTimeMs >= untilMs) return anyRow;
    if (this.#rows !== 'asked') {
      const row = this.#rows.find(hash);
      if (row !== undefined) return row;
    }
    this.#begun += 1;
    return super.wait(list, record, hash);
  }

  /** Rows at hand are a complete answer: what is not among them never came. */
  settleWithoutRow(list: OpenList): void {
    if (this.#rows === 'asked' || list.count === 0) return;
    const slots = this.due(list, {enqueuedUntilMs: Infinity, nowMs: Infinity, max: Infinity});
    this.ask(slots);
    this.swept(slots, [], Infinity, 0);
  }
}
