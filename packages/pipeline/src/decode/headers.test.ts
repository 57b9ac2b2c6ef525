import {expect, test} from 'vitest';

import {firstHeaderValue, headerOf, lastHeaderValue} from './headers.ts';

test('a header is found in any case, the lower-case one first', () => {
  expect(headerOf({'x-ms-region': 'a'}, 'x-ms-region')).toBe('a');
  expect(headerOf({'X-Ms-Region': 'a'}, 'x-ms-region')).toBe('a');
  expect(headerOf({'X-MS-REGION': 'b', 'x-ms-region': 'a'}, 'x-ms-region')).toBe('a');
  expect(headerOf({'x-ms-regions': 'a'}, 'x-ms-region')).toBeUndefined();
});

test('only own keys are headers', () => {
  const inherited: Record<string, unknown> = Object.create({'X-Ms-Region': 'a'});
  expect(headerOf(inherited, 'x-ms-region')).toBeUndefined();
});

test('a map of too many names is not searched to its end', () => {
  const map = Object.fromEntries(Array.from({length: 1_000}, (_, n) => [`h${n}`, '']));
  expect(headerOf({...map, 'X-Ms-Region': 'a'}, 'x-ms-region')).toBeUndefined();
  expect(headerOf({'X-Ms-Region': 'a', ...map}, 'x-ms-region')).toBe('a');
});

test('of several values the first or the last that is not empty is taken', () => {
  expect(firstHeaderValue('a')).toBe('a');
  expect(firstHeaderValue(', a,b')).toBe(' a');
  expect(firstHeaderValue(['', null, 'a', 'b'])).toBe('a');
  expect(lastHeaderValue(['a', 'b', ''])).toBe('b');
  expect(lastHeaderValue('a,b, ')).toBe('b');
  expect(lastHeaderValue(['a', 'b,c'])).toBe('c');
  expect(firstHeaderValue([])).toBeUndefined();
  expect(firstHeaderValue(',')).toBeUndefined();
});

test('what is no text is left for its reader to judge', () => {
  expect(firstHeaderValue(59)).toBe(59);
  expect(firstHeaderValue([59])).toBe(59);
  expect(lastHeaderValue({})).toEqual({});
});

test('a huge text is not taken apart', () => {
  const text = 'a,'.repeat(100_000);
  expect(firstHeaderValue(text)).toBe(text);
});
