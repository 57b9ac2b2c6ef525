import type {DiagnosticsRow, LookupAnswer} from '@weir/pipeline';

/** A row of diagnostics and when it can be found; true time, ms. */
export interface StoredRow {
  readonly row: DiagnosticsRow;
  /** What `ingestion_time()` says. */
  readonly ingestedMs: number;
  /** From when on queries see it; later than `ingestedMs` now and then. */
  readonly visibleMs: number;
}

/** Log Analytics: rows that become visible some time after their call, or twice, or never. */
export class SimulatedLookup {
  readonly #rows: StoredRow[] = [];
  readonly #byId = new Map<string, StoredRow[]>();
  /** The service's clock less true time, ms. */
  readonly clockOffsetMs: number;

  constructor(clockOffsetMs: number) {
    this.clockOffsetMs = clockOffsetMs;
  }

  store(row: StoredRow): void {
    this.#rows.push(row);
    const rows = this.#byId.get(row.row.requestId);
    if (rows === undefined) this.#byId.set(row.row.requestId, [row]);
    else rows.push(row);
  }

  rowsOf(requestId: string): readonly StoredRow[] {
    return this.#byId.get(requestId) ?? [];
  }

  slice(
    {fromMs, toMs, share}: {fromMs: number; toMs: number; share?: {index: number; of: number}},
    nowMs: number,
  ): LookupAnswer {
    return this.#answer(nowMs, this.#rows, ({row, ingestedMs}) => {
      const storedMs = ingestedMs + this.clockOffsetMs;
      if (storedMs < fromMs || storedMs >= toMs) return false;
      return share === undefined || spread(row.requestId) % share.of === share.index;
    });
  }

  byIds(
    {ids, fromMs, toMs}: {ids: readonly string[]; fromMs: number; toMs: number},
    nowMs: number,
  ): LookupAnswer {
    const rows = [...new Set(ids)].flatMap((id) => this.rowsOf(id));
    return this.#answer(nowMs, rows, ({row}) => row.timeGeneratedMs >= fromMs && row.timeGeneratedMs <= toMs);
  }

  #answer(nowMs: number, rows: readonly StoredRow[], wants: (row: StoredRow) => boolean): LookupAnswer {
    const found = rows.filter((stored) => stored.visibleMs <= nowMs && wants(stored));
    return {kind: 'complete', rows: found.map(({row}) => row), serviceNowMs: nowMs + this.clockOffsetMs};
  }
}

function spread(id: string): number {
  let hash = 7;
  for (let i = 0; i < id.length; i++) hash = (Math.imul(hash, 31) + id.charCodeAt(i)) >>> 0;
  return hash;
}
