import {expect, test} from 'vitest';
import {diagnosticsRow, noonMs, received} from './event-fixture.ts';
import type {PartitionPipelineOptions} from './partition-pipeline.ts';
import {
  commitOf,
  horizonMs,
  newPipeline,
  pipelineOptions,
  requestsOf,
  takenFrom,
} from './partition-pipeline-fixture.ts';

const hourMs = 3_600_000;
const hourly = (changes: Partial<PartitionPipelineOptions> = {}): PartitionPipelineOptions =>
  pipelineOptions({
    views: [{name: 'usage', on: 'arrival', groupBy: ['region'], windows: ['5m', '1h'], shards: 1}],
    refreshMs: {'5m': 0, '1h': hourMs, '1d': 0},
    ...changes,
  });
const grainsOf = (commit: {deltas: readonly {target: {grain: string}}[]} | undefined): string[] =>
  (commit?.deltas ?? []).map(({target}) => target.grain).sort();

test('commits are numbered from 1 and name their lineage, author and hub', () => {
  const pipeline = newPipeline();
  pipeline.receive([received(0)]);
  expect(commitOf(pipeline)).toMatchObject({
    lineage: 'lineage',
    n: 1,
    author: 'author',
    hubCreatedAt: 'then',
  });
  pipeline.receive([received(1)]);
  expect(commitOf(pipeline)?.n).toBe(2);
});

test('what is folded while a commit is written belongs to the next one', () => {
  const pipeline = newPipeline();
  pipeline.receive([received(0)]);
  const taken = pipeline.takeCommit({nowMs: noonMs, author: 'x', carries: 'as due'})!;
  pipeline.receive([received(1), received(2)]);
  expect(requestsOf(taken.commit)).toEqual({usage: 1});
  expect(requestsOf(takenFrom(pipeline))).toEqual({usage: 2});
});

test('open records are listed until they are settled', () => {
  const options = pipelineOptions();
  const pipeline = newPipeline(options);
  pipeline.receive([0, 1, 2].map((n) => received(n)));
  expect(commitOf(pipeline)?.open).toEqual({runs: [0, 3], others: []});
  options.join.offer([diagnosticsRow({requestId: 'id-1'})], noonMs);
  expect(commitOf(pipeline)?.open).toEqual({runs: [0, 1, 1, 1], others: []});
});

test('a delta whose document is not due is carried, grows, and leaves through one commit', () => {
  const pipeline = newPipeline(hourly());
  pipeline.receive([received(0)]);
  expect(grainsOf(takenFrom(pipeline))).toEqual(['1h', '5m']);
  pipeline.receive([received(1)]);
  const second = takenFrom(pipeline, {nowMs: noonMs + 1});
  expect([grainsOf(second), second.carry.map(({measures}) => measures.requests)]).toEqual([['5m'], [1]]);
  pipeline.receive([received(2)]);
  const third = takenFrom(pipeline, {nowMs: noonMs + 2});
  expect(third.carry.map(({measures}) => measures.requests)).toEqual([2]);
  expect(pipeline.committed.carryCount).toBe(1);
  const last = takenFrom(pipeline, {nowMs: noonMs + 2 + hourMs});
  expect(last.deltas.map(({target, measures}) => [target.grain, measures.requests])).toEqual([['1h', 2]]);
  expect([last.carry, last.n]).toEqual([[], 4]);
  expect(commitOf(pipeline, {nowMs: noonMs + 3 * hourMs})).toBeUndefined();
});

test('a quiet partition writes a commit for what it carries when that falls due, and not before', () => {
  const pipeline = newPipeline(hourly());
  pipeline.receive([received(0)]);
  commitOf(pipeline);
  pipeline.receive([received(1)]);
  commitOf(pipeline, {nowMs: noonMs + 1});
  let due = 0;
  for (let minute = 1; minute <= 60; minute++)
    if (commitOf(pipeline, {nowMs: noonMs + 1 + minute * 60_000}) !== undefined) due += 1;
  expect(due).toBe(1);
});

test('a hand-over moves everything carried into the deltas', () => {
  const pipeline = newPipeline(hourly());
  for (const n of [0, 1]) {
    pipeline.receive([received(n)]);
    commitOf(pipeline, {nowMs: noonMs + n});
  }
  const last = takenFrom(pipeline, {nowMs: noonMs + 2, carries: 'hand over'});
  expect([grainsOf(last), last.carry]).toEqual([['1h'], []]);
  expect(commitOf(pipeline, {nowMs: noonMs + 3, carries: 'hand over'})).toBeUndefined();
});

test('a commit that has grown past half its limit moves its carry early', () => {
  const pipeline = newPipeline(hourly({carryBytesMax: 1}));
  pipeline.receive([received(0)]);
  commitOf(pipeline);
  pipeline.receive([received(1)]);
  expect(grainsOf(takenFrom(pipeline, {nowMs: noonMs + 1}))).toEqual(['1h', '5m']);
});

test('a parked delta goes with every commit under its own number, and later ones of its document queue behind it', () => {
  const pipeline = newPipeline(
    pipelineOptions({views: hourly().views, refreshMs: {'5m': 0, '1h': 0, '1d': 0}}),
  );
  pipeline.receive([received(0)]);
  const first = pipeline.takeCommit({nowMs: noonMs, author: 'x', carries: 'as due'})!.commit;
  const refused = first.deltas.find(({target}) => target.grain === '1h')!;
  pipeline.park([{lineage: 'lineage', n: 1, delta: refused}]);
  expect(commitOf(pipeline)).toMatchObject({n: 2, deltas: [], parked: [{lineage: 'lineage', n: 1}]});
  expect(commitOf(pipeline)).toBeUndefined();

  pipeline.receive([received(1)]);
  const third = takenFrom(pipeline);
  expect(grainsOf(third)).toEqual(['5m']);
  expect(third.parked.map(({n, delta}) => [n, delta.target.grain, delta.measures.requests])).toEqual([
    [1, '1h', 1],
    [3, '1h', 1],
  ]);
  expect(pipeline.committed.parkedCount).toBe(1);
});

