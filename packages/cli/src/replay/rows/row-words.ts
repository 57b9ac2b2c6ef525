import type {DiagnosticsRow, IdHash, StreamType} from '@weir/pipeline';

/** A row in flat numbers: four words of the hash of its id, its duration, and where its texts stand in a list. */
export const wordsEach = 8;
const duration = 4;
const model = 5;
const modelVersion = 6;
/** The principal's text, and the stream type in the lowest two bits. */
const principalAndStream = 7;

const noDuration = -1;
const streamTypes: readonly StreamType[] = ['unknown', 'streaming', 'non-streaming'];

/** Rows of a part of a file, on their way from one thread to another. */
export interface PackedRows {
  /** {@link wordsEach} for each row; places of texts are those in `texts`. */
  readonly words: Int32Array<ArrayBuffer>;
  /** `TimeGenerated`, ms since the epoch, of each row. */
  readonly timesMs: Float64Array<ArrayBuffer>;
  readonly texts: readonly string[];
}

/** Where a text stands in a list. */
export type PlaceOfText = (text: string) => number;

export function writeRow(
  words: Int32Array,
  at: number,
  {row, hash, placeOf}: {row: DiagnosticsRow; hash: IdHash; placeOf: PlaceOfText},
): void {
  words[at] = hash.a;
  words[at + 1] = hash.b;
  words[at + 2] = hash.c;
  words[at + 3] = hash.d;
  // A service time is at most 30 days, which fits 32 bits, but not 31.
  words[at + duration] = row.durationMs === undefined ? noDuration : row.durationMs | 0;
  words[at + model] = placeOf(row.model);
  words[at + modelVersion] = placeOf(row.modelVersion);
  words[at + principalAndStream] = (placeOf(row.principal) << 2) | streamTypes.indexOf(row.streamType);
}

/** What is written in `words` at `at`, with the texts of one list as those of another. */
export function copyRow(
  from: {words: Int32Array; at: number},
  to: {words: Int32Array; at: number},
  placeOf: (place: number) => number,
): void {
  for (let i = 0; i <= duration; i++) to.words[to.at + i] = from.words[from.at + i]!;
  to.words[to.at + model] = placeOf(from.words[from.at + model]!);
  to.words[to.at + modelVersion] = placeOf(from.words[from.at + modelVersion]!);
  const last = from.words[from.at + principalAndStream]!;
  to.words[to.at + principalAndStream] = (placeOf(last >>> 2) << 2) | (last & 3);
}

/** A row as the fold needs it; used again for the next one. */
export class UnpackedRow implements DiagnosticsRow {
  readonly requestId = '';
  readonly region = 'unknown';
  timeGeneratedMs = 0;
  durationMs: number | undefined = undefined;
  streamType: StreamType = 'unknown';
  model = '';
  modelVersion = '';
  principal = '';

  read(words: Int32Array, at: number, texts: readonly string[]): this {
    const ms = words[at + duration]!;
    const last = words[at + principalAndStream]!;
    this.durationMs = ms === noDuration ? undefined : ms >>> 0;
    this.model = texts[words[at + model]!]!;
    this.modelVersion = texts[words[at + modelVersion]!]!;
    this.principal = texts[last >>> 2]!;
    this.streamType = streamTypes[last & 3]!;
    return this;
  }
}
