import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';

import {
  apimCommaJoinedShape,
  bodyOfLine,
  builtInShapes,
  createDecoder,
  describeDecoded,
  type DecodedLine,
  type Decoder,
  type DescribedRecord,
} from '@weir/pipeline';
import {estimateRecords} from '@weir/worker';

/** Bodies of one kind, one a line, and what is to become of them. */
export interface CorpusCase {
  /** The shape, or what else the bodies have in common. */
  readonly folder: string;
  readonly name: string;
  readonly lines: readonly string[];
  readonly expected: readonly DescribedRecord[];
}

const root = join(import.meta.dirname, '../fixtures/shapes');

/** Every case of `test/fixtures/shapes`: `{shape}/{case}.ndjson` beside `{shape}/{case}.expected.json`. */
export function readCorpus(): CorpusCase[] {
  const folders = readdirSync(root, {withFileTypes: true}).filter((entry) => entry.isDirectory());
  return folders.flatMap(({name: folder}) =>
    readdirSync(join(root, folder))
      .filter((file) => file.endsWith('.ndjson'))
      .map((file) => {
        const name = file.slice(0, -'.ndjson'.length);
        const lines = readFileSync(join(root, folder, file), 'utf8').split('\n');
        const expected = readFileSync(join(root, folder, `${name}.expected.json`), 'utf8');
        return {
          folder,
          name,
          lines: lines.filter((line) => line !== ''),
          expected: JSON.parse(expected) as DescribedRecord[],
        };
      }),
  );
}

/** For events without a time; no document of the corpus has this one. */
export const enqueuedTimeMs = Date.UTC(2024, 4, 17, 12);

const estimatingDecoder = createDecoder({shapes: builtInShapes, texts: 'kept'});

export const plainDecoder: Decoder = createDecoder({shapes: builtInShapes});
const commaJoinedDecoder = createDecoder({shapes: builtInShapes, textShapes: [apimCommaJoinedShape]});

/** Comma-joined texts are read only where somebody asks for them. */
export function decoderFor({folder}: {folder: string}): Decoder {
  return folder === apimCommaJoinedShape.name ? commaJoinedDecoder : plainDecoder;
}

export function decodeLines(decoder: Decoder, lines: readonly string[]): DecodedLine[] {
  return lines.map((line, index) => ({
    line: index + 1,
    records: decoder.decode(bodyOfLine(line), enqueuedTimeMs),
  }));
}

/** As a worker that estimates tokens decodes them. */
export async function estimatedLines(corpusCase: CorpusCase): Promise<DecodedLine[]> {
  const isCommaJoined = corpusCase.folder === apimCommaJoinedShape.name;
  const lines = decodeLines(isCommaJoined ? commaJoinedDecoder : estimatingDecoder, corpusCase.lines);
  return Promise.all(lines.map(async ({line, records}) => ({line, records: await estimateRecords(records)})));
}

export async function describeCase(corpusCase: CorpusCase): Promise<DescribedRecord[]> {
  return describeDecoded(await estimatedLines(corpusCase));
}
