import {
  addContributions,
  defaultViews,
  formatAggregate,
  newAggregate,
  type AggregateDelta,
} from '@weir/pipeline';
import {Fold} from '../../../pipeline/src/fold/fold.ts';
import {diagnosticsRow, gatewayEvent, noonMs} from '../../../pipeline/src/event-fixture.ts';
import {expect, test} from 'vitest';
import {regionRows, type ConfirmedDocument} from './region-board.ts';

const views = defaultViews.map((view) => ({...view, shards: 1}));

interface Call {
  readonly region: string;
  readonly atMs?: number;
  readonly durationMs?: number;
  readonly stream?: boolean;
  readonly deployment?: string;
}

/** All documents that these calls make, as Cosmos DB would confirm them. */
function documentsOf(calls: readonly Call[]): ConfirmedDocument[] {
  const fold = new Fold(views);
  for (const {region, atMs = noonMs, durationMs, stream = true, deployment = 'a'} of calls) {
    const event = gatewayEvent({region, deployment, tokenSource: 'reported', totalTokens: 10});
    fold.arrived(event, atMs);
    const streamType = stream ? 'streaming' : 'non-streaming';
    fold.resolved(
      event,
      atMs,
      durationMs === undefined ? undefined : diagnosticsRow({durationMs, streamType}),
    );
  }
  const deltas = new Map<string, AggregateDelta>();
  fold.take(deltas);
  return [...deltas.values()].map((delta) => {
    const state = newAggregate(delta.target);
    addContributions(state, [{source: 'a', n: 1, delta}]);
    return {target: delta.target, document: formatAggregate(state, {nowMs: noonMs, retentionMs: undefined})};
  });
}

test('a region’s row adds up its deployments and models in its latest window', () => {
  const rows = regionRows(
    views,
    documentsOf([
      {region: 'eastus2', durationMs: 100},
      {region: 'eastus2', durationMs: 300, stream: false, deployment: 'b'},
      {region: 'eastus2'},
      {region: 'eastus2', durationMs: 9_000, atMs: noonMs - 300_000},
    ]),
  );
  expect(rows).toMatchObject([
    {
      region: 'eastus2',
      windowStart: '2024-05-17T12:00:00.000Z',
      requests: 3,
      tokens: 30,
      matched: 2,
      unmatched: 1,
      streamingShare: 0.5,
    },
  ]);
  expect(rows[0]?.p99Ms).toBeLessThan(9_000);
});

test('the order in which documents were written does not show', () => {
  const documents = documentsOf([
    {region: 'eastus2', durationMs: 100},
    {region: 'eastus2', durationMs: 200, deployment: 'b', stream: false},
    {region: 'eastus2', durationMs: 200, atMs: noonMs - 900_000},
  ]);
  expect(regionRows(views, documents.toReversed())).toEqual(regionRows(views, documents));
});

test('before the first diagnostics there is no latency', () => {
  const [row] = regionRows(
    views,
    documentsOf([{region: 'eastus2'}]).filter(({target}) => target.view === 'region-usage'),
  );
  expect(row).toMatchObject({requests: 1, p50Ms: undefined, streamingShare: undefined, matched: 0});
});

test('the busiest region comes first', () => {
  const rows = regionRows(views, documentsOf([{region: 'a'}, {region: 'b'}, {region: 'b'}]));
  expect(rows.map(({region}) => region)).toEqual(['b', 'a']);
});

test('at most 200 regions are shown, however many there are', () => {
  const calls = Array.from({length: 250}, (_, n) => ({region: `r${n}`}));
  expect(regionRows(views, documentsOf(calls)).length).toBeLessThanOrEqual(200);
});

test('without a view by region there is nothing to show', () => {
  expect(regionRows([], documentsOf([{region: 'a'}]))).toEqual([]);
});
