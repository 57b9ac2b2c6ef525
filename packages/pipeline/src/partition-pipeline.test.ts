import {expect, test} from 'vitest';
import {diagnosticsRow, noonMs, received} from './event-fixture.ts';
import {recordsOf} from './join/waiting-fixture.ts';
import {
  commitOf,
  horizonMs,
  newPipeline,
  pipelineOptions,
  requestsOf,
  takenFrom,
} from './partition-pipeline-fixture.ts';

test('an event counts on arrival, and once more when its diagnostics come', () => {
  const options = pipelineOptions();
  const pipeline = newPipeline(options);
  pipeline.receive([received(0, {id: 'a'})]);
  expect(requestsOf(takenFrom(pipeline))).toEqual({usage: 1});
  options.join.offer([diagnosticsRow({requestId: 'a'})], noonMs);
  const commit = takenFrom(pipeline);
  expect(requestsOf(commit)).toEqual({latency: 1});
  expect(commit.deltas[0]?.measures).toMatchObject({matched: 1, durationMsSum: 700});
});

test('an event without an id counts as unmatched at once', () => {
  const pipeline = newPipeline();
  pipeline.receive([received(0, {id: ''})]);
  expect(pipeline.openCount).toBe(0);
  const {deltas} = takenFrom(pipeline);
  expect(requestsOf({deltas})).toEqual({usage: 1, latency: 1});
  expect(pipeline.counts).toMatchObject({folded: 1, noId: 1});
});

test('each element of a body is a record of its own', () => {
  const pipeline = newPipeline();
  const one = JSON.parse(String(received(0).body)) as object;
  const body = JSON.stringify([{...one, requestId: 'a'}, {colour: 'blue'}, {...one, requestId: 'b'}]);
  pipeline.receive([received(0, {body})]);
  expect(pipeline.counts).toMatchObject({inputEvents: 1, inputBytes: body.length, records: 3, folded: 2});
  expect(recordsOf(pipeline.waiting).map(({requestId, index}) => [requestId, index])).toEqual([
    ['a', 0],
    ['b', 2],
  ]);
  expect(takenFrom(pipeline).deadLetters).toMatchObject([
    {sequenceNumber: 0, index: 1, offset: 'o0', reason: 'unknown shape', layer: 'decode'},
  ]);
});

test('a repeat within the horizon is a duplicate, and each sighting renews it', () => {
  const pipeline = newPipeline();
  const at = [0, horizonMs, 2 * horizonMs, 3 * horizonMs + 1];
  pipeline.receive(at.map((ms, n) => received(n, {id: 'a', atMs: noonMs + ms})));
  expect(pipeline.counts).toMatchObject({records: 4, folded: 2, duplicates: 2});
});

test('an event delivered again is dropped by its position before dedupe looks at it', () => {
  const pipeline = newPipeline();
  const events = [received(0), received(1)];
  pipeline.receive(events);
  pipeline.receive([...events, received(2)]);
  expect(pipeline.counts).toMatchObject({inputEvents: 5, records: 3, folded: 3, duplicates: 0});
  expect(pipeline.head.sequenceNumber).toBe(2);
});

test('early and late are judged against the enqueued time', () => {
  const pipeline = newPipeline(
    pipelineOptions({assign: {earlyMaxMs: 1_000, lateMaxMs: 2_000, beyond: 'deadLetter'}}),
  );
  pipeline.receive([
    received(0, {timestampMs: noonMs + 1_000}),
    received(1, {timestampMs: noonMs + 1_000 + 1_001}),
    received(2, {timestampMs: noonMs + 2_000 - 2_001}),
  ]);
  expect(pipeline.counts).toMatchObject({folded: 1, tooEarly: 1, tooLate: 1});
  const letters = takenFrom(pipeline).deadLetters.map(({sequenceNumber, reason, layer}) => [
    sequenceNumber,
    reason,
    layer,
  ]);
  expect(letters).toEqual([
    [1, 'too early', 'assign'],
    [2, 'too late', 'assign'],
  ]);
});

