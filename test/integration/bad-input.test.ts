import {expect, test} from 'vitest';
import type {Workload, WorkloadRow} from '../oracle/workload.ts';
import {badInputs} from './bad-inputs.ts';
import {diagnosticsRow, gatewayEvent, propertiesOf} from './calls.ts';
import {hub, Scenario} from './scenario.ts';
import {readDeadLetters} from './stored-blobs.ts';

const partitionId = '0';
/** Good events around the bad ones have odd numbers. */
const numberOf = (index: number): number => 2 * index;
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

test(
  'each bad body is read or becomes a dead letter with its place, and the events around it are unharmed',
  {timeout: 90_000},
  async () => {
    const scenario = await Scenario.start({partitionCount: 1});
    const read: unknown[] = [];
    const rows: WorkloadRow[] = [];
    const events: Parameters<typeof scenario.stack.eventHubs.append>[0]['events'][number][] = [];
    const deadLetters: {sequenceNumber: number; index: number; reason: string; layer: string}[] = [];
    const good = (number: number): void => {
      events.push({body: json(gatewayEvent(number))});
      read.push(gatewayEvent(number));
      rows.push(diagnosticsRow(number));
    };
    for (const [index, {body, reads, deadLetters: letters = []}] of badInputs.entries()) {
      const number = numberOf(index);
      deadLetters.push(...letters.map((letter) => ({sequenceNumber: events.length, ...letter})));
      events.push({body: body(number)});
      read.push(...(reads?.(number) ?? []));
      // Also for ids that nothing may be read from: a row that nobody waits for must not show.
      rows.push(diagnosticsRow(number));
      good(number + 1);
    }

    scenario.startWorker();
    scenario.stack.eventHubs.append({hub, partitionId, events});
    scenario.ingest(rows);
    const workload = workloadOf(read, rows);
    const places = deadLetters.map(({sequenceNumber}) => ({partitionId, sequenceNumber}));
    expect(await scenario.problemsAtRest(workload, {deadLetters: places})).toEqual([]);

    const stored = await readDeadLetters(scenario.stack.blob.connectionString);
    expect(
      stored.map(({sequenceNumber, index, reason, layer}) => ({sequenceNumber, index, reason, layer})),
    ).toEqual(deadLetters);
    for (const {offset, enqueuedTimeMs} of stored) {
      // Opaque, but there.
      expect(offset).not.toBe('');
      expect(enqueuedTimeMs).toBeLessThanOrEqual(Date.now());
    }
  },
);

test(
  'a duration that is missing or negative comes from the ticks, and is left out where these are bad too',
  {timeout: 60_000},
  async () => {
    const scenario = await Scenario.start({partitionCount: 1});
    const rows = [
      diagnosticsRow(0, {DurationMs: -1}),
      diagnosticsRow(1, {DurationMs: null, properties_s: propertiesOf(2_345)}),
      diagnosticsRow(2, {DurationMs: -5, properties_s: propertiesOf(-7)}),
      diagnosticsRow(3, {DurationMs: 0}),
      diagnosticsRow(4, {DurationMs: 1_234.9}),
      diagnosticsRow(5, {properties_s: '{}'}),
    ];
    const workload = workloadOf(
      rows.map((_, number) => gatewayEvent(number)),
      rows,
    );
    scenario.startWorker();
    scenario.publish(workload.records);
    scenario.ingest(rows);
    expect(await scenario.problemsAtRest(workload)).toEqual([]);
  },
);

function workloadOf(events: readonly unknown[], rows: readonly WorkloadRow[]): Workload {
  const records = events.map((event) => ({partitionId, body: json(event), enqueuedTimeMs: 0}));
  return {records, rows};
}
