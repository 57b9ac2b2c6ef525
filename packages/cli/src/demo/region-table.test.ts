import {
  addContributions,
  defaultViews,
  formatAggregate,
  newAggregate,
  type AggregateDelta,
} from '@weir/pipeline';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {CosmosEmulator} from '../../../emulators/src/cosmos/emulator.ts';
import {connect} from '../../../emulators/src/cosmos/emulator-fixture.ts';
import {diagnosticsRow, gatewayEvent, noonMs} from '../../../pipeline/src/event-fixture.ts';
import {Fold} from '../../../pipeline/src/fold/fold.ts';
import {regionTable} from './region-table.ts';

let emulator: CosmosEmulator;
beforeAll(async () => {
  emulator = await CosmosEmulator.start();
});
afterAll(() => emulator.close());

/** A demo's worth of documents: several windows, deployments and stream types of each region. */
function deltas(): AggregateDelta[] {
  const fold = new Fold(defaultViews.map((view) => ({...view, shards: 1})));
  for (let n = 0; n < 3_000; n++) {
    const event = gatewayEvent({
      region: ['swedencentral', 'francecentral', 'eastus'][n % 3]!,
      deployment: `gpt-${n % 2}`,
      tokenSource: 'reported',
      totalTokens: 12_345,
    });
    const atMs = noonMs + (n % 5) * 1_800_000;
    fold.arrived(event, atMs);
    const row = diagnosticsRow({durationMs: 45_000, streamType: n % 4 === 0 ? 'non-streaming' : 'streaming'});
    fold.resolved(event, atMs, n % 10 === 9 ? undefined : row);
  }
  const taken = new Map<string, AggregateDelta>();
  fold.take(taken);
  return [...taken.values()];
}

test('the table adds up all windows of each region and fits 80 columns', async () => {
  const client = connect(emulator);
  const {database} = await client.databases.createIfNotExists({id: 'weir'});
  const {container} = await database.containers.createIfNotExists({
    id: 'aggregates',
    partitionKey: {paths: ['/pk']},
  });
  for (const delta of deltas()) {
    const state = newAggregate(delta.target);
    addContributions(state, [{source: 'a', n: 1, delta}]);
    await container.items.create(formatAggregate(state, {nowMs: noonMs, retentionMs: undefined}));
  }
  client.dispose();

  const lines = (await regionTable(emulator)).split('\n');
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  const cells = lines.map((line) => line.trim().split(/ +/));
  expect(cells[0]?.[0]).toBe('region');
  expect(cells.slice(1).map(([region, requests, tokens]) => [region, requests, tokens])).toEqual(
    ['eastus', 'francecentral', 'swedencentral'].map((region) => [region, '1,000', '12,345,000']),
  );
  for (const row of cells.slice(1)) expect(row.slice(-2)).toEqual(['900', '100']);
});
