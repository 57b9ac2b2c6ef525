import {expect, test} from 'vitest';
import {partitionOfKey} from './partition-key.ts';

// Computed by the SDK's buffered producer, which must agree with the service.
test.each([
  ['7', 31],
  ['test', 4],
  ['7149583486996073602', 17],
  ['alphabet', 22],
  ['東京', 6],
  ['a-much-longer-partition-key', 14],
])('the key %s goes to partition %i of 32', (key, partition) => {
  expect(partitionOfKey(key, 32)).toBe(partition);
});

test('keys spread over the partitions', () => {
  const counts = [0, 0, 0, 0];
  for (let n = 0; n < 4000; n += 1) {
    const partition = partitionOfKey(`request-${n}`, 4);
    counts[partition] = (counts[partition] ?? 0) + 1;
  }
  expect(Math.min(...counts)).toBeGreaterThan(800);
});
