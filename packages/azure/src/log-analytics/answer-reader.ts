/** A cell as JSON has it: datetimes are text. */
export type Cell = string | number | boolean | null | undefined;

export type Row = readonly Cell[];

export interface Column {
  readonly name: string;
}

/** Where the table of an answer goes while it is read: its columns, then all rows in their order, some at a time. */
export interface TableSink {
  begin(columns: readonly Column[]): void;
  take(rows: readonly Row[]): void;
}

/** What an answer says beside its rows. `error`: some of them are missing. */
export interface AnswerFrame {
  readonly tables: readonly {readonly columns: readonly Column[]; readonly rows: readonly Row[]}[];
  readonly error?: {readonly code?: string} | null;
}

/** Of the text of one batch, some 250 rows: what was parsed is garbage before the collector moves it. */
const batchLengthDefault = 64 * 1_024;
/** The names of the columns are far shorter; an answer that begins otherwise is read as a whole. */
const headLengthMax = 256 * 1_024;
/**
 * Of a whole answer, in UTF-16 units. The service cuts answers at 100 MiB
 * (https://learn.microsoft.com/azure/azure-monitor/service-limits), so this is none of its own; V8 makes no string of
 * twice as many.
 */
const answerLengthMax = 256 * 1_024 * 1_024;
/** Places that look like the end of the rows, which are tried from the last on. */
const endsTried = 64;

const rowsBegin = '"rows":[';
const betweenRows = '],[';
const rowsEnd = ']]';

/**
 * Reads the JSON of an answer while it comes. An answer may have 100 MiB: neither its text nor its cells are ever all in
 * memory; a text of another form than one table with its columns before its rows is, and is read as well.
 */
export class AnswerReader {
  readonly #sink: TableSink;
  readonly #batchLength: number;
  readonly #lengthMax: number;
  #length = 0;
  #reads: 'head' | 'rows' | 'rest' | 'whole' = 'head';
  /** Up to the first row; empty until it is there. */
  #head = '';
  /** What is not parsed yet. */
  #text = '';

  /** @param options in UTF-16 units: least text that is parsed at once, most that an answer may have */
  constructor(
    sink: TableSink,
    {
      batchLength = batchLengthDefault,
      lengthMax = answerLengthMax,
    }: {batchLength?: number; lengthMax?: number} = {},
  ) {
    this.#sink = sink;
    this.#batchLength = batchLength;
    this.#lengthMax = lengthMax;
  }

  /** @throws {TypeError} for more text than any answer has */
  push(text: string): void {
    this.#length += text.length;
    if (this.#length > this.#lengthMax) throw new TypeError('The body is longer than an answer can be.');
    this.#text += text;
    if (this.#reads === 'head') this.#readHead();
    if (this.#reads === 'rows' && this.#text.length >= this.#batchLength) this.#readRows();
  }

  /** The text is complete. @throws {SyntaxError} @throws {TypeError} for one that is no answer */
  end(): AnswerFrame {
    return (this.#head === '' ? undefined : this.#endRows()) ?? this.#endWhole();
  }

  #readHead(): void {
    // A quote within a text is escaped, so this is no part of one.
    const begin = this.#text.indexOf(rowsBegin);
    if (begin < 0) {
      if (this.#text.length > headLengthMax) this.#reads = 'whole';
      return;
    }
    const head = this.#text.slice(0, begin + rowsBegin.length);
    const columns = frameOf(`${head}]}]}`)?.tables[0]?.columns;
    if (columns === undefined) {
      this.#reads = 'whole';
      return;
    }
    this.#head = head;
    this.#text = this.#text.slice(head.length);
    this.#reads = 'rows';
    this.#sink.begin(columns);
  }

  #readRows(): void {
    const cut = this.#text.lastIndexOf(betweenRows);
    if (cut < 0) return;
    const rows = rowsOf(this.#text.slice(0, cut + 1));
    if (rows === undefined) {
      // A text within a row looks like the place between two, or the rows have ended: not tried at each push.
      this.#reads = 'rest';
      return;
    }
    this.#sink.take(rows);
    this.#text = this.#text.slice(cut + 2);
  }

  #endRows(): AnswerFrame | undefined {
    const text = this.#text;
    if (text.startsWith(']')) return frameOf(this.#head + text);
    let end = text.length;
    for (let tried = 0; tried < endsTried; tried += 1) {
      end = text.lastIndexOf(rowsEnd, end - 1);
      if (end < 0) break;
      const frame = frameOf(this.#head + text.slice(end + 1));
      const rows = frame === undefined ? undefined : rowsOf(text.slice(0, end + 1));
      if (frame === undefined || rows === undefined) continue;
      this.#sink.take(rows);
      return frame;
    }
    throw new SyntaxError('The rows of the answer are no JSON.');
  }

  #endWhole(): AnswerFrame {
    const frame: unknown = JSON.parse(this.#text);
    if (!isFrame(frame)) throw new TypeError('The body is no answer to a query.');
    const [table] = frame.tables;
    if (table !== undefined) {
      this.#sink.begin(table.columns);
      this.#sink.take(table.rows);
    }
    return frame;
  }
}

function rowsOf(text: string): Row[] | undefined {
  try {
    return JSON.parse(`[${text}]`) as Row[];
  } catch {
    return undefined;
  }
}

function frameOf(text: string): AnswerFrame | undefined {
  try {
    const frame: unknown = JSON.parse(text);
    return isFrame(frame) ? frame : undefined;
  } catch {
    return undefined;
  }
}

/** Cells are looked at when they are read; here only that there are rows and columns to look for. */
function isFrame(value: unknown): value is AnswerFrame {
  if (typeof value !== 'object' || value === null || !('tables' in value) || !Array.isArray(value.tables))
    return false;
  const tables: readonly Partial<AnswerFrame['tables'][number]>[] = value.tables;
  return tables.every((table) => Array.isArray(table?.columns) && Array.isArray(table.rows));
}
