import {beforeEach, expect, test} from 'vitest';
import {hashId} from '../dedupe/id-hash.ts';
import {diagnosticsRow} from '../event-fixture.ts';
import type {DiagnosticsRow} from './diagnostics.ts';
import {LookupJoin} from './lookup-join.ts';
import type {JoinOutcome, RecordSlot} from './open-record.ts';
import {NotingOwner} from './waiting-fixture.ts';

const options = {rowsAheadMax: 3, deadlineMs: 1_000, sweepIntervalMs: 300};

const row = (requestId: string, fields: Partial<DiagnosticsRow> = {}) =>
  diagnosticsRow({requestId, ...fields});
const matched = (one: DiagnosticsRow): JoinOutcome => ({kind: 'matched', row: one});

let join: LookupJoin;
let partition: NotingOwner;
beforeEach(() => {
  join = new LookupJoin(options);
  partition = new NotingOwner(join);
});

/** A record that no row is ahead of. */
function waiting(requestId: string, enqueuedTimeMs = 0): RecordSlot {
  return partition.wait(requestId, {enqueuedTimeMs}) as RecordSlot;
}

/** One that a sweep names. */
function asked(requestId: string, enqueuedTimeMs = 0): RecordSlot {
  const slot = waiting(requestId, enqueuedTimeMs);
  join.ask([slot]);
  return slot;
}

const outcomes = () => partition.settled.map(({requestId, outcome}) => [requestId, outcome]);
const nowhere = {enqueuedUntilMs: Infinity, readUntilMs: Infinity};

test('the first complete answer wins; a row that comes later is counted and not applied', () => {
  waiting('a');
  join.offer([row('a', {durationMs: 1})], 10);
  join.offer([row('a', {durationMs: 2})], 20);
  expect(outcomes()).toEqual([['a', matched(row('a', {durationMs: 1}))]]);
  expect(join.counts).toMatchObject({rows: 2, matched: 1, rowsLate: 1});
  expect(join.rowsAhead).toBe(0);
});

test('of several rows in one answer the better one is applied, whatever their order', () => {
  const [worse, better] = [row('a', {streamType: 'unknown', durationMs: 9}), row('a', {durationMs: 1})];
  waiting('a');
  join.offer([worse, better], 10);
  waiting('b');
  join.offer(
    [
      {...better, requestId: 'b'},
      {...worse, requestId: 'b'},
    ],
    10,
  );
  expect(partition.settled.map(({outcome}) => outcome)).toEqual([
    matched(better),
    matched({...better, requestId: 'b'}),
  ]);
  expect(join.counts.rowsDuplicate).toBe(2);
});

test('a row ahead of its event waits for it', () => {
  join.offer([row('a')], 10);
  expect(join.rowsAhead).toBe(1);
  expect(partition.wait('a')).toEqual(row('a'));
  expect(join).toMatchObject({rowsAhead: 0, waiting: 0, counts: {matched: 1}});
});

test('of two answers ahead of their event the first wins', () => {
  join.offer([row('a', {durationMs: 1})], 10);
  join.offer([row('a', {durationMs: 2})], 20);
  expect(partition.wait('a')).toEqual(row('a', {durationMs: 1}));
  expect(join.counts.rowsLate).toBe(1);
});

test('a second row for an event that a row was ahead of is late, no attempt behind a retry', () => {
  join.offer([row('a')], 10);
  waiting('a');
  join.offer([row('a')], 20);
  expect(join.rowsAhead).toBe(0);
  expect(join.counts.rowsLate).toBe(1);
});

test('a row for an event that was settled as unmatched is late, no attempt behind a retry', () => {
  join.swept([asked('a')], [], 1_001, 1_010);
  waiting('b');
  join.giveUp(partition.list, nowhere);
  join.offer([row('a'), row('b')], 1_020);
  expect(partition.settled.map(({outcome}) => outcome.kind)).toEqual(['unmatched', 'unmatched']);
  expect(join.rowsAhead).toBe(0);
  expect(join.counts.rowsLate).toBe(2);
});

test('rows ahead are bounded: the oldest goes and is counted', () => {
  join.offer(
    ['a', 'b', 'c', 'd'].map((id) => row(id)),
    10,
  );
  expect(join.rowsAhead).toBe(3);
  expect(join.counts.rowsAheadDropped).toBe(1);
  waiting('a');
  expect(join).toMatchObject({rowsAhead: 3, waiting: 1});
});

test('a row that no event came for until the deadline is an orphan, once', () => {
  join.offer([row('a')], 10);
  expect(join.takeOrphans(1_009)).toEqual([]);
  expect(join.takeOrphans(1_010)).toEqual([row('a')]);
  expect(join.takeOrphans(1_010)).toEqual([]);
});

test('a row for an event that an owner before had settled is late', () => {
  join.settledBefore({requestId: 'a', enqueuedTimeMs: 500}, hashId('a'));
  join.offer([row('a')], 1_400);
  expect(join.rowsAhead).toBe(0);
  expect(join.counts.rowsLate).toBe(1);
});

