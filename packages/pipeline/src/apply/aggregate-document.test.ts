import {expect, test} from 'vitest';
import {diagnosticsRow, gatewayEvent, noonMs} from '../event-fixture.ts';
import type {AggregateDelta, DeltaMap} from '../fold/aggregate-delta.ts';
import {Fold} from '../fold/fold.ts';
import type {StoredDocument} from '../ports.ts';
import type {ShardedView} from '../windows/view.ts';
import {
  addContributions,
  formatAggregate,
  isPastRetention,
  newAggregate,
  readAggregate,
  UnreadableDocumentError,
} from './aggregate-document.ts';

const dayMs = 86_400_000;
const view: ShardedView = {
  name: 'latency',
  on: 'resolved',
  groupBy: ['region', 'model', 'streamType'],
  windows: ['5m'],
  shards: 1,
};

function deltaOf(durations: readonly number[], atMs = noonMs): AggregateDelta {
  const fold = new Fold([view]);
  for (const durationMs of durations) fold.resolved(gatewayEvent(), atMs, diagnosticsRow({durationMs}));
  if (durations.length === 0) fold.resolved(gatewayEvent(), atMs, undefined);
  const deltas: DeltaMap = new Map();
  fold.take(deltas);
  return [...deltas.values()][0]!;
}

function documentOf(
  delta: AggregateDelta,
  {nowMs = noonMs + 1000, retentionMs = 30 * dayMs}: {nowMs?: number; retentionMs?: number | undefined} = {},
): StoredDocument {
  const state = newAggregate(delta.target);
  addContributions(state, [{source: 'aaaaaaaa/0/bbbbbbbb', n: 1, delta}]);
  return formatAggregate(state, {nowMs, retentionMs});
}

/** The contract, word for word: DESIGN.md, "The aggregate document". */
const textFields =
  'id pk view grain windowStart windowEnd date region deployment model modelVersion streamType consumer product principal costCurrency priceVersion updatedAt stateSketch stateApplied';
const numberFields =
  'hour weekday requests succeeded throttled failed matched unmatched promptTokens completionTokens totalTokens cachedTokens reasoningTokens requestsTokensReported requestsTokensEstimated requestsTokensUnknown durationCount durationMsSum durationMsMin durationMsMax durationMsMean durationMsP50 durationMsP90 durationMsP95 durationMsP99 durationLe250 durationLe500 durationLe1000 durationLe2000 durationLe4000 durationLe8000 durationLe16000 durationLe32000 durationLe64000 durationLeInf costMicros requestsUnpriced remainingRequestsMin remainingTokensMin headroomSamples revision schemaVersion ttl';

test.each([
  ['with latencies', [700, 900]],
  ['over nothing', []],
])('a document %s has exactly the fields of the contract, each of its type', (_, durations) => {
  const document = documentOf(deltaOf(durations));
  const types = Object.fromEntries(Object.entries(document).map(([field, value]) => [field, typeof value]));
  const expected = [
    ...textFields.split(' ').map((field) => [field, 'string']),
    ...numberFields.split(' ').map((field) => [field, 'number']),
  ];
  expect(types).toEqual(Object.fromEntries(expected));
  expect(numberFields.split(' ').filter((field) => !Number.isFinite(document[field]))).toEqual([]);
});

test('identity tells the window in UTC', () => {
  expect(documentOf(deltaOf([1], Date.UTC(2024, 4, 17, 13, 17)))).toMatchObject({
    view: 'latency',
    grain: '5m',
    pk: 'latency|5m|2024-05-17',
    windowStart: '2024-05-17T13:15:00.000Z',
    windowEnd: '2024-05-17T13:20:00.000Z',
    date: '2024-05-17',
    hour: 13,
    region: 'eastus2',
    deployment: 'all',
    model: 'gpt-4o',
    streamType: 'streaming',
    consumer: 'all',
  });
});

