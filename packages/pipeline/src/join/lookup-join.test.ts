import {beforeEach, expect, test} from 'vitest';
import {diagnosticsRow, gatewayEvent} from '../event-fixture.ts';
import type {DiagnosticsRow} from './diagnostics.ts';
import {LookupJoin} from './lookup-join.ts';
import type {JoinOutcome, OpenRecord, RecordOwner} from './open-record.ts';

const options = {rowsAheadMax: 3, deadlineMs: 1_000, sweepIntervalMs: 300, waitMaxMs: 10_000};

/** A partition that notes how its records ended. */
class Partition implements RecordOwner {
  readonly settled: [string, JoinOutcome][] = [];
  readonly #open = new Set<OpenRecord>();

  settle(record: OpenRecord, outcome: JoinOutcome): void {
    this.#open.delete(record);
    this.settled.push([record.requestId, outcome]);
  }

  *openRecords(): Iterable<OpenRecord> {
    yield* this.#open;
  }

  record(requestId: string, enqueuedTimeMs = 0): OpenRecord {
    const place = {sequenceNumber: this.#open.size, index: 0};
    const record = {
      owner: this,
      ...place,
      requestId,
      event: gatewayEvent({requestId}),
      eventTimeMs: 0,
      enqueuedTimeMs,
      ownTimeMs: 0,
      nextSweepMs: 0,
      waitingSinceMs: 0,
      asked: true,
      next: undefined,
    };
    this.#open.add(record);
    return record;
  }
}

const row = (requestId: string, fields: Partial<DiagnosticsRow> = {}) =>
  diagnosticsRow({requestId, ...fields});
const matched = (one: DiagnosticsRow): JoinOutcome => ({kind: 'matched', row: one});

let join: LookupJoin;
let partition: Partition;
beforeEach(() => {
  join = new LookupJoin(options);
  partition = new Partition();
});

function waiting(requestId: string, enqueuedTimeMs = 0): OpenRecord {
  const record = partition.record(requestId, enqueuedTimeMs);
  join.wait(record);
  return record;
}

test('the first complete answer wins; a row that comes later is counted and not applied', () => {
  waiting('a');
  join.offer([row('a', {durationMs: 1})], 10);
  join.offer([row('a', {durationMs: 2})], 20);
  expect(partition.settled).toEqual([['a', matched(row('a', {durationMs: 1}))]]);
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
  expect(partition.settled.map(([, outcome]) => outcome)).toEqual([
    matched(better),
    matched({...better, requestId: 'b'}),
  ]);
  expect(join.counts.rowsDuplicate).toBe(2);
});

test('a row ahead of its event waits for it', () => {
  join.offer([row('a')], 10);
  expect(join.rowsAhead).toBe(1);
  waiting('a');
  expect(partition.settled).toEqual([['a', matched(row('a'))]]);
  expect(join).toMatchObject({rowsAhead: 0, waiting: 0});
});

test('of two answers ahead of their event the first wins', () => {
  join.offer([row('a', {durationMs: 1})], 10);
  join.offer([row('a', {durationMs: 2})], 20);
  waiting('a');
  expect(partition.settled).toEqual([['a', matched(row('a', {durationMs: 1}))]]);
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
  const [never, old] = [waiting('a'), waiting('b')];
  join.swept([never], [], 1_001, 1_010);
  join.giveUp(old);
  join.offer([row('a'), row('b')], 1_020);
  expect(partition.settled.map(([, {kind}]) => kind)).toEqual(['unmatched', 'unmatched']);
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
  expect(partition.settled).toEqual([]);
});

test('a row that no event came for until the deadline is an orphan, once', () => {
  join.offer([row('a')], 10);
  expect(join.takeOrphans(1_009)).toEqual([]);
  expect(join.takeOrphans(1_010)).toEqual([row('a')]);
  expect(join.takeOrphans(1_010)).toEqual([]);
});

test('two records with one id are settled by one row, each with its owner', () => {
  const other = new Partition();
  waiting('a');
  join.wait(other.record('a'));
  expect(join.waiting).toBe(2);
  join.offer([row('a')], 10);
  expect(partition.settled).toHaveLength(1);
  expect(other.settled).toHaveLength(1);
  expect(join).toMatchObject({waiting: 0, counts: {matched: 2}});
});

test('a sweep that was sent before the deadline and did not find an event is repeated, at the latest right after the deadline', () => {
  const record = waiting('a', 100);
  join.swept([record], [], 500, 510);
  expect(record).toMatchObject({asked: false, nextSweepMs: 800});
  join.swept([record], [], 900, 910);
  expect(record.nextSweepMs).toBe(1_101);
  expect(partition.settled).toEqual([]);
});

test('a sweep sent at the very deadline decides nothing, one sent after it decides', () => {
  const record = waiting('a', 100);
  join.swept([record], [], 1_100, 5_000);
  expect(partition.settled).toEqual([]);
  join.swept([record], [], 1_101, 5_000);
  expect(partition.settled).toEqual([['a', {kind: 'unmatched', reason: 'never came'}]]);
  expect(join).toMatchObject({waiting: 0, counts: {neverCame: 1, matched: 0}});
});

test('what the last sweep finds is matched, deadline or not', () => {
  const record = waiting('a');
  join.swept([record], [row('a')], 9_000, 9_010);
  expect(partition.settled).toEqual([['a', matched(row('a'))]]);
  expect(join.counts.neverCame).toBe(0);
});

test('a record that a feed slice settled while its sweep was under way is settled once', () => {
  const record = waiting('a');
  join.offer([row('a')], 10);
  join.swept([record], [], 2_000, 2_010);
  expect(partition.settled).toHaveLength(1);
});

test('a sweep that was not answered may be repeated at once', () => {
  const record = waiting('a');
  record.nextSweepMs = 0;
  join.notSwept([record]);
  expect(record).toMatchObject({asked: false, nextSweepMs: 0});
  expect(partition.settled).toEqual([]);
});

test('giving up settles a record as could not ask, and only one that still waits', () => {
  const record = waiting('a');
  join.giveUp(record);
  join.giveUp(record);
  expect(partition.settled).toEqual([['a', {kind: 'unmatched', reason: 'could not ask'}]]);
  expect(join.counts.couldNotAsk).toBe(1);
});

test.each([0, 1, 2])('of three records with one id the one at place %i can leave alone', (place) => {
  const records = [waiting('a'), waiting('a'), waiting('a')];
  join.giveUp(records[place]!);
  expect(join.waiting).toBe(2);
  join.offer([row('a')], 10);
  expect(partition.settled).toHaveLength(3);
  expect(join.waiting).toBe(0);
});

test('a lost partition’s records are forgotten without an outcome; those of others with the same id stay', () => {
  const other = new Partition();
  waiting('a');
  waiting('b');
  join.wait(other.record('a'));
  join.drop(partition);
  expect(join.waiting).toBe(1);
  join.offer([row('a'), row('b')], 10);
  expect(partition.settled).toEqual([]);
  expect(other.settled).toHaveLength(1);
});