test('two records with one id are settled by one row, each with its owner', () => {
  const other = new NotingOwner(join);
  waiting('a');
  other.wait('a');
  expect(join.waiting).toBe(2);
  join.offer([row('a')], 10);
  expect(partition.settled).toHaveLength(1);
  expect(other.settled).toHaveLength(1);
  expect(join).toMatchObject({waiting: 0, counts: {matched: 2}});
});

test('a sweep names the oldest records that are due, none that another sweep names or that is too young', () => {
  const [a, b, c] = [waiting('a', 0), waiting('b', 10), waiting('c', 20)];
  const until = {enqueuedUntilMs: 10, nowMs: 100, max: 10};
  expect(join.due(partition.list, until)).toEqual([a, b]);
  expect(join.due(partition.list, {...until, max: 1})).toEqual([a]);
  expect(join.due(partition.list, {...until, enqueuedUntilMs: 20})).toEqual([a, b, c]);
  join.ask([a]);
  expect(join.due(partition.list, until)).toEqual([b]);
});

test('a sweep asks for each id once, over the time that its events span', () => {
  const guid = '6f1c1b1e-0000-4000-8000-00000000abcd';
  const slots = [waiting(guid, 70), waiting('b', 50), waiting(guid, 60)];
  expect(join.ask(slots)).toEqual({ids: [guid, 'b'], fromMs: 50, toMs: 70});
});

test('a sweep that was sent before the deadline and did not find an event is repeated, at the latest right after the deadline', () => {
  const due = (nowMs: number) => join.due(partition.list, {enqueuedUntilMs: nowMs, nowMs, max: 10});
  const record = asked('a', 100);
  join.swept([record], [], 500, 510);
  expect([due(799), due(800)]).toEqual([[], [record]]);
  join.ask([record]);
  join.swept([record], [], 900, 910);
  expect([due(1_100), due(1_101)]).toEqual([[], [record]]);
  expect(partition.settled).toEqual([]);
});

test('a sweep sent at the very deadline decides nothing, one sent after it decides', () => {
  const record = asked('a', 100);
  join.swept([record], [], 1_100, 5_000);
  expect(partition.settled).toEqual([]);
  join.ask([record]);
  join.swept([record], [], 1_101, 5_000);
  expect(outcomes()).toEqual([['a', {kind: 'unmatched', reason: 'never came'}]]);
  expect(join).toMatchObject({waiting: 0, counts: {neverCame: 1, matched: 0}});
});

test('what the last sweep finds is matched, deadline or not', () => {
  join.swept([asked('a')], [row('a')], 9_000, 9_010);
  expect(outcomes()).toEqual([['a', matched(row('a'))]]);
  expect(join.counts.neverCame).toBe(0);
});

test('a record that a feed slice settled while its sweep was under way is settled once', () => {
  const record = asked('a');
  join.offer([row('a')], 10);
  // Its place must not be another's before the sweep has ended, or the sweep would decide over that one.
  const other = waiting('b');
  join.swept([record], [], 2_000, 2_010);
  expect(other).not.toBe(record);
  expect(outcomes()).toEqual([['a', matched(row('a'))]]);
  expect(join.waiting).toBe(1);
});

test('a sweep that was not answered may be repeated at once', () => {
  const record = asked('a');
  expect(join.due(partition.list, {enqueuedUntilMs: 0, nowMs: 0, max: 10})).toEqual([]);
  join.notSwept([record]);
  expect(join.due(partition.list, {enqueuedUntilMs: 0, nowMs: 0, max: 10})).toEqual([record]);
  expect(partition.settled).toEqual([]);
});

test('giving up settles a record as could not ask, and only one that has waited on both clocks', () => {
  partition.wait('a', {enqueuedTimeMs: 10, waitingSinceMs: 90});
  join.giveUp(partition.list, {enqueuedUntilMs: 9, readUntilMs: 90});
  join.giveUp(partition.list, {enqueuedUntilMs: 10, readUntilMs: 89});
  expect(partition.settled).toEqual([]);
  join.giveUp(partition.list, {enqueuedUntilMs: 10, readUntilMs: 90});
  join.giveUp(partition.list, {enqueuedUntilMs: 10, readUntilMs: 90});
  expect(outcomes()).toEqual([['a', {kind: 'unmatched', reason: 'could not ask'}]]);
  expect(join.counts.couldNotAsk).toBe(1);
});

test.each([0, 1, 2])('of three records with one id the one at place %i can leave alone', (place) => {
  for (let at = 0; at < 3; at++) partition.wait('a', {waitingSinceMs: at === place ? 0 : 1});
  join.giveUp(partition.list, {enqueuedUntilMs: 0, readUntilMs: 0});
  expect(join.waiting).toBe(2);
  join.offer([row('a')], 10);
  expect(partition.settled).toHaveLength(3);
  expect(join.waiting).toBe(0);
});

test('a lost partition’s records are forgotten without an outcome; those of others with the same id stay', () => {
  const other = new NotingOwner(join);
  waiting('a');
  waiting('b');
  other.wait('a');
  join.drop(partition.list);
  expect(join.waiting).toBe(1);
  join.offer([row('a'), row('b')], 10);
  expect(partition.settled).toEqual([]);
  expect(other.settled).toHaveLength(1);
});
