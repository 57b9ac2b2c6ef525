import * as fc from 'fast-check';
import {describe, expect, test} from 'vitest';

import {readTornJson} from './torn-json.ts';

describe('a torn text keeps its whole values', () => {
  test.each([
    ['{', '{}', 1],
    ['[', '[]', 1],
    ['{"a', '{}', 1],
    ['{"a"', '{}', 1],
    ['{"a":', '{}', 1],
    ['{"a":1', '{}', 1],
    ['{"a":1,', '{"a":1}', 1],
    ['{"a":"x', '{}', 1],
    ['{"a":"x\\', '{}', 1],
    ['{"a":"x\\"', '{}', 1],
    ['{"a":"\\u00', '{}', 1],
    ['{"a":"x\\\\"', '{"a":"x\\\\"}', 1],
    ['{"a":tru', '{}', 1],
    ['{"a":{"b":[1,2', '{"a":{"b":[1]}}', 3],
    ['{"a":{"b":[1,2]},"c":{', '{"a":{"b":[1,2]},"c":{}}', 2],
    [' [{"a":1},{"b', ' [{"a":1},{}]', 2],
    ['[{"a":1}', '[{"a":1}]', 1],
    ['[-', '[]', 1],
  ])('%s', (text, repaired, depth) => {
    expect(readTornJson(text)).toEqual({repaired, depth});
  });
});

describe('any other text is not torn', () => {
  test.each([
    '',
    ' ',
    'health probe ok',
    '<html>',
    '"a',
    '12',
    '{}',
    '{"a":1}',
    '{"a":1} x',
    "{'single':'quotes'}",
    '[object Object]',
    '[object',
    '{"a" 1',
    '{"a":1 "b',
    '{"a":1]',
    '[1}',
    '{,',
    '[,',
    '{"a":1,}',
    '[:',
    '["a":',
    '{"a":,',
    '{1',
    '{"a":\u0001',
    '['.repeat(1_001),
  ])('%s', (text) => {
    expect(readTornJson(text)).toBeUndefined();
  });
});

test('every proper beginning of a document is torn, and what is kept of it parses', () => {
  const document = fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue()));
  fc.assert(
    fc.property(document, fc.nat(), (value, cut) => {
      const text = JSON.stringify(value);
      const torn = readTornJson(text.slice(0, 1 + (cut % (text.length - 1))));
      expect(torn).toBeDefined();
      expect(Array.isArray(JSON.parse(torn!.repaired))).toBe(Array.isArray(value));
    }),
  );
});

test('backslashes without end are read once', () => {
  const text = `{"a":"${'\\'.repeat(2_000_000)}`;
  expect(readTornJson(text)).toEqual({repaired: '{}', depth: 1});
});
