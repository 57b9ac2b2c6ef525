import {expect, test} from 'vitest';
import type {Commit} from './commit/commit.ts';
import {diagnosticsRow, noonMs, received} from './event-fixture.ts';
import {decoder, half} from './halves/half-fixture.ts';
import {recordsOf} from './join/waiting-fixture.ts';
import {newPipeline, pipelineOptions, requestsOf, takenFrom} from './partition-pipeline-fixture.ts';
import {PartitionPipeline, type PartitionPipelineOptions} from './partition-pipeline.ts';
import type {ReceivedEvent} from './ports.ts';

const minute = 60_000;

function options(changes: Partial<PartitionPipelineOptions> = {}): PartitionPipelineOptions {
  return pipelineOptions({decoder, mergeWaitMs: 2 * minute, ...changes});
}

function recovered(commit: Commit, events: readonly ReceivedEvent[]): PartitionPipeline {
  const pipeline = new PartitionPipeline(options(), {kind: 'recovered', commit});
  pipeline.receive(events.filter(({sequenceNumber}) => sequenceNumber > commit.resume.sequenceNumber));
  return pipeline;
}

/** The sum of one kind of token over the arrival view. */
function tokensOf({deltas}: Pick<Commit, 'deltas'>): number {
  let total = 0;
  for (const {target, measures} of deltas) if (target.view === 'usage') total += measures.totalTokens;
  return total;
}

/** records = folded + merged + duplicates + dead letters + abandoned + in flight */
function isConserved({counts, halvesWaiting}: PartitionPipeline): boolean {
  const {records, folded, merged, duplicates, skipped, abandoned, deadLetters} = counts;
  let letters = 0;
  for (const times of deadLetters.values()) letters += times;
  return records === folded + merged + duplicates + skipped + letters + abandoned + halvesWaiting;
}

test.each([
  ['request', 'response'],
  ['response', 'request'],
] as const)('a %s and then a %s are one event, which open names both of', (first, second) => {
  const pipeline = newPipeline(options());
  pipeline.receive([half(0, first, {call: 'a'})]);
  expect(pipeline).toMatchObject({halvesWaiting: 1, openCount: 1, pendingDeltas: 0});
  expect(takenFrom(pipeline).open).toEqual({runs: [], others: [], calls: [{places: [0, 0], owes: 'both'}]});
  pipeline.receive([received(1), half(2, second, {call: 'a'})]);
  const commit = takenFrom(pipeline);
  expect(requestsOf(commit)).toEqual({usage: 2});
  expect(commit.open).toEqual({runs: [1, 1], others: [], calls: [{places: [0, 0, 2, 0], owes: 'resolved'}]});
  expect(commit.frontier.sequenceNumber).toBeLessThan(0);
  expect(pipeline.counts).toMatchObject({records: 3, folded: 2, merged: 1});
  expect(recordsOf(pipeline.waiting).map(({consumer}) => consumer)).toEqual(['unknown', 'team']);
  expect(isConserved(pipeline)).toBe(true);
});

test('a response alone counts once its wait is over; a request alone is a dead letter then', () => {
  const pipeline = newPipeline(options());
  pipeline.receive([half(0, 'response', {call: 'a'}), half(1, 'request', {call: 'b'})]);
  pipeline.receive([received(2, {atMs: noonMs + 2 * minute})]);
  expect(pipeline.counts).toMatchObject({folded: 1}); // not yet more than the wait
  pipeline.receive([received(3, {atMs: noonMs + 2 * minute + 1_001})]);
  expect(pipeline.counts).toMatchObject({records: 4, folded: 3, merged: 0});
  const commit = takenFrom(pipeline);
  expect(commit.deadLetters).toMatchObject([
    {sequenceNumber: 1, index: 0, reason: 'incomplete', layer: 'decode'},
  ]);
  expect(commit.open.calls).toEqual([{places: [0, 0], owes: 'resolved'}]);
  expect(isConserved(pipeline)).toBe(true);
});

test('on a quiet partition the wait is measured from when the half was read here', () => {
  const pipeline = newPipeline(options());
  pipeline.passTime(noonMs + 60 * minute);
  pipeline.receive([half(0, 'response', {call: 'a'})]);
  pipeline.idle(noonMs + 62 * minute - 1);
  expect(pipeline.counts.folded).toBe(0);
  pipeline.idle(noonMs + 62 * minute);
  expect(pipeline.counts.folded).toBe(1);
});

