import {expect, test} from 'vitest';
import type {GatewayEvent} from '../decode/gateway-event.ts';
import {diagnosticsRow, gatewayEvent, noonMs} from '../event-fixture.ts';
import type {DiagnosticsRow} from '../join/diagnostics.ts';
import type {ShardedView} from '../windows/view.ts';
import type {AggregateDelta, DeltaMap} from './aggregate-delta.ts';
import {Fold} from './fold.ts';

const usage: ShardedView = {name: 'usage', on: 'arrival', groupBy: ['region'], windows: ['5m'], shards: 1};
const latency: ShardedView = {
  name: 'latency',
  on: 'resolved',
  groupBy: ['region', 'model', 'modelVersion', 'streamType', 'principal'],
  windows: ['5m'],
  shards: 1,
};

function arrivedOf(...events: Partial<GatewayEvent>[]): AggregateDelta {
  const fold = new Fold([usage]);
  for (const event of events) fold.arrived(gatewayEvent(event), noonMs);
  return onlyOf(fold);
}

function resolvedOf(event: Partial<GatewayEvent>, row: Partial<DiagnosticsRow> | undefined): AggregateDelta {
  const fold = new Fold([latency]);
  fold.resolved(gatewayEvent(event), noonMs, row && diagnosticsRow(row));
  return onlyOf(fold);
}

function takeAll(fold: Fold): AggregateDelta[] {
  const map: DeltaMap = new Map();
  fold.take(map);
  return [...map.values()];
}

function onlyOf(fold: Fold): AggregateDelta {
  const deltas = takeAll(fold);
  expect(deltas).toHaveLength(1);
  return deltas[0]!;
}

test.each([
  [200, 'unknown', 'succeeded'],
  [304, 'unknown', 'succeeded'],
  [399, 'unknown', 'succeeded'],
  [400, 'reported', 'failed'],
  [429, 'unknown', 'throttled'],
  [500, 'unknown', 'failed'],
  [undefined, 'reported', 'succeeded'],
  [undefined, 'estimated', 'succeeded'],
  [undefined, 'unknown', 'failed'],
] as const)('status %s with tokens %s counts as %s and as nothing else', (status, tokenSource, field) => {
  const {measures} = arrivedOf({status, tokenSource});
  expect(measures.requests).toBe(1);
  expect(measures.succeeded + measures.throttled + measures.failed).toBe(1);
  expect(measures[field]).toBe(1);
});

test('tokens are summed by kind, estimates included, and each request counts under one token source', () => {
  const tokens = {
    promptTokens: 10,
    completionTokens: 5,
    totalTokens: 15,
    cachedTokens: 2,
    reasoningTokens: 1,
  };
  const {measures} = arrivedOf(
    {...tokens, tokenSource: 'reported'},
    {...tokens, tokenSource: 'summed'},
    {...tokens, tokenSource: 'estimated'},
    {tokenSource: 'unknown'},
    {tokenSource: 'reported', totalTokens: 1},
  );
  expect(measures).toMatchObject({
    promptTokens: 30,
    completionTokens: 15,
    totalTokens: 46,
    cachedTokens: 6,
    reasoningTokens: 3,
    requestsTokensReported: 3,
    requestsTokensEstimated: 1,
    requestsTokensUnknown: 1,
  });
});

test('headroom keeps the least of both limits, from answers that told both', () => {
  const {measures} = arrivedOf(
    {remainingRequests: 5, remainingTokens: 900},
    {remainingRequests: 9, remainingTokens: 100},
    {remainingRequests: 0},
    {remainingTokens: 0},
  );
  expect(measures).toMatchObject({headroomSamples: 2, remainingRequestsMin: 5, remainingTokensMin: 100});
});

test('arrival views know no outcome of the join and no latency', () => {
  const fold = new Fold([usage, latency]);
  fold.arrived(gatewayEvent(), noonMs);
  const {measures, sketch, target} = onlyOf(fold);
  expect(target.view).toBe('usage');
  expect(measures).toMatchObject({matched: 0, unmatched: 0, durationCount: 0});
  expect(sketch).toBeUndefined();
});

