import fc from 'fast-check';
import {expect, test} from 'vitest';
import {noonMs} from '../event-fixture.ts';
import {documentTarget} from '../fold/document-target.ts';
import {isRefreshDue} from './refresh.ts';

const refreshMs = 60_000;

test('a document is due exactly once in each refresh, however the commits lie', () => {
  const steps = fc.array(fc.integer({min: 1, max: refreshMs}), {minLength: 1, maxLength: 200});
  fc.assert(
    fc.property(fc.string(), steps, (id, list) => {
      let previousMs = noonMs;
      let due = 0;
      for (const step of list) {
        const nowMs = previousMs + step;
        if (isRefreshDue({id, refreshMs, previousMs, nowMs})) due += 1;
        previousMs = nowMs;
      }
      const refreshes = (previousMs - noonMs) / refreshMs;
      expect(due).toBeGreaterThanOrEqual(Math.floor(refreshes));
      expect(due).toBeLessThanOrEqual(Math.ceil(refreshes));
    }),
  );
});

test('commits that come late bring what fell due meanwhile', () => {
  expect(isRefreshDue({id: 'x', refreshMs, previousMs: noonMs, nowMs: noonMs + refreshMs})).toBe(true);
  expect(isRefreshDue({id: 'x', refreshMs, previousMs: noonMs, nowMs: noonMs + 50 * refreshMs})).toBe(true);
});

test('documents are spread over the commits of one refresh', () => {
  const tickMs = 6_000;
  const perTick = Array.from({length: 10}, () => 0);
  for (let n = 0; n < 1_000; n++) {
    const dimensions = [`region-${n}`, ...Array.from({length: 7}, () => 'all')];
    const {id} = documentTarget({view: 'v', grain: '1h', windowStartMs: noonMs, dimensions}, 1);
    for (let tick = 0; tick < 10; tick++) {
      const previousMs = noonMs + tick * tickMs;
      if (isRefreshDue({id, refreshMs, previousMs, nowMs: previousMs + tickMs})) perTick[tick]! += 1;
    }
  }
  expect(perTick.reduce((a, b) => a + b)).toBe(1_000);
  expect(Math.min(...perTick)).toBeGreaterThan(60);
  expect(Math.max(...perTick)).toBeLessThan(140);
});

test('without a refresh, and at the first commit after a recovery, everything is due', () => {
  expect(isRefreshDue({id: 'x', refreshMs: 0, previousMs: noonMs, nowMs: noonMs})).toBe(true);
  expect(isRefreshDue({id: 'x', refreshMs: 86_400_000, previousMs: 0, nowMs: noonMs})).toBe(true);
});