test('a half that comes too late is a duplicate, and so is one that comes twice', () => {
  const pipeline = newPipeline(options({dedupe: {horizonMs: 10 * minute, idsMax: 1_000}}));
  pipeline.receive([half(0, 'response', {call: 'a'}), half(1, 'response', {call: 'a'})]);
  expect(pipeline.counts).toMatchObject({duplicates: 1});
  pipeline.receive([half(2, 'request', {call: 'a'}, noonMs + 3 * minute)]);
  pipeline.receive([half(3, 'response', {call: 'a'}, noonMs + 4 * minute)]);
  expect(pipeline.counts).toMatchObject({records: 4, folded: 1, merged: 0, duplicates: 3});
  expect(isConserved(pipeline)).toBe(true);
});

test('a response that comes after its request was set aside counts', () => {
  const pipeline = newPipeline(options());
  pipeline.receive([half(0, 'request', {call: 'a'})]);
  pipeline.receive([half(1, 'response', {call: 'a'}, noonMs + 3 * minute)]);
  pipeline.receive([received(2, {atMs: noonMs + 6 * minute})]);
  expect(pipeline.counts).toMatchObject({folded: 2, merged: 0});
  expect(takenFrom(pipeline).deadLetters).toMatchObject([{sequenceNumber: 0, reason: 'incomplete'}]);
});

test('a call waits for the telling that has its counts, and an error ends it at once', () => {
  const pipeline = newPipeline(options());
  pipeline.receive([
    half(0, 'request', {call: 'a'}),
    half(1, 'response', {call: 'a', total: undefined}),
    half(2, 'request', {call: 'b'}),
    half(3, 'error', {call: 'b', status: 429, total: undefined}),
  ]);
  expect(pipeline.counts).toMatchObject({folded: 1, merged: 1});
  pipeline.receive([half(4, 'response', {call: 'a', total: 7})]);
  expect(pipeline.counts).toMatchObject({folded: 2, merged: 3, duplicates: 0});
  expect(tokensOf(takenFrom(pipeline))).toBe(7);
});

test('the arrival watermark does not pass a half that waits', () => {
  const pipeline = newPipeline(options({mergeWaitMs: 60 * minute}));
  pipeline.passTime(noonMs);
  pipeline.receive([half(0, 'response', {call: 'a', time: noonMs / 1000})]);
  pipeline.receive([received(1, {atMs: noonMs + 30 * minute})]);
  expect(takenFrom(pipeline).watermarks.arrivalMs).toBe(noonMs);
  pipeline.idle(noonMs + 40 * minute);
  expect(pipeline.watermarks.arrivalMs).toBe(noonMs);
});

test('a next owner merges a half that waited with the other, and counts once what was merged', () => {
  const events = [
    half(0, 'request', {call: 'waits'}),
    half(1, 'request', {call: 'merged'}),
    half(2, 'response', {call: 'merged'}),
    half(3, 'response', {call: 'waits', total: undefined}),
    half(4, 'request', {call: 'later'}),
  ];
  const pipeline = newPipeline(options());
  pipeline.receive(events);
  const commit = takenFrom(pipeline);
  expect(commit.open.calls).toHaveLength(3);
  const next = recovered(commit, [...events, half(5, 'response', {call: 'later'})]);
  expect(next.counts).toMatchObject({reread: 5, records: 4, folded: 1, merged: 1, lost: 0});
  expect(next).toMatchObject({openCount: 3, halvesWaiting: 2});
  next.receive([received(6, {atMs: noonMs + 30 * minute})]);
  expect(requestsOf(takenFrom(next))).toEqual({usage: 3});
  expect(recordsOf(next.waiting).map(({requestId, consumer}) => [requestId, consumer])).toEqual([
    ['id-merged', 'team'],
    ['id-later', 'team'],
    ['id-waits', 'team'],
    ['id-6', 'unknown'],
  ]);
  expect(isConserved(next)).toBe(true);
});

test('what came too late before a crash comes too late after it', () => {
  const events = [half(0, 'response', {call: 'a'}), half(1, 'request', {call: 'a'}), received(2)];
  const pipeline = newPipeline(options());
  pipeline.receive(events);
  const next = recovered(takenFrom(pipeline), [
    ...events,
    half(3, 'response', {call: 'a'}),
    half(4, 'request', {call: 'a'}),
  ]);
  expect(next.counts).toMatchObject({records: 2, duplicates: 2, folded: 0});
});

