import {
  apimCommaJoinedShape,
  bodyOfLine,
  builtInShapes,
  createDecoder,
  describeDecoded,
  recordsMax,
} from '@weir/pipeline';
import * as fc from 'fast-check';
import {expect, test} from 'vitest';

import {enqueuedTimeMs, readCorpus} from './corpus.ts';

/** With everything that can be asked for, so that all of the code is reached. */
const decoder = createDecoder({shapes: builtInShapes, textShapes: [apimCommaJoinedShape], texts: 'kept'});
const bodies = readCorpus().flatMap(({lines}) => lines.map((line) => Buffer.from(bodyOfLine(line))));

/** Values that break readers of other kinds of values. */
const junk = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(
    -1,
    1e308,
    '2024-02-30T00:00:00Z',
    'NA',
    'a,b',
    ['', null, 'x'],
    {'apim-request-id': [1], 'x-ms-region': {}},
    {prompt_tokens: [], completion_tokens_details: 7},
    'data: {"usage":{}}\n\ndata: {"choices":[null]}\n\ndata: [DONE]',
    '{"choices":[{"message":{"content":[null,{"text":7}]}}]}',
    '[{"role":"user","content":[{}]},{"role":7}]',
    '\ud800',
  ),
);

/** One value of a document, however deep, replaced, removed or moved to another key. */
function mutate(value: unknown, choices: readonly number[], replacement: unknown): unknown {
  const [choice = 0, ...rest] = choices;
  if (Array.isArray(value) && value.length > 0 && rest.length > 0) {
    return value.with(choice % value.length, mutate(value[choice % value.length], rest, replacement));
  }
  if (typeof value !== 'object' || value === null || rest.length === 0) return replacement;
  const entries = Object.entries(value);
  if (entries.length === 0) return replacement;
  const at = choice % entries.length;
  const [key, inner] = entries[at]!;
  const how = choice % 5;
  if (how === 0) return Object.fromEntries(entries.toSpliced(at, 1));
  if (how === 1) return Object.fromEntries(entries.with(at, [entries[(at + 1) % entries.length]![0], inner]));
  return Object.fromEntries(entries.with(at, [key, mutate(inner, rest, replacement)]));
}

const parsed = bodies.flatMap((body) => {
  try {
    return [JSON.parse(body.toString()) as unknown];
  } catch {
    // Those that are no JSON are mutated as bytes.
    return [];
  }
});
const mutatedDocument = fc
  .tuple(fc.constantFrom(...parsed), fc.array(fc.nat(), {minLength: 2, maxLength: 4}), junk)
  .map(([document, choices, replacement]) => mutate(document, choices, replacement));
const mutatedBytes = fc
  .tuple(fc.constantFrom(...bodies), fc.nat(), fc.nat({max: 30}), fc.uint8Array({maxLength: 6}))
  .map(([body, at, length, noise]) => {
    const start = at % (body.length + 1);
    return Buffer.concat([body.subarray(0, start), noise, body.subarray(start + length)]);
  });

/** Decodes and describes; neither may throw, and every record leaves a trace. */
function outcomesOf(body: unknown): number {
  const records = decoder.decode(body, enqueuedTimeMs);
  const described = describeDecoded([{line: 1, records}]);
  return described.length === 0 || records.length > recordsMax + 1 ? 0 : described.length;
}

test('a document whose values are replaced, removed or swapped is decoded without an exception', () => {
  fc.assert(
    fc.property(mutatedDocument, (document) => {
      expect(outcomesOf(document)).toBeGreaterThan(0);
      expect(outcomesOf(Buffer.from(JSON.stringify(document)))).toBeGreaterThan(0);
    }),
    {numRuns: 6_000},
  );
});

test('a document whose bytes are damaged is decoded without an exception', () => {
  fc.assert(
    fc.property(mutatedBytes, (body) => {
      expect(outcomesOf(body)).toBeGreaterThan(0);
    }),
    {numRuns: 6_000},
  );
});

test('a document with a megabyte in any one of its fields is decoded in linear time', () => {
  const pieces = [
    'data: {"usage":null}\n',
    '"usage"',
    '/deployments/',
    ',',
    'data:',
    '{"choices":[',
    ' ',
    '1',
  ];
  const size = 1_000_000;
  let slowestMs = 0;
  for (const document of parsed) {
    if (typeof document !== 'object' || document === null || Array.isArray(document)) continue;
    for (const [n, key] of Object.keys(document).entries()) {
      const piece = pieces[n % pieces.length]!;
      const body = {...document, [key]: piece.repeat(size / piece.length)};
      const startedAt = performance.now();
      decoder.decode(body, enqueuedTimeMs);
      slowestMs = Math.max(slowestMs, performance.now() - startedAt);
    }
  }
  // Quadratic work on a megabyte would take minutes.
  expect(slowestMs).toBeLessThan(2_000);
});
