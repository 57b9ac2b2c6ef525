import {columnTypeOf, storedCell, workspaceColumns} from './column-types.ts';
import type {AccessPath} from './kql/access-path.ts';
import {idColumn} from './kql/access-path.ts';
import {parseDatetime, ticksPerMs, type Cell, type Column, type ColumnType} from './kql/cells.ts';
import {ingestionColumn} from './kql/compiled.ts';

/** A row as it is handed in: the columns of `AzureDiagnostics`, and two of our own about when it appears. */
export interface DiagnosticsInput {
  /** ISO 8601: the row's `ingestion_time()`; without it, now. */
  readonly _ingestedAt?: string;
  /** ISO 8601: when queries first see the row, for one that becomes visible late; without it, once it is ingested. */
  readonly _visibleAt?: string;
  readonly [column: string]: unknown;
}

export interface StoredRow {
  /** In the order of the store's columns; shorter than these if columns were added later. */
  readonly cells: Cell[];
  readonly ingestedTicks: bigint;
  readonly visibleAtMs: number;
}

/** A workspace takes 500 columns; further ones go into the dynamic `AdditionalFields`. */
export const columnsMax = 500;

/**
 * The rows of the one table, in the order of their ingestion, and by lower-cased id. Beyond `rowsKeptMax` the oldest are
 * dropped, a tenth at a time so that dropping stays cheap.
 */
export class RowStore {
  readonly columns: Column[];
  readonly #rowsKeptMax: number;
  readonly #types: ReadonlyMap<string, ColumnType>;
  readonly #indexes = new Map<string, number>();
  readonly #byId = new Map<string, StoredRow[]>();
  #rows: StoredRow[] = [];
  #isSorted = true;

  constructor(options: {rowsKeptMax: number; columnTypes: ReadonlyMap<string, ColumnType>}) {
    this.#rowsKeptMax = options.rowsKeptMax;
    this.#types = options.columnTypes;
    this.columns = [];
    this.#addColumn(ingestionColumn.name, ingestionColumn.type);
    for (const [name, type] of workspaceColumns) this.#addColumn(name, this.#types.get(name) ?? type);
  }

  get size(): number {
    return this.#rows.length;
  }

  /** Throws `TypeError` for a row without a readable `TimeGenerated` or with an unreadable time of ours. */
  add(input: DiagnosticsInput, nowMs: number): void {
    const reason = RowStore.unreadable(input);
    if (reason !== undefined) throw new TypeError(reason);
    const ingestedTicks = ticksOf(input._ingestedAt) ?? BigInt(Math.trunc(nowMs)) * ticksPerMs;
    const visibleTicks = ticksOf(input._visibleAt) ?? ingestedTicks;
    const row: StoredRow = {
      cells: this.#cellsOf(input, ingestedTicks),
      ingestedTicks,
      visibleAtMs: Number(visibleTicks / ticksPerMs),
    };
    const last = this.#rows.at(-1);
    if (last !== undefined && last.ingestedTicks > ingestedTicks) this.#isSorted = false;
    this.#rows.push(row);
    const id = this.#idOf(row);
    const same = this.#byId.get(id);
    if (same === undefined) this.#byId.set(id, [row]);
    else same.push(row);
    if (this.#rows.length > this.#rowsKeptMax) this.#dropOldest();
  }

  /** Why `add` would throw for this row; undefined if it would not. */
  static unreadable(input: DiagnosticsInput): string | undefined {
    const wrong = ['TimeGenerated', '_ingestedAt', '_visibleAt'].find((name) => {
      const value = input[name];
      if (value === undefined) return name === 'TimeGenerated';
      return typeof value !== 'string' || parseDatetime(value) === undefined;
    });
    return wrong === undefined ? undefined : `${wrong} must be an ISO 8601 time`;
  }

  /** Rows that may match, in the order of ingestion: a copy, because a query gives way to others while it runs. */
  candidates({ids, fromTicks, upToTicks}: AccessPath): readonly StoredRow[] {
    if (ids !== undefined) {
      const found = Array.from(ids, (id) => this.#byId.get(id) ?? []).flat();
      return found.sort(byIngestion);
    }
    this.#sort();
    const start = fromTicks === undefined ? 0 : this.#firstAtOrAfter(fromTicks);
    const end = upToTicks === undefined ? this.#rows.length : this.#firstAtOrAfter(upToTicks + 1n);
    return this.#rows.slice(start, end);
  }

  #cellsOf(input: DiagnosticsInput, ingestedTicks: bigint): Cell[] {
    const cells: Cell[] = [ingestedTicks];
    const overflow: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(input)) {
      if (name === '_ingestedAt' || name === '_visibleAt' || value === undefined) continue;
      const index = this.#indexes.get(name) ?? this.#addColumn(name, this.#typeOf(name, value));
      const column = index === undefined ? undefined : this.columns[index];
      if (index === undefined || column === undefined) overflow[name] = value;
      else cells[index] = storedCell(value, column.type);
    }
    if (Object.keys(overflow).length > 0) {
      const index = this.#indexes.get('AdditionalFields') ?? this.#forceColumn('AdditionalFields', 'dynamic');
      cells[index] = Object.assign(overflow, cells[index]);
    }
    // Holes would make the engine treat the array as a dictionary.
    return Array.from(cells, (cell, index) => cell ?? (this.columns[index]?.type === 'string' ? '' : null));
  }

  #typeOf(name: string, value: unknown): ColumnType {
    return this.#types.get(name) ?? columnTypeOf(name, value);
  }

  #addColumn(name: string, type: ColumnType): number | undefined {
    return this.columns.length > columnsMax ? undefined : this.#forceColumn(name, type);
  }

  #forceColumn(name: string, type: ColumnType): number {
    this.#indexes.set(name, this.columns.length);
    this.columns.push({name, type});
    return this.columns.length - 1;
  }

  #idOf(row: StoredRow): string {
    const id = row.cells[this.#indexes.get(idColumn) ?? -1];
    return typeof id === 'string' ? id.toLowerCase() : '';
  }

  #sort(): void {
    if (!this.#isSorted) this.#rows.sort(byIngestion);
    this.#isSorted = true;
  }

  #firstAtOrAfter(ticks: bigint): number {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#rows[middle]?.ingestedTicks ?? 0n) < ticks) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #dropOldest(): void {
    this.#sort();
    const dropped = this.#rows.splice(0, Math.max(1, Math.floor(this.#rowsKeptMax / 10)));
    const gone = new Set(dropped);
    for (const id of new Set(dropped.map((row) => this.#idOf(row)))) {
      const kept = (this.#byId.get(id) ?? []).filter((row) => !gone.has(row));
      if (kept.length === 0) this.#byId.delete(id);
      else this.#byId.set(id, kept);
    }
  }
}

function byIngestion(a: StoredRow, b: StoredRow): number {
  if (a.ingestedTicks === b.ingestedTicks) return 0;
  return a.ingestedTicks < b.ingestedTicks ? -1 : 1;
}

function ticksOf(text: string | undefined): bigint | undefined {
  return text === undefined ? undefined : parseDatetime(text);
}
