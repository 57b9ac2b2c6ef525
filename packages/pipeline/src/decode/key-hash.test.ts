import {createHash} from 'node:crypto';

import {expect, test} from 'vitest';

import {consumerOfKey} from './key-hash.ts';
import {MissingFields} from './missing-fields.ts';

test('a key becomes its SHA-256 in hex', () => {
  const key = '0123456789abcdef0123456789abcdef';
  const expected = createHash('sha256').update(key).digest('hex');
  expect(consumerOfKey(key, new MissingFields())).toBe(expected);
});

test('an absent key is no consumer, and one that is no text is missing', () => {
  const missing = new MissingFields();
  for (const absent of [undefined, null, '', ' ']) expect(consumerOfKey(absent, missing)).toBeUndefined();
  expect(missing.list()).toEqual([]);
  expect(consumerOfKey({primary: 'k'}, missing)).toBeUndefined();
  expect(missing.list()).toEqual(['consumer']);
});
