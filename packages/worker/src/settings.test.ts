import {expect, test} from 'vitest';
import {loadConfig} from './config/config.ts';
import {workerSettings} from './settings.ts';

const required = {
  EVENT_HUBS_CONNECTION_STRING:
    'Endpoint=sb://127.0.0.1;SharedAccessKeyName=n;SharedAccessKey=k;UseDevelopmentEmulator=true',
  EVENT_HUB_NAME: 'hub',
  STORAGE_CONNECTION_STRING: 'UseDevelopmentStorage=true',
  LOG_ANALYTICS_WORKSPACE_ID: '00000000-0000-4000-8000-000000000000',
  LOG_ANALYTICS_ENDPOINT: 'http://127.0.0.1:1',
  COSMOS_ENDPOINT: 'http://127.0.0.1:1',
  COSMOS_KEY: 'a2V5',
};

function settingsOf(env: Record<string, string> = {}): ReturnType<typeof workerSettings> {
  return workerSettings(loadConfig({flags: {}, env: {...required, ...env}}).config, 'worker-1');
}

test('the defaults of DESIGN.md reach the worker', () => {
  const minute = 60_000;
  expect(settingsOf()).toMatchObject({
    flushIntervalMs: 10_000,
    dedupe: {horizonMs: 5 * minute, idsMax: 10_000_000},
    partition: {
      mergeWaitMs: 2 * minute,
      refreshMs: {'5m': 10_000, '1h': minute, '1d': 10 * minute},
      retentionMs: {'5m': 30 * 86_400_000, '1h': 400 * 86_400_000, '1d': undefined},
      assign: {earlyMaxMs: 5 * minute, lateMaxMs: undefined, beyond: 'deadLetter'},
      commitBytesMax: 8 * 1024 * 1024,
      parkedDocumentsMax: 1_000,
      waitingMax: 1_000_000,
      ownershipIntervalMs: 10_000,
      owner: 'worker-1',
      startsAtTime: false,
    },
    lookup: {
      feedIntervalMs: 15_000,
      settleMs: 45_000,
      sweepAfterMs: undefined,
      sweepAfterDefaultMs: {withFeed: 12 * minute, withoutFeed: 4 * minute},
      sweepIntervalMs: 8 * minute,
      deadlineMs: 30 * minute,
      waitMaxMs: 720 * minute,
      rowsAheadMax: 200_000,
      concurrency: 3,
    },
  });
  expect(settingsOf().partition.views.map(({name, shards}) => [name, shards])).toEqual([
    ['region-usage', 1],
    ['region-latency', 1],
    ['chargeback', 1],
  ]);
});

test('what is set reaches the worker', () => {
  const env = {
    WEIR_JOIN_SWEEP_AFTER: '3s',
    WEIR_ASSIGN_POLICY: 'clamp',
    WEIR_ASSIGN_LATE_MAX: '1h',
    WEIR_REFRESH_1D: '2s',
    WEIR_SHARDS: '4',
  };
  const {lookup, partition} = settingsOf(env);
  expect(lookup.sweepAfterMs).toBe(3_000);
  expect(partition).toMatchObject({
    assign: {beyond: 'clamp', lateMaxMs: 3_600_000},
    refreshMs: {'1d': 2_000},
  });
  expect(partition.views.every(({shards}) => shards === 4)).toBe(true);
});

test('only a start at a time makes a first commit wait for an event', () => {
  expect(settingsOf({WEIR_SOURCE_START_POSITION: '2024-05-17T12:00:00Z'}).partition.startsAtTime).toBe(true);
  expect(settingsOf({WEIR_SOURCE_START_POSITION: 'latest'}).partition.startsAtTime).toBe(false);
});
