import {expect, test} from 'vitest';
import {NewShare} from './new-share.ts';

test('reading comes first until several documents in a row were new, and again once several were not', () => {
  const share = new NewShare();
  expect(share.isLikely).toBe(false);
  for (let n = 0; n < 7; n++) share.learn(true);
  expect(share.isLikely).toBe(true);
  for (let n = 0; n < 7; n++) share.learn(false);
  expect(share.isLikely).toBe(false);
});