test('a clamped event counts in the window of the limit, and waits with that time', () => {
  const pipeline = newPipeline(
    pipelineOptions({assign: {earlyMaxMs: 0, lateMaxMs: 60_000, beyond: 'clamp'}}),
  );
  pipeline.receive([
    received(0, {timestampMs: noonMs - 86_400_000}),
    received(1, {timestampMs: noonMs + 86_400_000}),
  ]);
  expect(pipeline.counts).toMatchObject({folded: 2, clampedLate: 1, clampedEarly: 1});
  expect(recordsOf(pipeline.waiting).map(({eventTimeMs}) => eventTimeMs)).toEqual([
    noonMs - 60_000,
    noonMs + 1_000,
  ]);
  const starts = takenFrom(pipeline).deltas.map(({target}) => target.windowStartMs);
  expect(new Set(starts)).toEqual(new Set([noonMs - 300_000, noonMs]));
});

test('events behind the greatest event time are counted as out of order', () => {
  const pipeline = newPipeline();
  pipeline.receive([5, 3, 5, 4].map((s, n) => received(n, {timestampMs: noonMs + s * 1000})));
  expect(pipeline.counts.outOfOrder).toBe(2);
});

test('a jump stops reading before it, and goes on behind it once it is accepted', () => {
  const pipeline = newPipeline();
  const events = [received(0), received(5), received(6)];
  expect(pipeline.receive(events)).toEqual({gap: {after: 0, before: 5}, consumed: 1});
  expect(pipeline.counts).toMatchObject({inputEvents: 1, records: 1, gapEvents: 0});
  expect(pipeline.head.sequenceNumber).toBe(0);
  pipeline.acceptGap({after: 0, before: 5});
  expect(pipeline.receive(events, 1)).toBeUndefined();
  expect(pipeline.counts).toMatchObject({inputEvents: 3, records: 3, gapEvents: 4});
  expect(pipeline.head.sequenceNumber).toBe(6);
  expect(takenFrom(pipeline).head.sequenceNumber).toBe(6);
});

test('a gap is accepted only where reading stands', () => {
  const pipeline = newPipeline();
  pipeline.receive([received(0)]);
  expect(() => pipeline.acceptGap({after: 3, before: 9})).toThrow('a gap begins where reading stands');
});

test('a hub whose log begins later is no jump for a partition that has read nothing', () => {
  const pipeline = newPipeline();
  expect(pipeline.receive([received(4_711)])).toBeUndefined();
  expect(pipeline.head.sequenceNumber).toBe(4_711);
});

test('a partition that starts behind a position notices a jump right there', () => {
  const pipeline = newPipeline(pipelineOptions(), {
    sequenceNumber: 10,
    offset: 'o10',
    enqueuedTimeMs: noonMs,
  });
  expect(pipeline.receive([received(12)])).toEqual({gap: {after: 10, before: 12}, consumed: 0});
});

test('without news there is no commit', () => {
  const pipeline = newPipeline();
  pipeline.receive([received(0)]);
  expect(commitOf(pipeline)?.n).toBe(1);
  expect(commitOf(pipeline)).toBeUndefined();
  pipeline.idle(noonMs + 60_000);
  expect(commitOf(pipeline)).toBeUndefined();
});

test('an event that only was a duplicate moves the head by a commit all the same', () => {
  const pipeline = newPipeline();
  pipeline.receive([received(0, {id: 'a'})]);
  commitOf(pipeline);
  pipeline.receive([received(1, {id: 'a'})]);
  expect(commitOf(pipeline)).toMatchObject({n: 2, head: {sequenceNumber: 1}, deltas: []});
});

test('a partition that has read nothing commits once, so that its journal exists', () => {
  const pipeline = newPipeline();
  expect(commitOf(pipeline)).toMatchObject({n: 1, head: {sequenceNumber: -1}, deltas: []});
  expect(commitOf(pipeline)).toBeUndefined();
});

test('a commit tells how long the oldest of what it folds has been enqueued, by kind of view', () => {
  const options = pipelineOptions();
  const pipeline = newPipeline(options);
  pipeline.receive([received(0, {id: 'a'}), received(1, {id: 'b'})]);
  const take = {nowMs: noonMs, author: 'x', carries: 'as due'} as const;
  expect(pipeline.takeCommit(take)?.oldest).toEqual({arrivalMs: noonMs, resolvedMs: Infinity});
  options.join.offer([diagnosticsRow({requestId: 'b'})], noonMs);
  expect(pipeline.takeCommit(take)?.oldest).toEqual({arrivalMs: Infinity, resolvedMs: noonMs + 1_000});
});
