import fc from 'fast-check';
import {expect, test} from 'vitest';
import {tumblingWindow, windowStartMs} from './tumbling-window.ts';
import {grainMs, grains} from './view.ts';

const time = fc.integer({min: -1e13, max: 1e13});
const size = fc.constantFrom(...grains.map((grain) => grainMs[grain]));

test('an event on the boundary belongs to the window that starts there', () => {
  expect(tumblingWindow({eventTimeMs: 600_000, sizeMs: 300_000})).toEqual({startMs: 600_000, endMs: 900_000});
  expect(tumblingWindow({eventTimeMs: 599_999, sizeMs: 300_000})).toEqual({startMs: 300_000, endMs: 600_000});
});

test('a time before 1970 belongs to the window that begins before it', () => {
  expect(tumblingWindow({eventTimeMs: -1, sizeMs: 300_000})).toEqual({startMs: -300_000, endMs: 0});
  expect(tumblingWindow({eventTimeMs: -300_000, sizeMs: 300_000}).startMs).toBe(-300_000);
});

test('every time lies in exactly one window, aligned to the epoch in UTC', () => {
  fc.assert(
    fc.property(time, size, (eventTimeMs, sizeMs) => {
      const {startMs, endMs} = tumblingWindow({eventTimeMs, sizeMs});
      expect(startMs <= eventTimeMs && eventTimeMs < endMs).toBe(true);
      expect(endMs - startMs).toBe(sizeMs);
      expect(startMs / sizeMs).toBe(Math.floor(startMs / sizeMs));
    }),
  );
});

test('windows nest: the start of the finer window lies in the same coarser one', () => {
  fc.assert(
    fc.property(time, (eventTimeMs) => {
      for (const [finer, coarser] of [
        ['5m', '1h'],
        ['1h', '1d'],
        ['5m', '1d'],
      ] as const) {
        const startMs = windowStartMs(eventTimeMs, grainMs[finer]);
        expect(windowStartMs(startMs, grainMs[coarser])).toBe(windowStartMs(eventTimeMs, grainMs[coarser]));
      }
    }),
  );
});

test('a window without a size is a bug', () => {
  expect(() => windowStartMs(1, 0)).toThrow('window size must be positive');
});
