import {describe, expect, test} from 'vitest';

import {readCount, readRemaining, readRequestId, readStatus, readStream, unreadable} from './fields.ts';
import {MissingFields} from './missing-fields.ts';

/** What a reader makes of a value, and what it says is missing. */
function reading<T>(read: (missing: MissingFields) => T): {value: T; missing: readonly string[]} {
  const missing = new MissingFields();
  return {value: read(missing), missing: missing.list()};
}

describe('a request id', () => {
  test.each([
    ['3f6e2a10-0000-4000-8000-0000000000aa', '3f6e2a10-0000-4000-8000-0000000000aa'],
    [' 3F6E2A10-AA\t', '3f6e2a10-aa'],
    ['564', '564'],
    ['a'.repeat(128), 'a'.repeat(128)],
  ])('is trimmed and lower-cased: %j', (raw, id) => {
    expect(reading((missing) => readRequestId(raw, missing))).toEqual({value: id, missing: []});
  });

  test.each(['a'.repeat(129), 'a b', 'a_b', "x' or 1==1", 'ä', '\u212a', 'a,b', ' '.repeat(100_000) + 'a'])(
    'of other characters or lengths is missing (%#)',
    (raw) => {
      expect(reading((missing) => readRequestId(raw, missing))).toEqual({
        value: undefined,
        missing: ['requestId'],
      });
    },
  );

  test.each([undefined, null, '', '  ', 'Not-Set', 'NA', 'unknown'])('is missing where it says %j', (raw) => {
    expect(reading((missing) => readRequestId(raw, missing))).toEqual({
      value: undefined,
      missing: ['requestId'],
    });
  });

  test.each([564, true, {}, ['a']])('that is no text is unreadable: %j', (raw) => {
    expect(reading((missing) => readRequestId(raw, missing)).value).toBe(unreadable);
  });
});

describe('a status', () => {
  test.each([
    [200, 200],
    ['429', 429],
    [' 503 ', 503],
    [100, 100],
    [599, 599],
  ])('is read from %j', (raw, status) => {
    expect(reading((missing) => readStatus(raw, missing))).toEqual({value: status, missing: []});
  });

  test.each([undefined, null, '', ' '])('may be absent: %j', (raw) => {
    expect(reading((missing) => readStatus(raw, missing))).toEqual({value: undefined, missing: ['status']});
  });

  test.each(['oops', '200 OK', '2e2', 99, 600, 0, -1, 200.5, true, {}, [200]])('is unreadable: %j', (raw) => {
    expect(reading((missing) => readStatus(raw, missing)).value).toBe(unreadable);
  });
});

describe('a stream flag', () => {
  test.each([
    [true, true],
    [false, false],
    ['true', true],
    ['False', false],
  ])('is read from %j', (raw, stream) => {
    expect(reading((missing) => readStream(raw, missing))).toEqual({value: stream, missing: []});
  });

  test('that is absent is no fault; any other value is missing', () => {
    for (const raw of [undefined, null, '']) {
      expect(reading((missing) => readStream(raw, missing))).toEqual({value: undefined, missing: []});
    }
    for (const raw of [1, 'yes', {}]) {
      expect(reading((missing) => readStream(raw, missing))).toEqual({value: undefined, missing: ['stream']});
    }
  });
});

describe('a count', () => {
  test.each([
    [0, 0],
    [-0, 0],
    [398, 398],
    ['398', 398],
    [' 7 ', 7],
    [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  ])('is read from %j', (raw, count) => {
    expect(reading((missing) => readCount(raw, 'promptTokens', missing))).toEqual({
      value: count,
      missing: [],
    });
  });

  test.each([-1, 1.5, 2 ** 53, 1e300, '1.5', '-1', 'many', '9'.repeat(40), true, {}, [], Number.NaN])(
    'that cannot be is missing: %j',
    (raw) => {
      expect(reading((missing) => readCount(raw, 'promptTokens', missing))).toEqual({
        value: undefined,
        missing: ['promptTokens'],
      });
    },
  );
});

test('quota left is absent where the gateway wrote that there was no header', () => {
  for (const raw of ['-1', -1, 'Not-Set', '', null, undefined]) {
    expect(reading((missing) => readRemaining(raw, 'remainingTokens', missing))).toEqual({
      value: undefined,
      missing: [],
    });
  }
  expect(reading((missing) => readRemaining('59', 'remainingTokens', missing)).value).toBe(59);
  expect(reading((missing) => readRemaining('-2', 'remainingTokens', missing)).missing).toEqual([
    'remainingTokens',
  ]);
});

test('records without a missing field share one frozen list', () => {
  const {missing} = reading((fields) => readCount(1, 'promptTokens', fields));
  expect(missing).toBe(new MissingFields().list());
  expect(Object.isFrozen(missing)).toBe(true);
});

test('a field is named once', () => {
  const missing = new MissingFields();
  readCount('x', 'totalTokens', missing);
  readCount('y', 'totalTokens', missing);
  expect(missing.list()).toEqual(['totalTokens']);
});
