import {expect, test} from 'vitest';
import {StorageClock} from './storage-clock.ts';

test('a time stamped by a service five minutes behind is shifted to the local clock', () => {
  const clock = new StorageClock(() => Date.parse('2024-05-17T13:05:00Z'));
  clock.observe('Fri, 17 May 2024 13:00:00 GMT');
  expect(clock.aheadMs()).toBe(300_000);
  expect(clock.toLocal(Date.parse('2024-05-17T12:59:50Z'))).toBe(Date.parse('2024-05-17T13:04:50Z'));
});

test('a missing or unreadable Date header changes nothing', () => {
  const clock = new StorageClock(() => 5000);
  clock.observe(undefined);
  clock.observe('yesterday');
  expect(clock.aheadMs()).toBe(0);
});
