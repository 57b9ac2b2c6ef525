import {startMark, type Mark, type PartitionFacts} from '@weir/pipeline';
import {expect, test} from 'vitest';
import {mark} from './recover-fixture.ts';
import {findStart, type From} from './start-position.ts';

const {signal} = new AbortController();
/** Events 10 to 20 are still there, each enqueued at its number. */
const facts: PartitionFacts = {
  beginningSequenceNumber: 10,
  lastEnqueuedSequenceNumber: 20,
  lastEnqueuedOffset: 'o20',
  lastEnqueuedTimeMs: 20,
  isEmpty: false,
};
const expired = {...facts, beginningSequenceNumber: 21, isEmpty: true};
const neverUsed = {
  ...facts,
  beginningSequenceNumber: 0,
  lastEnqueuedSequenceNumber: -1,
  lastEnqueuedOffset: '',
  isEmpty: true,
};
const end: Mark = {sequenceNumber: 20, offset: 'o20', enqueuedTimeMs: 20};
const beginning: Mark = {...startMark, sequenceNumber: 9};

function find(from: From, of = facts): Promise<Mark | undefined> {
  return findStart({
    from,
    partitionId: '3',
    facts: of,
    signal,
    events: {
      first: async (_, place) => {
        const wanted = 'sequenceNumber' in place ? place.sequenceNumber : place.enqueuedFromMs;
        return wanted > 20 ? undefined : mark(Math.max(10, wanted));
      },
    },
  });
}

test('the first event that is read is the one that was named', async () => {
  expect(await find({kind: 'sequence', sequenceNumber: 15})).toEqual(mark(14));
  expect(await find({kind: 'time', fromMs: 15})).toEqual(mark(14));
});

test('what has expired begins with the first event that is left', async () => {
  expect(await find({kind: 'earliest'})).toEqual(beginning);
  expect(await find({kind: 'sequence', sequenceNumber: 3})).toEqual(beginning);
  expect(await find({kind: 'time', fromMs: 3})).toEqual(beginning);
});

test('an event that expired while a person made up their mind does not take the one behind it along', async () => {
  const before = {...facts, beginningSequenceNumber: 5};
  expect(await find({kind: 'sequence', sequenceNumber: 10}, before)).toEqual(beginning);
  expect(await find({kind: 'sequence', sequenceNumber: 8}, before)).toEqual(beginning);
  expect(await find({kind: 'sequence', sequenceNumber: 11}, before)).toEqual(mark(10));
});

test('the next event to come can be named, the one after it cannot', async () => {
  expect(await find({kind: 'latest'})).toEqual(end);
  expect(await find({kind: 'sequence', sequenceNumber: 21})).toEqual(end);
  expect(await find({kind: 'time', fromMs: 21})).toEqual(end);
  expect(await find({kind: 'sequence', sequenceNumber: 22})).toBeUndefined();
});

test('a log whose events have all expired goes on behind them, one that never had any at its start', async () => {
  for (const kind of ['earliest', 'latest'] as const) {
    expect(await find({kind}, expired)).toEqual(end);
    expect(await find({kind}, neverUsed)).toEqual(startMark);
  }
  expect(await find({kind: 'sequence', sequenceNumber: 15}, expired)).toEqual(end);
  expect(await find({kind: 'sequence', sequenceNumber: 0}, neverUsed)).toEqual(startMark);
});
