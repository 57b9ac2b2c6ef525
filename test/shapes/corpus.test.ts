import {
  apimCommaJoinedShape,
  builtInShapes,
  eventFields,
  withoutTokens,
  type DecodedRecord,
} from '@weir/pipeline';
import {describe, expect, test} from 'vitest';

import {decodeLines, describeCase, enqueuedTimeMs, plainDecoder, readCorpus} from './corpus.ts';

const corpus = readCorpus();
const named = corpus.map((corpusCase) => [`${corpusCase.folder}/${corpusCase.name}`, corpusCase] as const);

describe('the corpus is decoded as expected', () => {
  test.each(named)('%s', async (_, corpusCase) => {
    expect(await describeCase(corpusCase)).toEqual(corpusCase.expected);
  });
});

test('every shape has its documents', () => {
  const folders = new Set(corpus.map(({folder}) => folder));
  const shapes = [...builtInShapes, apimCommaJoinedShape].map(({name}) => name);
  expect(shapes.filter((name) => !folders.has(name))).toEqual([]);
});

/** Objects of the corpus that were written for a shape of this name. */
const objects = corpus
  .filter(({folder}) => builtInShapes.some(({name}) => name === folder))
  .flatMap(({folder, name, lines, expected}) =>
    lines
      .map((line): unknown => JSON.parse(line))
      .filter((value) => typeof value === 'object' && value !== null && !('$base64' in value))
      .map((value) => ({
        folder: expected.length === 1 && expected[0]!.shape !== null ? expected[0]!.shape : folder,
        name,
        object: value as Record<string, unknown>,
      })),
  )
  // This one shows on purpose that two shapes may have one id.
  .filter(({name}) => name !== 'same-id-as-another-shape');

describe('detection confuses no two shapes', () => {
  test.each(builtInShapes.map((shape) => [shape.name, shape] as const))(
    '%s takes its own documents and no others',
    (name, shape) => {
      const taken = objects.filter(({object}) => shape.recognise(object));
      // A sum over an hour has all the fields of a usage record; its own shape comes first.
      const isAlsoASum = ({folder}: {folder: string}): boolean =>
        name === 'ai-hub-usage' && folder === 'ai-hub-hourly-usage';
      expect(taken.filter((document) => document.folder !== name && !isAlsoASum(document))).toEqual([]);
      expect(taken.filter(({folder}) => folder === name)).toEqual(
        objects.filter(({folder}) => folder === name),
      );
      expect(taken.length).toBeGreaterThan(0);
    },
  );
});

test('a shape lacks what it says it lacks, and nothing else', () => {
  for (const shape of builtInShapes.filter(({tells}) => tells !== 'nothing')) {
    const events = corpus
      .flatMap(({expected}) => expected)
      .flatMap((record) => (record.shape === shape.name && record.event !== null ? [record.event] : []));
    const absent = eventFields.filter((field) => events.every((event) => event[field] === null));
    expect({shape: shape.name, lacks: [...shape.lacks].sort()}).toEqual({
      shape: shape.name,
      lacks: absent.sort(),
    });
  }
});

test('no key of a caller is in what is decoded', () => {
  const key = '0123456789abcdef0123456789abcdef';
  const withKey = corpus.filter(({lines}) => lines.some((line) => line.includes(key)));
  expect(withKey.length).toBeGreaterThan(5);
  for (const {lines} of withKey) {
    expect(JSON.stringify(decodeLines(plainDecoder, lines))).not.toContain(key);
  }
});

test('what is printed quotes nothing of a body that is no event', async () => {
  const letters = corpus.flatMap(({expected}) => expected).filter(({outcome}) => outcome === 'deadLetter');
  expect(letters.length).toBeGreaterThan(20);
  const secret = 'secret-0815';
  for (const {lines} of corpus) {
    // A secret as text and as key in each of the document's values, which makes most of them unreadable.
    const spoiled = lines.map((line) => line.replace(/:[^,{}[\]]+,/, `:{"${secret}":"${secret}"},`));
    const printed = await describeCase({folder: '', name: '', lines: spoiled, expected: []});
    expect(JSON.stringify(printed)).not.toContain(secret);
  }
});

describe('a torn document counts where an id or a region stood before the tear, and nowhere else', () => {
  const cutAt = 200_000;
  test.each(objects.map((document) => [`${document.folder}/${document.name}`, document] as const))(
    '%s',
    (_, {folder, object}) => {
      const whole = Buffer.from(JSON.stringify({...object, padding: 'x'.repeat(cutAt)}));
      const [record] = plainDecoder.decode(Buffer.from(JSON.stringify(object)), enqueuedTimeMs);
      expect(plainDecoder.decode(whole.subarray(0, cutAt), enqueuedTimeMs)).toEqual([
        tornFrom(record!, folder),
      ]);
    },
  );
});

/** What is left of a record when its document is torn behind all of its fields. */
function tornFrom(record: DecodedRecord, shape: string): DecodedRecord {
  if (record.kind === 'skipped') return record;
  if (record.kind === 'malformed') return {kind: 'malformed', reason: 'truncated', shape};
  const {event, part} = record;
  if (event.requestId === undefined && event.region === 'unknown' && part === undefined) {
    return {kind: 'malformed', reason: 'truncated', shape};
  }
  const {event: torn} = withoutTokens(record);
  return {...record, event: {...torn, missing: [...torn.missing, 'truncated']}};
}
