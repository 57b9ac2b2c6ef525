import {expect, test} from 'vitest';
import {creditShare} from './credit-share.ts';

const usual = {
  inFlightEventsMax: 50_000,
  inFlightBytesMax: 256 * 1024 * 1024,
  partitions: 32,
  maxBatchSize: 300,
  prefetch: 3000,
  eventBytes: 600,
};

test('credit and the batch in hand together are the share of the events', () => {
  expect(creditShare(usual)).toBe(Math.floor(50_000 / 32) - 300);
});

test('few partitions are limited by the prefetch, many still get one batch', () => {
  expect(creditShare({...usual, partitions: 2})).toBe(3000);
  expect(creditShare({...usual, partitions: 1024})).toBe(300);
});

test('large events are limited by bytes, down to one', () => {
  expect(creditShare({...usual, eventBytes: 64 * 1024})).toBe(128);
  expect(creditShare({...usual, eventBytes: 16 * 1024 * 1024})).toBe(1);
});

test('events of unknown size count as a few kilobytes', () => {
  expect(creditShare({...usual, inFlightBytesMax: 32 * 4096 * 10, eventBytes: 0})).toBe(10);
});