test.each([
  [17, 5],
  [18, 6],
  [19, 7],
  [20, 1],
  [21, 2],
])('%i May 2024 is day %i of the week, Monday being 1', (day, weekday) => {
  expect(documentOf(deltaOf([1], Date.UTC(2024, 4, day, 0, 1)))['weekday']).toBe(weekday);
});

test('minimum, maximum, mean and quantiles over nothing are 0 with a count of 0', () => {
  const document = documentOf(deltaOf([]));
  const names = ['Min', 'Max', 'Mean', 'P50', 'P90', 'P95', 'P99', 'Sum'].map(
    (name) => document[`durationMs${name}`],
  );
  expect(new Set(names)).toEqual(new Set([0]));
  expect(document).toMatchObject({
    durationCount: 0,
    headroomSamples: 0,
    remainingRequestsMin: 0,
    remainingTokensMin: 0,
    stateSketch: '',
  });
});

test('mean and quantiles are not rounded', () => {
  const document = documentOf(deltaOf([900, 1001, 1103]));
  expect(document['durationMsMean']).toBe(3004 / 3);
  expect(Number.isInteger(document['durationMsP50'])).toBe(false);
  expect(Math.abs(Number(document['durationMsP50']) - 1001)).toBeLessThanOrEqual(10.01);
});

test('quantiles of one value are that value', () => {
  expect(documentOf(deltaOf([777]))).toMatchObject({
    durationMsP50: 777,
    durationMsP90: 777,
    durationMsP95: 777,
    durationMsP99: 777,
  });
});

test('the time to live counts from this write to the end of the retention, at least a second, and -1 is for ever', () => {
  const windowEndMs = noonMs + 300_000;
  expect(documentOf(deltaOf([1]), {nowMs: windowEndMs, retentionMs: dayMs})['ttl']).toBe(86_400);
  expect(documentOf(deltaOf([1]), {nowMs: windowEndMs + dayMs - 1, retentionMs: dayMs})['ttl']).toBe(1);
  expect(documentOf(deltaOf([1]), {nowMs: windowEndMs + 9 * dayMs, retentionMs: dayMs})['ttl']).toBe(1);
  const state = newAggregate(deltaOf([1]).target);
  expect(formatAggregate(state, {nowMs: noonMs, retentionMs: undefined})['ttl']).toBe(-1);
});

test('a window is past its retention from the moment on at which its document would be gone', () => {
  const {target} = deltaOf([1]);
  const endMs = target.windowStartMs + 300_000;
  expect(isPastRetention(target, dayMs, endMs + dayMs - 1)).toBe(false);
  expect(isPastRetention(target, dayMs, endMs + dayMs)).toBe(true);
  expect(isPastRetention(target, undefined, 1e15)).toBe(false);
});

test('a document that was read gives the same document again', () => {
  for (const durations of [[], [3, 70_000]]) {
    const delta = deltaOf(durations);
    const document = documentOf(delta);
    const state = readAggregate(delta.target, document);
    expect(formatAggregate(state, {nowMs: noonMs + 1000, retentionMs: 30 * dayMs})).toEqual(document);
  }
});

test.each([
  ['a newer schema', {schemaVersion: 2}],
  ['no schema', {schemaVersion: undefined}],
  ['a count that is text', {requests: '4'}],
  ['a missing count', {totalTokens: undefined}],
  ['a missing minimum', {durationMsMin: null}],
  ['a missing sketch', {stateSketch: undefined}],
  ['a damaged sketch', {stateSketch: '!!'}],
  ['no memory of what was applied', {stateApplied: undefined}],
  ['a damaged memory of what was applied', {stateApplied: '{'}],
  ['no revision', {revision: undefined}],
])('a document with %s is unreadable, never taken for empty', (_, change) => {
  const delta = deltaOf([5]);
  expect(() => readAggregate(delta.target, {...documentOf(delta), ...change})).toThrow(
    UnreadableDocumentError,
  );
});

test('fields that others added to a document do no harm', () => {
  const delta = deltaOf([5]);
  expect(readAggregate(delta.target, {...documentOf(delta), _ts: 1, note: 'x'}).sum.measures.requests).toBe(
    1,
  );
});
