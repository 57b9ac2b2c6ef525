import {expect, test} from 'vitest';
import type {Commit} from './commit/commit.ts';
import {diagnosticsRow, noonMs, received} from './event-fixture.ts';
import {recordsOf} from './join/waiting-fixture.ts';
import {PartitionPipeline, type PartitionPipelineOptions} from './partition-pipeline.ts';
import {commitOf, newPipeline, pipelineOptions, requestsOf, takenFrom} from './partition-pipeline-fixture.ts';

const events = Array.from({length: 30}, (_, n) => received(n));
const behind = ({resume}: Commit): typeof events =>
  events.filter(({sequenceNumber}) => sequenceNumber > resume.sequenceNumber);

/** Reads the first 20 events; the diagnostics of 3, 7 and 15 do not come. */
function crashed(): Commit {
  const options = pipelineOptions();
  const pipeline = newPipeline(options);
  pipeline.receive(events.slice(0, 20));
  const rows = events.slice(0, 20).map((_, n) => diagnosticsRow({requestId: `id-${n}`}));
  options.join.offer(
    rows.filter((_, n) => ![3, 7, 15].includes(n)),
    noonMs,
  );
  return takenFrom(pipeline);
}

function recovered(commit: Commit, options: PartitionPipelineOptions = pipelineOptions()): PartitionPipeline {
  return new PartitionPipeline(options, {kind: 'recovered', commit});
}

test('up to the head only the open records wait again; nothing is folded twice', () => {
  const pipeline = recovered(crashed());
  expect(pipeline).toMatchObject({isRereading: true, openCount: 3});
  pipeline.receive(behind(crashed()).filter(({sequenceNumber}) => sequenceNumber < 20));
  expect(pipeline).toMatchObject({isRereading: false, openCount: 3, pendingDeltas: 0});
  expect(recordsOf(pipeline.waiting).map(({sequenceNumber}) => sequenceNumber)).toEqual([3, 7, 15]);
  expect(pipeline.counts).toMatchObject({records: 0, folded: 0, duplicates: 0, reread: 17, inputEvents: 17});
  expect(pipeline.takeLost(0)).toEqual([]);
});

test('a repeat of an event before the head is still a duplicate', () => {
  const commit = crashed();
  const pipeline = recovered(commit);
  pipeline.receive(behind(commit).slice(0, 17));
  pipeline.receive([received(20, {id: 'id-18'}), received(21)]);
  expect(pipeline.counts).toMatchObject({records: 2, folded: 1, duplicates: 1});
});

test('a commit during the re-read lists what waits and what was not read again yet', () => {
  const commit = crashed();
  const options = pipelineOptions();
  const pipeline = recovered(commit, options);
  pipeline.receive(behind(commit).filter(({sequenceNumber}) => sequenceNumber <= 5));
  expect(commitOf(pipeline)).toBeUndefined();
  options.join.offer([diagnosticsRow({requestId: 'id-3'})], noonMs);
  const next = takenFrom(pipeline);
  expect(next).toMatchObject({n: commit.n + 1, head: commit.head, open: {runs: [7, 1, 7, 1]}});
  expect(requestsOf(next)).toEqual({latency: 1});
  expect(next.resume.sequenceNumber).toBeLessThan(7);
});

test('a second crash during the re-read loses nothing', () => {
  const first = crashed();
  const options = pipelineOptions();
  const half = recovered(first, options);
  half.receive(behind(first).filter(({sequenceNumber}) => sequenceNumber <= 5));
  options.join.offer([diagnosticsRow({requestId: 'id-3'})], noonMs);
  const second = takenFrom(half);
  const again = recovered(second);
  again.receive(behind(second));
  expect(
    recordsOf(again.waiting)
      .map(({sequenceNumber}) => sequenceNumber)
      .slice(0, 3),
  ).toEqual([7, 15, 20]);
  expect(again.counts.lost).toBe(0);
});