test('a matched event adds its service time to every bound that it does not exceed', () => {
  const {measures, sketch} = resolvedOf({}, {durationMs: 1000});
  expect(measures).toMatchObject({
    matched: 1,
    unmatched: 0,
    durationCount: 1,
    durationMsSum: 1000,
    durationMsMin: 1000,
    durationMsMax: 1000,
  });
  expect(measures).toMatchObject({
    durationLe250: 0,
    durationLe500: 0,
    durationLe1000: 1,
    durationLe2000: 1,
    durationLe64000: 1,
    durationLeInf: 1,
  });
  expect(sketch?.count).toBe(1);
});

test('a service time beyond the last bound is counted under infinity alone', () => {
  expect(resolvedOf({}, {durationMs: 64_001}).measures).toMatchObject({durationLe64000: 0, durationLeInf: 1});
});

test('an error counts in the latency figures like any other answer', () => {
  expect(resolvedOf({status: 500}, {durationMs: 3}).measures).toMatchObject({
    failed: 1,
    matched: 1,
    durationCount: 1,
    durationMsSum: 3,
  });
});

test('a row without a usable service time matches and adds no latency', () => {
  const {measures, sketch} = resolvedOf({}, {durationMs: undefined});
  expect(measures).toMatchObject({matched: 1, durationCount: 0, durationMsMin: Infinity});
  expect(sketch).toBeUndefined();
});

test('an unmatched event still counts, under what the gateway knew', () => {
  const {measures, target} = resolvedOf({model: 'gpt-4o-mini', stream: false}, undefined);
  expect(measures).toMatchObject({requests: 1, unmatched: 1, matched: 0});
  expect(target.dimensions).toEqual([
    'eastus2',
    'all',
    'gpt-4o-mini',
    'unknown',
    'non-streaming',
    'all',
    'all',
    'unknown',
  ]);
});

test('diagnostics decide model, version, stream type and principal; what they leave open the gateway decides', () => {
  expect(resolvedOf({model: 'alias', stream: false}, {principal: 'p1'}).target.dimensions).toEqual([
    'eastus2',
    'all',
    'gpt-4o',
    '2024-08-06',
    'streaming',
    'all',
    'all',
    'p1',
  ]);
  const silent = {model: '', modelVersion: '', principal: '', streamType: 'unknown'} as const;
  expect(resolvedOf({model: 'alias', stream: true}, silent).target.dimensions).toEqual([
    'eastus2',
    'all',
    'alias',
    'unknown',
    'streaming',
    'all',
    'all',
    'unknown',
  ]);
});

test('groups with awkward values stay apart', () => {
  const view: ShardedView = {...usage, groupBy: ['consumer', 'product']};
  const fold = new Fold([view]);
  fold.arrived(gatewayEvent({consumer: 'a', product: 'b c'}), noonMs);
  fold.arrived(gatewayEvent({consumer: 'a b', product: 'c'}), noonMs);
  expect(takeAll(fold)).toHaveLength(2);
});

test('what was taken is gone, and what comes after belongs to the next take', () => {
  const fold = new Fold([usage]);
  fold.arrived(gatewayEvent(), noonMs);
  expect(fold.size).toBe(1);
  const first = onlyOf(fold);
  expect(fold.size).toBe(0);
  fold.arrived(gatewayEvent(), noonMs);
  expect(onlyOf(fold).measures.requests).toBe(1);
  expect(first.measures.requests).toBe(1);
});

test('a take adds to deltas that were carried', () => {
  const fold = new Fold([usage]);
  const carried: DeltaMap = new Map();
  fold.arrived(gatewayEvent(), noonMs);
  fold.take(carried);
  fold.arrived(gatewayEvent(), noonMs + 1);
  fold.take(carried);
  expect([...carried.values()].map(({measures}) => measures.requests)).toEqual([2]);
});
