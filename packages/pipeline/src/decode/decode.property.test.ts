import {gzipSync} from 'node:zlib';

import * as fc from 'fast-check';
import {expect, test} from 'vitest';

import {builtInShapes, createDecoder, deadLetterReasons, describeMalformed, recordsMax} from './decode.ts';
import type {DecodedRecord, GatewayEvent} from './decode.ts';

const decoder = createDecoder({shapes: builtInShapes});
const enqueuedTimeMs = Date.UTC(2024, 4, 17, 12);

const fields = [
  'schemaVersion',
  'requestId',
  'timestamp',
  'status',
  'statusCode',
  'stream',
  'usage',
  'headers',
  'model',
  'appId',
  'weirSchema',
  'apimRequestId',
  'region',
  'totalTokens',
  'records',
  '__proto__',
  'toString',
];
const plausible = fc.constantFrom<unknown>(
  'a-1',
  'A-2 ',
  200,
  '429',
  '2024-05-17T12:00:32.396Z',
  '5/24/2024 2:45:56 PM',
  1_716_561_956,
  true,
  'false',
  {prompt_tokens: 1, completion_tokens: '2', total_tokens: -3},
  {input_tokens: 1, input_tokens_details: {cached_tokens: 1}},
  {'x-ms-region': 'East US', 'X-RateLimit-Remaining-Tokens': ['', '5']},
  {'apim-request-id': 'a,b'},
  [],
  [{requestId: 'a', headers: {}}],
);
const object = fc.dictionary(fc.constantFrom(...fields), fc.oneof(plausible, fc.jsonValue()));
const element = fc.oneof(
  {weight: 4, arbitrary: object},
  fc.jsonValue(),
  object.map((value) => JSON.stringify(value)),
);
const document = fc.oneof(
  object,
  fc.array(element),
  fc.array(element).map((records) => ({records})),
  object.map((value) => JSON.stringify(value)),
);
const text = fc.oneof(
  document.map((value) => JSON.stringify(value)),
  fc.array(document, {minLength: 1}).map((lines) => lines.map((line) => JSON.stringify(line)).join('\n')),
);
/** Documents, and documents with a piece replaced by noise or cut off. */
const mutated = fc
  .tuple(text, fc.nat(), fc.nat({max: 20}), fc.string({maxLength: 5}))
  .map(([whole, at, length, noise]) => {
    const start = at % (whole.length + 1);
    return whole.slice(0, start) + noise + whole.slice(start + length);
  });

function isWellTyped(record: DecodedRecord): boolean {
  if (record.kind === 'event') return isEventWellTyped(record.event);
  if (record.kind === 'skipped') return true;
  return deadLetterReasons.includes(record.reason) && describeMalformed(record).length < 500;
}

function isEventWellTyped(event: GatewayEvent): boolean {
  const counts = [
    event.promptTokens,
    event.completionTokens,
    event.totalTokens,
    event.cachedTokens,
    event.reasoningTokens,
    event.remainingRequests,
    event.remainingTokens,
  ];
  const dimensions = [event.region, event.deployment, event.model, event.consumer, event.product];
  return (
    (event.requestId === undefined || /^[0-9a-z-]{1,128}$/.test(event.requestId)) &&
    Number.isSafeInteger(event.eventTimeMs) &&
    /^[a-z0-9-]{1,64}$/.test(event.region) &&
    dimensions.every((dimension) => dimension.length > 0 && dimension.length <= 128) &&
    (event.status === undefined ||
      (Number.isInteger(event.status) && event.status >= 100 && event.status <= 599)) &&
    (event.stream === undefined || typeof event.stream === 'boolean') &&
    counts.every((count) => count === undefined || (Number.isSafeInteger(count) && count >= 0)) &&
    (event.tokenSource === 'reported') === counts.slice(0, 5).some((count) => count !== undefined) &&
    new Set(event.missing).size === event.missing.length
  );
}

function decode(body: unknown): readonly DecodedRecord[] {
  return decoder.decode(body, enqueuedTimeMs);
}

/** What is wrong with the records of a body: none at all, too many, or some that are not what their types say. */
function faults(records: readonly DecodedRecord[]): readonly (DecodedRecord | string)[] {
  if (records.length === 0) return ['no record'];
  if (records.length > recordsMax + 1) return ['too many records'];
  return records.filter((record) => !isWellTyped(record));
}

test('any bytes are decoded without an exception', () => {
  fc.assert(
    fc.property(fc.uint8Array({maxLength: 200}), (bytes) => {
      expect(faults(decode(bytes))).toEqual([]);
    }),
    {numRuns: 2_000},
  );
});

test('any value of AMQP is decoded without an exception', () => {
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withTypedArray: true,
    withNullPrototype: true,
  });
  fc.assert(
    fc.property(anything, (value) => {
      expect(faults(decode(value))).toEqual([]);
    }),
    {numRuns: 1_000},
  );
});

test('documents, whole or damaged, give well-typed records', () => {
  fc.assert(
    fc.property(fc.oneof(text, mutated), (body) => {
      expect(faults(decode(body))).toEqual([]);
    }),
    {numRuns: 4_000},
  );
});

test('bytes, text, gzip and value of one document give the same records', () => {
  const plain = document.filter((value) => typeof value !== 'string');
  fc.assert(
    fc.property(plain, (value) => {
      const body = JSON.stringify(value);
      const records = decode(body);
      expect(faults(records)).toEqual([]);
      expect(decode(Buffer.from(body))).toEqual(records);
      expect(decode(gzipSync(body))).toEqual(records);
      expect(decode(JSON.parse(body))).toEqual(records);
    }),
    {numRuns: 500},
  );
});

test('a body whose pieces repeat without end is decoded in linear time', () => {
  const pieces = [
    '{',
    '[',
    '"',
    '\\',
    '\n',
    '{\n',
    '}\n{',
    '{"a":',
    '[[',
    '"\\"',
    ' ',
    '{}\n',
    'x\n',
    ',',
    '{"records":[',
  ];
  for (const piece of pieces) {
    const body = piece.repeat(1_000_000 / piece.length);
    const startedAt = performance.now();
    expect(faults(decode(body))).toEqual([]);
    expect(faults(decode(Buffer.from(`{"requestId":"${body}`)))).toEqual([]);
    // Quadratic work on a megabyte would take minutes.
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  }
});
