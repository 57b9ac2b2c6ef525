import {describe, expect, test} from 'vitest';

import {parseFieldPath, valueAt} from './field-path.ts';

describe('a path', () => {
  test.each([
    ['id', ['id']],
    ['headers.apim-request-id', ['headers', 'apim-request-id']],
    ['attempts[0].status', ['attempts', 0, 'status']],
    ['["Usage.Total_Tokens"]', ['Usage.Total_Tokens']],
    ['a["b c"][2]', ['a', 'b c', 2]],
  ])('%s is taken apart', (text, path) => {
    expect(parseFieldPath(text)).toEqual(path);
  });

  test.each([
    '',
    '.a',
    'a.',
    'a..b',
    'a[',
    'a[x]',
    'a["b]',
    'a b',
    'a[0]b',
    'a.b.c.d.e.f.g.h.i',
    'x'.repeat(257),
  ])('that is none is refused: %j', (text) => {
    expect(parseFieldPath(text)).toBeUndefined();
  });
});

function at(object: unknown, text: string): unknown {
  return valueAt(object, parseFieldPath(text)!);
}

test('a value is found by its exact name, else in any case', () => {
  expect(at({Id: 1, id: 2}, 'id')).toBe(2);
  expect(at({headers: {'X-Ms-Region': 'a'}}, 'headers.x-ms-region')).toBe('a');
  expect(at({A: {b: [{C: 3}]}}, 'a.b[0].c')).toBe(3);
});

test('where the path leads nowhere there is nothing', () => {
  for (const path of ['b', 'a.b', 'a[0]', 'a.b.c', 'toString', 'constructor.name', '__proto__']) {
    expect(at({a: 5}, path)).toBeUndefined();
  }
});
