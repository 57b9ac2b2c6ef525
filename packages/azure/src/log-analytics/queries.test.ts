import {array, assert, integer, property} from 'fast-check';
import {expect, test} from 'vitest';

import {clockQuery, idsPerQueryMax, idsQuery, sharesMax, sliceQuery, stringLiteral} from './queries.ts';

const fromMs = Date.parse('2024-05-17T12:00:00.000Z');
const toMs = fromMs + 15_000;

test('a slice is half-open in ingestion time, and wider in TimeGenerated', () => {
  const {text, timespan} = sliceQuery({fromMs, toMs});
  expect(text).toContain('let lo = datetime(2024-05-17T12:00:00.000Z);');
  expect(text).toContain('| where TimeGenerated between ((lo - 1d) .. (hi + 1h))');
  expect(text).toContain('| where ingestion_time() >= lo and ingestion_time() < hi');
  expect(text).not.toContain('hash(');
  expect(timespan).toEqual({
    startTime: new Date('2024-05-16T11:59:00.000Z'),
    endTime: new Date('2024-05-17T13:01:15.000Z'),
  });
});

test('a share is one of so many parts by a hash of the id', () => {
  expect(sliceQuery({fromMs, toMs, share: {index: 3, of: 4}}).text).toContain(
    '| where hash(CorrelationId, 4) == 3',
  );
});

test.each([
  {index: 4, of: 4},
  {index: -1, of: 4},
  {index: 0.5, of: 4},
  {index: 0, of: 0},
  {index: 0, of: sharesMax + 1},
  {index: Number.NaN, of: 4},
])('the impossible share %j is a bug', (share) => {
  expect(() => sliceQuery({fromMs, toMs, share})).toThrow(/share/);
});

test('times that are no whole milliseconds or run backwards are a bug', () => {
  expect(() => sliceQuery({fromMs: Number.NaN, toMs})).toThrow(/ends after/);
  expect(() => sliceQuery({fromMs: fromMs + 0.5, toMs})).toThrow(/whole/);
  expect(() => sliceQuery({fromMs: toMs, toMs: fromMs})).toThrow(/ends after/);
  expect(() => idsQuery({ids: ['a'], fromMs: toMs, toMs: fromMs})).toThrow(/ends after/);
});

test.each([
  'a") or ("a" == "a',
  'a"',
  String.raw`a\"`,
  'a\n| take 1',
  'A-B',
  ' a',
  'a ',
  '',
  'a'.repeat(129),
  'ä',
  'a\u2028',
  'a\0',
])('the id %j is refused before a query is built', (id) => {
  expect(() => idsQuery({ids: ['fine', id], fromMs, toMs})).toThrow(/not validated/);
});

test('a query names at least one id and at most 5,000', () => {
  const ids = Array.from({length: idsPerQueryMax + 1}, (_, index) => `id-${index}`);
  expect(() => idsQuery({ids: [], fromMs, toMs})).toThrow(/1 to 5000/);
  expect(() => idsQuery({ids, fromMs, toMs})).toThrow(/1 to 5000/);
  expect(idsQuery({ids: ids.slice(1), fromMs, toMs}).text.length).toBeLessThan(200_000);
});

test('no text can end the literal it is written into', () => {
  assert(
    property(array(integer({min: 0, max: 0xffff})), (units) => {
      const text = String.fromCharCode(...units);
      const literal = stringLiteral(text);
      expect(literal).toMatch(/^"(?:[^"\\\n\r\u2028\u2029]|\\.)*"$/);
      const read = literal.slice(1, -1).replace(/\\(?:u([0-9a-f]{4})|(.))/g, (_all, code, kept) => {
        return typeof code === 'string' ? String.fromCharCode(Number.parseInt(code, 16)) : String(kept);
      });
      expect(read).toBe(text);
    }),
  );
});

test('the clock is asked without a table', () => {
  expect(clockQuery().text).toBe('print serverNow = now()');
});
