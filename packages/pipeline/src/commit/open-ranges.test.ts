import fc from 'fast-check';
import {expect, test} from 'vitest';
import {
  byPlace,
  noneOpen,
  OpenRangesWriter,
  UnreadOpen,
  type OpenRanges,
  type RecordPlace,
} from './open-ranges.ts';

const place = fc.record({
  sequenceNumber: fc.oneof(fc.nat({max: 30}), fc.nat({max: 2 ** 45})),
  index: fc.oneof(fc.constant(0), fc.nat({max: 4})),
});
const places = fc
  .uniqueArray(place, {selector: ({sequenceNumber, index}) => `${sequenceNumber}/${index}`})
  // Ascending by event, in any order within one, as the records of an event are settled in any order.
  .map((list) => [...list].sort((a, b) => a.sequenceNumber - b.sequenceNumber));

function write(list: readonly RecordPlace[]): OpenRanges {
  const writer = new OpenRangesWriter();
  for (const {sequenceNumber, index} of list) writer.add(sequenceNumber, index);
  return JSON.parse(JSON.stringify(writer.ranges())) as OpenRanges;
}

test('any set of open records comes back from the journal', () => {
  fc.assert(
    fc.property(places, (list) => {
      const unread = new UnreadOpen(write(list));
      expect(unread.size).toBe(list.length);
      expect(unread.places()).toEqual([...list].sort(byPlace));
    }),
  );
});

test('neighbours make one run, so that a backlog of a million is a few bytes', () => {
  const list = Array.from({length: 1_000}, (_, n) => ({sequenceNumber: 5_000 + n, index: 0}));
  expect(write(list)).toEqual({runs: [5_000, 1_000], others: []});
  expect(
    write([
      {sequenceNumber: 0, index: 0},
      {sequenceNumber: 1, index: 0},
      {sequenceNumber: 3, index: 0},
    ]),
  ).toEqual({runs: [0, 2, 1, 1], others: []});
});

test('a record leaves once, and only the very record', () => {
  fc.assert(
    fc.property(places, place, (list, asked) => {
      const unread = new UnreadOpen(write(list));
      const isOpen = list.some((one) => byPlace(one, asked) === 0);
      expect(unread.take(asked)).toBe(isOpen);
      expect(unread.take(asked)).toBe(false);
      expect(unread.size).toBe(list.length - (isOpen ? 1 : 0));
      expect(unread.places()).toHaveLength(unread.size);
    }),
  );
});

test('another record of the same event does not leave with it', () => {
  const unread = new UnreadOpen(
    write([
      {sequenceNumber: 4, index: 0},
      {sequenceNumber: 4, index: 2},
    ]),
  );
  expect(unread.take({sequenceNumber: 4, index: 1})).toBe(false);
  expect(unread.take({sequenceNumber: 4, index: 2})).toBe(true);
  expect(unread.places()).toEqual([{sequenceNumber: 4, index: 0}]);
});

test('nothing open is nothing unread', () => {
  expect(new UnreadOpen(noneOpen).size).toBe(0);
});
