import {expect, test} from 'vitest';
import {ByteBudget, HubFullError} from './byte-budget.ts';
import {contentOfBody} from './event-content.ts';
import {PartitionLog} from './partition-log.ts';
import type {StartPosition} from './selector-filter.ts';

function logOf(count: number, budget = new ByteBudget(16 * 1024 ** 2)): PartitionLog {
  const log = new PartitionLog(budget);
  // Two events share each enqueued time.
  for (let n = 0; n < count; n += 1) append(log, 1000 + Math.floor(n / 2));
  return log;
}

function append(log: PartitionLog, enqueuedTimeMs: number): void {
  log.append([{content: contentOfBody(Buffer.from('x'.repeat(1 + (enqueuedTimeMs % 7)))), enqueuedTimeMs}]);
}

function firstNumber(log: PartitionLog, start: StartPosition): number | string | undefined {
  const resolved = log.resolve(start);
  if (resolved.kind === 'refused') return resolved.reason;
  return log.read(resolved.ordinal)?.event.sequenceNumber;
}

function offsetOf(log: PartitionLog, ordinal: number): string {
  return log.read(ordinal)?.event.offset ?? 'none';
}

test('an empty log says so with -1', () => {
  expect(logOf(0).facts()).toEqual({
    beginSequenceNumber: 0,
    lastEnqueuedSequenceNumber: -1,
    lastEnqueuedOffset: '-1',
    lastEnqueuedTimeMs: 0,
    isEmpty: true,
  });
});

test('an offset is no number, and neighbours are not a fixed distance apart', () => {
  const log = logOf(6);
  const offsets = [0, 1, 2, 3, 4, 5].map((n) => offsetOf(log, n));
  expect(offsets.map(Number).every(Number.isNaN)).toBe(true);
  const positions = offsets.map((offset) => Number(offset.slice(2)));
  const distances = positions.slice(1).map((position, n) => position - (positions[n] ?? 0));
  expect(new Set(distances).size).toBeGreaterThan(1);
});

test('reading begins where the position says', () => {
  const log = logOf(10);
  expect(firstNumber(log, {kind: 'earliest'})).toBe(0);
  expect(firstNumber(log, {kind: 'latest'})).toBeUndefined();
  const offset = offsetOf(log, 4);
  expect(firstNumber(log, {kind: 'offset', offset, bound: 'exclusive'})).toBe(5);
  expect(firstNumber(log, {kind: 'offset', offset, bound: 'inclusive'})).toBe(4);
  expect(firstNumber(log, {kind: 'sequenceNumber', sequenceNumber: 4, bound: 'exclusive'})).toBe(5);
  expect(firstNumber(log, {kind: 'sequenceNumber', sequenceNumber: 4, bound: 'inclusive'})).toBe(4);
  expect(firstNumber(log, {kind: 'enqueuedTime', enqueuedTimeMs: 1002})).toBe(6);
  expect(firstNumber(log, {kind: 'enqueuedTime', enqueuedTimeMs: 1004})).toBeUndefined();
});

test('the last offset and number are places to wait at, those beyond are refused', () => {
  const log = logOf(3);
  const offset = offsetOf(log, 2);
  expect(log.resolve({kind: 'offset', offset, bound: 'exclusive'})).toEqual({kind: 'found', ordinal: 3});
  expect(firstNumber(log, {kind: 'offset', offset: '0:999999', bound: 'exclusive'})).toBe(
    `The supplied offset '0:999999' is invalid. The last offset in the system is '${offset}'`,
  );
  expect(log.resolve({kind: 'sequenceNumber', sequenceNumber: 2, bound: 'exclusive'}).kind).toBe('found');
  expect(log.resolve({kind: 'sequenceNumber', sequenceNumber: 3, bound: 'exclusive'}).kind).toBe('refused');
});

test('an offset that was not handed out is refused', () => {
  const log = logOf(3);
  for (const offset of ['1', '0:1', 'abc', '0:', '0:-1', '']) {
    expect(log.resolve({kind: 'offset', offset, bound: 'exclusive'}).kind).toBe('refused');
  }
});

test('expiry moves the beginning, and an expired position begins at the oldest event', () => {
  const log = logOf(10);
  const expired = offsetOf(log, 1);
  log.expireBefore(1002);
  expect(log.facts()).toMatchObject({beginSequenceNumber: 4, lastEnqueuedSequenceNumber: 9});
  expect(firstNumber(log, {kind: 'offset', offset: expired, bound: 'exclusive'})).toBe(4);
  expect(firstNumber(log, {kind: 'sequenceNumber', sequenceNumber: 0, bound: 'exclusive'})).toBe(4);
  // A reader that was on its way to an expired event goes on with the oldest one.
  expect(log.read(2)?.event.sequenceNumber).toBe(4);
});

test('a log whose events have all expired keeps counting', () => {
  const log = logOf(4);
  const last = offsetOf(log, 3);
  log.dropOldest(100);
  expect(log.facts()).toMatchObject({isEmpty: true, beginSequenceNumber: 4, lastEnqueuedSequenceNumber: 3});
  expect(log.resolve({kind: 'offset', offset: last, bound: 'exclusive'})).toEqual({
    kind: 'found',
    ordinal: 4,
  });
  append(log, 2000);
  expect(log.facts()).toMatchObject({beginSequenceNumber: 4, lastEnqueuedSequenceNumber: 4});
});

test('positions hold when thousands of events have expired', () => {
  const log = logOf(5000);
  const offset = offsetOf(log, 4000);
  for (let n = 0; n < 39; n += 1) log.dropOldest(100);
  expect(log.facts().beginSequenceNumber).toBe(3900);
  expect(firstNumber(log, {kind: 'offset', offset, bound: 'exclusive'})).toBe(4001);
  expect(firstNumber(log, {kind: 'enqueuedTime', enqueuedTimeMs: 3000})).toBe(4002);
});

test('a gap in the numbers leaves the order alone', () => {
  const log = logOf(2);
  log.skipSequenceNumbers(10);
  append(log, 3000);
  expect(log.facts().lastEnqueuedSequenceNumber).toBe(12);
  expect(firstNumber(log, {kind: 'sequenceNumber', sequenceNumber: 5, bound: 'inclusive'})).toBe(12);
});

test('a time before the last one is refused', () => {
  expect(() => append(logOf(4), 1000)).toThrow(RangeError);
});

test('at the limit a batch is refused whole, and expiry makes room again', () => {
  const budget = new ByteBudget(2000);
  const log = logOf(0, budget);
  const batch = Array.from({length: 3}, () => ({
    content: contentOfBody(Buffer.alloc(100)),
    enqueuedTimeMs: 1,
  }));
  log.append(batch.slice(0, 1));
  expect(() => log.append(batch)).toThrow(HubFullError);
  expect(log.endOrdinal).toBe(1);
  log.dropOldest(1);
  expect(budget.usedBytes).toBe(0);
  log.append(batch.slice(0, 2));
  expect(log.endOrdinal).toBe(3);
});

test('a watcher hears once of all events that came together', async () => {
  const log = logOf(0);
  let calls = 0;
  const unwatch = log.watch(() => {
    calls += 1;
  });
  append(log, 1);
  append(log, 1);
  await Promise.resolve();
  expect(calls).toBe(1);
  unwatch();
  append(log, 1);
  await Promise.resolve();
  expect(calls).toBe(1);
});
