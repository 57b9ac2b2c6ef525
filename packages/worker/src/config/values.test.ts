import * as fc from 'fast-check';
import {expect, test} from 'vitest';
import {isLoopbackHost} from './endpoints.ts';
import {nearest} from './nearest.ts';
import {durationMs, durationText, sizeBytes, sizeText} from './values.ts';

test.each([
  ['500ms', 500],
  ['10s', 10_000],
  ['4m', 240_000],
  ['12h', 43_200_000],
  ['30d', 2_592_000_000],
  ['0ms', 0],
  ['10', undefined],
  ['1.5h', undefined],
  ['-1s', undefined],
  ['10 s', undefined],
  ['1e3s', undefined],
])('the duration %s is %s ms', (text, ms) => {
  expect(durationMs(text)).toBe(ms);
});

test('durations and sizes read back from their shortest text', () => {
  fc.assert(
    fc.property(fc.integer({min: 0, max: 999_999_999}), (amount) => {
      expect(durationMs(durationText(amount))).toBe(amount);
      expect(sizeBytes(sizeText(amount))).toBe(amount);
    }),
  );
});

test.each([
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['localhost', true],
  ['[::1]', true],
  ['127.0.0.1.example.com', false],
  ['localhost.example.com', false],
  ['10.0.0.1', false],
  ['0.0.0.0', false],
])('%s is loopback: %s', (host, expected) => {
  expect(isLoopbackHost(host)).toBe(expected);
});

test('the nearest name is found, and nothing is suggested for a word that is far from all', () => {
  expect(nearest('join.deadlien', ['join.deadline', 'join.settle'])?.name).toBe('join.deadline');
  expect(nearest('GroupBy', ['groupBy'])).toEqual({name: 'groupBy', distance: 0});
  expect(nearest('x', ['on', 'name'])).toBeUndefined();
});
