import type {DiagnosticsRow} from './diagnostics.ts';

/**
 * Rows that came before their event. A row enters when nobody waits for its id and leaves with its event, when it has
 * waited too long (then it was a failed attempt behind a gateway's retry: no event will come), or as the oldest of
 * too many.
 */
export class RowsAhead {
  readonly #rowsMax: number;
  readonly #keepMs: number;
  readonly #rows = new Map<string, {row: DiagnosticsRow; sinceMs: number}>();

  constructor({rowsMax, keepMs}: {rowsMax: number; keepMs: number}) {
    this.#rowsMax = rowsMax;
    this.#keepMs = keepMs;
  }

  get size(): number {
    return this.#rows.size;
  }

  has(requestId: string): boolean {
    return this.#rows.has(requestId);
  }

  /** @returns a row that had to go to make room */
  add(row: DiagnosticsRow, nowMs: number): DiagnosticsRow | undefined {
    this.#rows.set(row.requestId, {row, sinceMs: nowMs});
    if (this.#rows.size <= this.#rowsMax) return undefined;
    const [oldest] = this.#rows.values();
    this.#rows.delete(oldest!.row.requestId);
    return oldest!.row;
  }

  take(requestId: string): DiagnosticsRow | undefined {
    if (this.#rows.size === 0) return undefined;
    const entry = this.#rows.get(requestId);
    if (entry !== undefined) this.#rows.delete(requestId);
    return entry?.row;
  }

  /** Rows that no event came for; they leave. */
  takeExpired(nowMs: number): DiagnosticsRow[] {
    const expired: DiagnosticsRow[] = [];
    for (const [requestId, {row, sinceMs}] of this.#rows) {
      if (nowMs - sinceMs < this.#keepMs) break;
      this.#rows.delete(requestId);
      expired.push(row);
    }
    return expired;
  }
}
