import {expect, test} from 'vitest';
import {longerBuffer, release} from './flat-array.ts';

test('a longer array keeps its elements and leaves no bytes behind', () => {
  const old = Int32Array.of(1, 2, 3);
  const longer = new Int32Array(longerBuffer(old, 5));
  expect([...longer]).toEqual([1, 2, 3, 0, 0]);
  expect(old.buffer.detached).toBe(true);
});

test('a released array holds nothing', () => {
  const array = Float64Array.of(1, 2);
  release(array);
  expect(array.length).toBe(0);
  expect(array.buffer.detached).toBe(true);
});