test('what was applied after all leaves the parked ones, what queued behind it meanwhile stays', () => {
  const pipeline = newPipeline();
  pipeline.receive([received(0)]);
  const {deltas} = pipeline.takeCommit({nowMs: noonMs, author: 'x', carries: 'as due'})!.commit;
  const entry = {lineage: 'lineage', n: 1, delta: deltas[0]!};
  pipeline.park([entry]);
  pipeline.receive([received(1)]);
  expect(takenFrom(pipeline).parked.map(({n}) => n)).toEqual([1, 2]);
  pipeline.unpark(entry.delta.target.id, [entry]);
  expect(takenFrom(pipeline).parked.map(({n}) => n)).toEqual([2]);
});

test('with nothing parked any more the document’s deltas go their usual way', () => {
  const pipeline = newPipeline();
  pipeline.receive([received(0)]);
  const {deltas} = pipeline.takeCommit({nowMs: noonMs, author: 'x', carries: 'as due'})!.commit;
  const entry = {lineage: 'lineage', n: 1, delta: deltas[0]!};
  pipeline.park([entry]);
  pipeline.unpark(entry.delta.target.id, [entry]);
  expect(commitOf(pipeline)?.parked).toEqual([]);
  pipeline.receive([received(1)]);
  expect(commitOf(pipeline)).toMatchObject({parked: [], deltas: [{measures: {requests: 1}}]});
});

test('the frontier stands before the oldest open record, resume the horizon behind the head', () => {
  const options = pipelineOptions();
  const pipeline = newPipeline(options);
  pipeline.receive(Array.from({length: 40}, (_, n) => received(n)));
  // A horizon of 10 s before the head at 39 s, and marks a second apart.
  expect(commitOf(pipeline)).toMatchObject({
    head: {sequenceNumber: 39},
    frontier: {sequenceNumber: -1},
    resume: {sequenceNumber: -1},
  });
  options.join.offer(
    Array.from({length: 35}, (_, n) => diagnosticsRow({requestId: `id-${n}`})),
    noonMs,
  );
  expect(commitOf(pipeline)).toMatchObject({
    frontier: {sequenceNumber: 34, offset: 'o34'},
    resume: {sequenceNumber: 28, offset: 'o28'},
  });
  options.join.offer(
    Array.from({length: 5}, (_, n) => diagnosticsRow({requestId: `id-${n + 35}`})),
    noonMs,
  );
  expect(commitOf(pipeline)).toMatchObject({
    frontier: {sequenceNumber: 39},
    resume: {sequenceNumber: 28},
    open: {runs: []},
  });
});

test('an old open record holds resume back, however far the head goes', () => {
  const options = pipelineOptions();
  const pipeline = newPipeline(options);
  pipeline.receive(Array.from({length: 100}, (_, n) => received(n)));
  options.join.offer(
    Array.from({length: 99}, (_, n) => diagnosticsRow({requestId: `id-${n < 5 ? n : n + 1}`})),
    noonMs,
  );
  expect(commitOf(pipeline)).toMatchObject({
    frontier: {sequenceNumber: 4},
    resume: {sequenceNumber: 4},
    open: {runs: [5, 1]},
  });
});

test('the arrival watermark follows the greatest event time by two minutes and never goes back', () => {
  const pipeline = newPipeline();
  pipeline.receive([received(0, {timestampMs: noonMs})]);
  expect(commitOf(pipeline)?.watermarks.arrivalMs).toBe(noonMs - 120_000);
  pipeline.receive([received(1, {timestampMs: noonMs - hourMs})]);
  expect(commitOf(pipeline)?.watermarks.arrivalMs).toBe(noonMs - 120_000);
});

test('on a quiet partition the arrival watermark follows the last empty read', () => {
  const pipeline = newPipeline();
  pipeline.receive([received(0, {id: ''})]);
  pipeline.idle(noonMs + hourMs);
  expect(commitOf(pipeline)?.watermarks).toEqual({
    arrivalMs: noonMs + hourMs - 120_000,
    resolvedMs: noonMs + hourMs - 120_000,
  });
});

test('the resolved watermark is held by the oldest event that waits', () => {
  const options = pipelineOptions();
  const pipeline = newPipeline(options);
  pipeline.receive([received(0, {timestampMs: noonMs - hourMs}), received(1)]);
  expect(commitOf(pipeline)?.watermarks.resolvedMs).toBe(noonMs - hourMs);
  options.join.offer([diagnosticsRow({requestId: 'id-0'})], noonMs);
  expect(commitOf(pipeline)?.watermarks.resolvedMs).toBe(noonMs + 1_000 - 120_000);
});

test('marks and memory are bounded by the time that is open, not by the load', () => {
  const options = pipelineOptions({dedupe: {horizonMs, idsMax: 500}});
  const pipeline = newPipeline(options);
  for (let n = 0; n < 5_000; n += 100) {
    pipeline.receive(Array.from({length: 100}, (_, i) => received(n + i, {atMs: noonMs + (n + i) * 10})));
    options.join.offer(
      Array.from({length: 100}, (_, i) => diagnosticsRow({requestId: `id-${n + i}`})),
      noonMs,
    );
    commitOf(pipeline);
    expect(pipeline.seenIds.size).toBeLessThanOrEqual(500);
  }
  expect(pipeline.seenIds.evicted).toBeGreaterThan(0);
});
