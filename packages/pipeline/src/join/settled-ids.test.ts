import {expect, test} from 'vitest';
import {SettledIds} from './settled-ids.ts';

test('an id is remembered for at least a horizon, and not for ever', () => {
  const ids = new SettledIds({horizonMs: 100, idsMax: 1_000});
  ids.add('a', 0);
  ids.add('b', 99);
  expect([ids.has('a'), ids.has('b'), ids.has('c')]).toEqual([true, true, false]);
  ids.add('c', 150);
  expect(ids.has('a')).toBe(true);
  ids.add('d', 260);
  expect([ids.has('a'), ids.has('c'), ids.has('d')]).toEqual([false, true, true]);
});

test('the newest half of the bound is always remembered', () => {
  const ids = new SettledIds({horizonMs: 1e9, idsMax: 10});
  for (let n = 0; n < 100; n++) {
    ids.add(String(n), n);
    for (let newer = Math.max(0, n - 4); newer <= n; newer++) expect(ids.has(String(newer))).toBe(true);
  }
  expect(ids.has('0')).toBe(false);
});