test.each([
  ['the same owner', 4],
  ['a next owner', 3],
])(
  'a request that is late by the last telling of its response is a duplicate for %s',
  (_owner, readBefore) => {
    const horizonMs = 10 * minute;
    const at = (minutes: number): number => noonMs + minutes * minute;
    const events = [
      half(0, 'response', {call: 'a'}, at(0)),
      half(1, 'request', {call: 'a'}, at(1)),
      half(2, 'response', {call: 'a'}, at(8)),
      half(3, 'request', {call: 'a'}, at(12)),
      received(4, {atMs: at(30)}),
    ];
    const settings = options({dedupe: {horizonMs, idsMax: 1_000}});
    const first = newPipeline(settings);
    first.receive(events.slice(0, readBefore));
    const commit = takenFrom(first);
    const next = new PartitionPipeline(settings, {kind: 'recovered', commit});
    next.receive(events.filter(({sequenceNumber}) => sequenceNumber > commit.resume.sequenceNumber));
    const sum = (of: (pipeline: PartitionPipeline) => number): number => of(first) + of(next);
    expect(sum(({counts}) => counts.duplicates)).toBe(2);
    expect(sum(({counts}) => counts.folded)).toBe(2);
    expect(next.counts.deadLetters.size).toBe(0);
  },
);

test('a call of which one half has expired is lost as a whole, and told once', () => {
  const events = [
    half(0, 'request', {call: 'a'}),
    received(1),
    half(2, 'response', {call: 'a'}),
    received(3),
  ];
  const pipeline = newPipeline(options());
  pipeline.receive(events);
  const commit = takenFrom(pipeline);
  const next = new PartitionPipeline(options(), {kind: 'recovered', commit});
  expect(next.takeLost(1)).toEqual([{sequenceNumber: 0, index: 0}]);
  next.skipExpired(1);
  next.receive(events.slice(1));
  expect(next.takeLost(1)).toEqual([]);
  expect(next).toMatchObject({openCount: 2, counts: {lost: 1}});
  expect(takenFrom(next).deadLetters).toMatchObject([{sequenceNumber: 0, reason: 'lost'}]);
});

test('a crash while a call is read again half does not forget it', () => {
  const events = [half(0, 'request', {call: 'a'}), received(1), half(2, 'response', {call: 'a'})];
  const pipeline = newPipeline(options());
  pipeline.receive(events);
  const commit = takenFrom(pipeline);
  const inBetween = new PartitionPipeline(options(), {kind: 'recovered', commit});
  inBetween.receive(events.slice(0, 1));
  const again = inBetween.takeCommit({
    nowMs: noonMs,
    author: 'b',
    carries: 'as due',
    evenIfUnchanged: true,
  })!.commit;
  expect(again.open).toEqual(commit.open);
});

test('counts that are told again with another call are unknown there, also after a crash', () => {
  const call = (n: number, id: string): ReceivedEvent => {
    const body = {apim_request_id: id, message_guid: 'one', total: 1};
    return {...received(n), body: JSON.stringify(body)};
  };
  const pipeline = newPipeline(options({decoder: toldAgain}));
  const events = [call(0, 'a'), call(1, 'b'), call(2, 'a')];
  pipeline.receive(events);
  const commit = takenFrom(pipeline);
  expect(pipeline.counts).toMatchObject({folded: 2, duplicates: 1});
  expect(commit.open).toEqual({
    runs: [0, 1],
    others: [],
    calls: [{places: [1, 0], owes: 'resolved', withoutTokens: true}],
  });
  expect(tokensOf(commit)).toBe(1);
  const nextOptions = options({decoder: toldAgain});
  const next = new PartitionPipeline(nextOptions, {kind: 'recovered', commit});
  next.receive(events);
  nextOptions.join.offer([diagnosticsRow({requestId: 'a'}), diagnosticsRow({requestId: 'b'})], noonMs);
  const resolved = takenFrom(next).deltas.filter(({target}) => target.view === 'latency');
  expect(resolved.map(({measures}) => [measures.requests, measures.totalTokens])).toEqual([[2, 1]]);
});

/** As gateways that send the last call's counts again with the next. */
const toldAgain: PartitionPipelineOptions['decoder'] = {
  decode(body, enqueuedTimeMs) {
    const {apim_request_id: requestId, message_guid} = JSON.parse(String(body)) as Record<string, string>;
    const event = {
      ...received(0),
      body: JSON.stringify({
        schemaVersion: 1,
        requestId,
        status: 200,
        timestamp: new Date(enqueuedTimeMs).toISOString(),
        headers: {'x-ms-region': 'eastus2'},
        usage: {prompt_tokens: 0, completion_tokens: 1, total_tokens: 1},
      }),
    };
    const [record] = decoder.decode(event.body, enqueuedTimeMs);
    return record?.kind === 'event' ? [{...record, tokensOf: `test ${message_guid}`}] : [];
  },
};
