import {expect, test} from 'vitest';
import type {PartitionFacts} from '@weir/pipeline';
import type {Pulse} from './partition-session.ts';
import {PulseWatch} from './watchdog.ts';

const limits = {silentMs: 1000, roundMs: 100_000, quietCheckMs: 5000, confirmMs: 300};
const pulse: Pulse = {partitionId: '0', lastCallMs: 0, lastEventsMs: 0, isHeld: false, deliveredThrough: 7};
const facts: PartitionFacts = {
  beginningSequenceNumber: 0,
  lastEnqueuedSequenceNumber: 9,
  lastEnqueuedOffset: '9',
  lastEnqueuedTimeMs: 0,
  isEmpty: false,
};

test('a partition without a call for longer than the limit is silent, and one at the limit is not', () => {
  expect(new PulseWatch(limits).inspect({pulses: [pulse], lastRoundMs: 0}, 1000).stall).toBeUndefined();
  expect(new PulseWatch(limits).inspect({pulses: [pulse], lastRoundMs: 0}, 1001).stall).toMatchObject({
    partitionId: '0',
    reason: 'silent',
  });
});

test('the time the consumer holds a batch is not silence', () => {
  expect(
    new PulseWatch(limits).inspect({pulses: [{...pulse, isHeld: true}], lastRoundMs: 0}, 60_000),
  ).toEqual({
    stall: undefined,
    ask: [],
  });
});

test('a quiet partition is asked about once per interval, a busy one never', () => {
  const watch = new PulseWatch(limits);
  const asked = (nowMs: number, lastEventsMs = 0) =>
    watch.inspect({pulses: [{...pulse, lastCallMs: nowMs, lastEventsMs}], lastRoundMs: 0}, nowMs).ask;
  expect(asked(4999)).toEqual([]);
  expect(asked(5000)).toEqual(['0']);
  expect(asked(9999)).toEqual([]);
  expect(asked(10_000)).toEqual(['0']);
  expect(asked(20_000, 19_000)).toEqual([]);
});

test('a partition that the hub has more of is behind once the delay has passed without progress', () => {
  const watch = new PulseWatch(limits);
  watch.inspect({pulses: [pulse], lastRoundMs: 0}, 0);
  watch.answered(pulse, facts, 100);
  expect(watch.inspect({pulses: [{...pulse, lastCallMs: 399}], lastRoundMs: 0}, 399).stall).toBeUndefined();
  expect(watch.inspect({pulses: [{...pulse, lastCallMs: 400}], lastRoundMs: 0}, 400).stall).toMatchObject({
    reason: 'behind',
  });
});

test('progress after the question clears the suspicion', () => {
  const watch = new PulseWatch(limits);
  watch.inspect({pulses: [pulse], lastRoundMs: 0}, 0);
  watch.answered(pulse, facts, 100);
  expect(
    watch.inspect({pulses: [{...pulse, deliveredThrough: 8}], lastRoundMs: 0}, 400).stall,
  ).toBeUndefined();
  expect(
    watch.inspect({pulses: [{...pulse, deliveredThrough: 8}], lastRoundMs: 0}, 900).stall,
  ).toBeUndefined();
});

test('a partition read to its end, an empty one and one started by time are not behind', () => {
  const watch = new PulseWatch(limits);
  watch.inspect({pulses: [pulse], lastRoundMs: 0}, 0);
  watch.answered({...pulse, deliveredThrough: 9}, facts, 0);
  watch.answered(pulse, {...facts, isEmpty: true}, 0);
  watch.answered({...pulse, deliveredThrough: undefined}, facts, 0);
  expect(watch.inspect({pulses: [pulse], lastRoundMs: 0}, 900).stall).toBeUndefined();
});

test('without rounds of load balancing ownership lapses, whatever the partitions do', () => {
  const watch = new PulseWatch(limits);
  expect(watch.inspect({pulses: [], lastRoundMs: 0}, 100_000).stall).toBeUndefined();
  expect(watch.inspect({pulses: [], lastRoundMs: 0}, 100_001).stall).toMatchObject({reason: 'noRounds'});
});
