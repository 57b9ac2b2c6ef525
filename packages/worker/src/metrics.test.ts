import {expect, test} from 'vitest';
import {createMetrics, regionLabelsMax} from './metrics.ts';

/** The names that dashboards and the design depend on. */
const promised = [
  'weir_input_events_total',
  'weir_input_bytes_total',
  'weir_deserialization_errors_total',
  'weir_late_events_total',
  'weir_early_events_total',
  'weir_out_of_order_events_total',
  'weir_duplicate_events_total',
  'weir_watermark_delay_seconds',
  'weir_backlog_events',
  'weir_join_outcomes_total',
  'weir_join_waiting',
  'weir_lookup_queries_total',
  'weir_output_writes_total',
  'weir_output_request_units_total',
  'weir_output_throttles_total',
  'weir_commit_seconds',
  'weir_end_to_end_seconds',
  'weir_dead_letters_total',
  'weir_records_total',
  'weir_folded_events_total',
  'weir_merged_events_total',
  'weir_skipped_events_total',
  'weir_token_estimates_total',
  'weir_abandoned_events_total',
  'weir_in_flight_events',
  'weir_queued_events',
  'weir_queued_bytes',
  'weir_reread_events_total',
  'weir_commit_bytes',
  'weir_parked_documents',
  'weir_expired_deltas_total',
  'weir_open_records',
  'weir_carry_deltas',
  'weir_lost_records_total',
  'weir_gap_events_total',
  'weir_receiver_restarts_total',
  'weir_partition_stopped',
  'weir_partitions_owned',
  'weir_dedupe_ids',
  'weir_dedupe_evicted_total',
  'weir_rows_ahead',
  'weir_rows_ahead_dropped_total',
  'weir_rows_late_total',
  'weir_rows_duplicate_total',
  'weir_backend_attempts_total',
  'weir_feed_lag_seconds',
  'weir_lookup_rows_total',
  'weir_output_concurrency',
  'weir_early_clamped_events_total',
  'weir_late_clamped_events_total',
  'weir_paused_seconds_total',
];

/** Lines with values, without help and types. */
async function samples(metrics: ReturnType<typeof createMetrics>): Promise<string[]> {
  const text = await metrics.registry.metrics();
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

test('every promised metric is there, and no other', () => {
  const names = createMetrics()
    .registry.getMetricsAsArray()
    .map(({name}) => name);
  expect(names.toSorted()).toEqual(promised.toSorted());
});

test('counters start at zero for all their labels', async () => {
  const lines = await samples(createMetrics());
  expect(lines).toContain('weir_records_total 0');
  expect(lines).toContain('weir_join_outcomes_total{outcome="could not ask"} 0');
  expect(lines).toContain('weir_dead_letters_total{reason="too late"} 0');
  expect(lines).toContain('weir_end_to_end_seconds_count{view_kind="resolved"} 0');
  expect(lines).toContain('weir_backend_attempts_total{region="unknown"} 0');
});

test('gauges stay absent until they are known; only what is in flight is known from the start', async () => {
  const metrics = createMetrics();
  const gauges = (lines: string[]) =>
    lines.filter((line) => /^weir_(?:join_waiting|in_flight|backlog)/.test(line));
  expect(gauges(await samples(metrics))).toEqual(['weir_in_flight_events 0']);
  metrics.joinWaiting.set(3);
  metrics.backlogEvents.set({partition: '0'}, 7);
  expect(gauges(await samples(metrics)).toSorted()).toEqual([
    'weir_backlog_events{partition="0"} 7',
    'weir_in_flight_events 0',
    'weir_join_waiting 3',
  ]);
});

test('a partition that went away leaves nothing behind', async () => {
  const metrics = createMetrics();
  metrics.watermarkDelaySeconds.set({partition: '0'}, 1);
  metrics.partitionStopped.set({partition: '0', reason: 'journal lost'}, 1);
  metrics.partitionStopped.set({partition: '1', reason: 'journal lost'}, 1);
  metrics.forgetPartition('0');
  const lines = await samples(metrics);
  expect(lines.filter((line) => line.includes('partition="0"'))).toEqual([]);
  expect(lines).toContain('weir_partition_stopped{partition="1",reason="journal lost"} 1');
});

test('labels stay in their sets: an unknown reason and a region too many count as other', async () => {
  const metrics = createMetrics();
  metrics.deadLetters.inc('never heard of', 2);
  for (let i = 0; i < regionLabelsMax + 10; i += 1) metrics.backendAttempts.inc(`region${i}`);
  const lines = await samples(metrics);
  expect(lines).toContain('weir_dead_letters_total{reason="other"} 2');
  expect(lines.filter((line) => line.startsWith('weir_backend_attempts_total'))).toHaveLength(
    regionLabelsMax,
  );
  expect(lines).toContain('weir_backend_attempts_total{region="other"} 12');
});

test('two workers in one process count apart', async () => {
  const [one, other] = [createMetrics(), createMetrics()];
  one.records.inc();
  expect(await samples(other)).toContain('weir_records_total 0');
});