test('what was not found again when the head has passed is lost: counted, dead-lettered, no longer open', () => {
  const pipeline = recovered(crashed());
  pipeline.acceptGap({after: 2, before: 4});
  pipeline.receive(events.slice(4, 12));
  expect(pipeline.takeLost(0)).toEqual([]);
  expect(pipeline.takeLost(4)).toEqual([{sequenceNumber: 3, index: 0}]);
  pipeline.acceptGap({after: 11, before: 25});
  pipeline.receive(events.slice(25, 26));
  expect(pipeline.takeLost(0)).toEqual([{sequenceNumber: 15, index: 0}]);
  expect(pipeline.counts.lost).toBe(2);
  const {deadLetters, open} = takenFrom(pipeline);
  expect(deadLetters.map(({sequenceNumber, reason, layer}) => [sequenceNumber, reason, layer])).toEqual([
    [3, 'lost', 'source'],
    [15, 'lost', 'source'],
  ]);
  expect(open).toEqual({runs: [7, 1, 17, 1], others: []});
});

test('a gap within what was read before counts only what lies behind the head', () => {
  const commit = crashed();
  const pipeline = recovered(commit);
  pipeline.receive(behind(commit).slice(0, 2));
  pipeline.acceptGap({after: pipeline.lastSequenceNumber, before: 25});
  expect(pipeline.counts.gapEvents).toBe(5);
});

test('records of one event are told apart by their index', () => {
  const one = JSON.parse(String(received(0).body)) as object;
  const body = JSON.stringify(['a', 'b', 'c'].map((id) => ({...one, requestId: id})));
  const options = pipelineOptions();
  const pipeline = newPipeline(options);
  pipeline.receive([received(0, {body})]);
  options.join.offer([diagnosticsRow({requestId: 'b'})], noonMs);
  const commit = takenFrom(pipeline);
  expect(commit.open).toEqual({runs: [0, 1], others: [0, 2]});
  const next = recovered(commit);
  next.receive([received(0, {body})]);
  expect(recordsOf(next.waiting).map(({requestId}) => requestId)).toEqual(['a', 'c']);
});

test('numbers, lineage, carry, parked deltas and watermarks go on where the journal stands', () => {
  const options = pipelineOptions({refreshMs: {'5m': 3_600_000, '1h': 0, '1d': 0}});
  const pipeline = newPipeline(options);
  pipeline.receive([received(0)]);
  const {deltas} = takenFrom(pipeline);
  pipeline.park([{lineage: 'old', n: 9, delta: deltas[0]!}]);
  pipeline.receive([received(1, {timestampMs: noonMs + 300_000})]);
  const commit = takenFrom(pipeline, {nowMs: noonMs + 1});
  expect([commit.carry.length, commit.parked.length]).toEqual([1, 1]);
  const next = recovered(commit, pipelineOptions({refreshMs: options.refreshMs}));
  expect(next.committed).toMatchObject({
    n: commit.n,
    lineage: 'lineage',
    carryCount: 1,
    parkedCount: 1,
  });
  expect(next.watermarks).toEqual(commit.watermarks);
  const last = takenFrom(next, {nowMs: noonMs + 2, carries: 'hand over'});
  expect(last).toMatchObject({n: commit.n + 1, carry: [], parked: [{lineage: 'old', n: 9}]});
  expect(requestsOf(last)).toEqual({usage: 1});
});

test('a recovered partition without news writes nothing', () => {
  expect(commitOf(recovered(crashed()), {carries: 'hand over'})).toBeUndefined();
});

test('an empty read during the re-read tells nothing about the head', () => {
  const commit = crashed();
  const options = pipelineOptions();
  const pipeline = recovered(commit, options);
  pipeline.receive(behind(commit).slice(0, 1));
  pipeline.idle(noonMs + 3_600_000);
  options.join.offer([diagnosticsRow({requestId: 'id-3'})], noonMs);
  expect(commitOf(pipeline)?.watermarks.arrivalMs).toBe(commit.watermarks.arrivalMs);
});
