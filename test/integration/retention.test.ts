import assert from 'node:assert/strict';
import {expect, test} from 'vitest';
import {differences} from '../oracle/differences.ts';
import {expectedDocuments, type ExpectedDocument} from '../oracle/expected-documents.ts';
import type {Workload} from '../oracle/workload.ts';
import {addsUp} from './at-rest.ts';
import {diagnosticsRow, gatewayEvent} from './calls.ts';
import {eventually} from './eventually.ts';
import {hub, Scenario} from './scenario.ts';
import {readDeadLetters} from './stored-blobs.ts';
import type {WorkerProcess} from './worker-process.ts';

const settledWithinMs = 60_000;

/** Calls of these numbers, in turns on so many partitions, with their diagnostics. */
function calls(numbers: readonly number[], partitionCount: number): Workload {
  return {
    records: numbers.map((number) => ({
      partitionId: String(number % partitionCount),
      body: Buffer.from(JSON.stringify(gatewayEvent(number))),
      enqueuedTimeMs: Date.now(),
    })),
    rows: numbers.map((number) => diagnosticsRow(number)),
  };
}

function range(from: number, to: number): number[] {
  return Array.from({length: to - from}, (_, index) => from + index);
}

test(
  'events that expired while no worker ran are told with their ranges, and what is left counts',
  {timeout: 120_000},
  async () => {
    const partitionCount = 2;
    const scenario = await Scenario.start({partitionCount});
    const read = calls(range(0, 20), partitionCount);
    const first = scenario.startWorker();
    scenario.publish(read.records);
    scenario.ingest(read.rows);
    await scenario.untilSettled(read);
    assert.equal((await first.stop()).code, 0);

    // 10 each were read; of the next 20 each the hub drops some before anybody reads them.
    const missed = calls(range(20, 60), partitionCount);
    scenario.publish(missed.records);
    scenario.ingest(missed.rows);
    const gaps = [
      {partitionId: '0', missing: 6, after: 9, before: 16},
      {partitionId: '1', missing: 3, after: 9, before: 13},
    ];
    for (const {partitionId, before} of gaps) {
      scenario.stack.eventHubs.expire({hub, partitionId, count: before});
    }
    const second = scenario.startWorker();
    const left = missed.records.filter(({partitionId}, index) => {
      // In turns: the index's half counts the sequence numbers of its partition, from 10 on.
      return 10 + Math.floor(index / partitionCount) >= gaps[Number(partitionId)]!.before;
    });
    const counted = {records: [...read.records, ...left], rows: [...read.rows, ...missed.rows]};

    const metrics = await second.metricsWhen((now) => now.sum('weir_gap_events_total') >= 9);
    expect(metrics.sum('weir_gap_events_total')).toBe(9);
    expect(metrics.sum('weir_lost_records_total')).toBe(0);
    expect(gapsOf(second)).toEqual(gaps);
    const {msg} = await second.untilLogged(/Partition 0 lacks/, 'Event Hubs');
    expect(msg).toBe(
      "Partition 0 lacks 6 events, sequence numbers 10 to 15: they expired before they were read. The worker goes on behind them; raise the hub's retention if it was down or behind for long.",
    );
    expect((await second.get('/api/status')).text).toContain('Partition 1 lacks 3 events');
    expect(await scenario.problemsAtRest(counted)).toEqual([]);
  },
);

test(
  'a worker that retention overtakes while it reads tells the gap and goes on behind it',
  {timeout: 90_000},
  async () => {
    const scenario = await Scenario.start({partitionCount: 1});
    const all = calls(range(0, 30), 1);
    scenario.ingest(all.rows);
    const worker = scenario.startWorker();
    const read = {records: all.records.slice(0, 10), rows: all.rows};
    scenario.publish(read.records);
    // Records that still waited would be lost: the jump costs a restart of the receiver, and they cannot be read again.
    await scenario.untilSettled(read);
    // In one step, so that the link of the reader stands before what is no longer there.
    scenario.publish(all.records.slice(10));
    scenario.stack.eventHubs.expire({hub, partitionId: '0', count: 15});

    const metrics = await worker.metricsWhen((now) => now.sum('weir_gap_events_total') > 0);
    expect(metrics.sum('weir_gap_events_total')).toBe(5);
    expect(gapsOf(worker)).toEqual([{partitionId: '0', missing: 5, after: 9, before: 15}]);
    const left = {records: [...all.records.slice(0, 10), ...all.records.slice(15)], rows: all.rows};
    expect(await scenario.problemsAtRest(left)).toEqual([]);
  },
);

test(
  'events that expired while they waited for their diagnostics are lost for the latencies alone, and dead-lettered',
  {timeout: 120_000},
  async () => {
    const scenario = await Scenario.start({partitionCount: 1});
    const all = calls(range(0, 35), 1);
    // Longer than the test: an odd one stays open until its row comes.
    const settings = {'join.deadline': '5m'};
    const first = scenario.startWorker({settings});
    scenario.publish(all.records.slice(0, 30));
    scenario.ingest(all.rows.slice(0, 30).filter((_, number) => number % 2 === 0));
    await first.metricsWhen((now) => now.sum('weir_join_outcomes_total', 'outcome="matched"') === 15);
    await scenario.untilCommitted(30);
    const isLost = (number: number): boolean => number < 20 && number % 2 === 1;
    const left: Workload = {
      records: all.records.filter((_, number) => !isLost(number)),
      rows: all.rows,
    };
    // Both grains and views are written before it goes, those of the open ones in the arrival views.
    const arrivals = (): string[] =>
      differences({
        expected: ofArrival(expectedDocuments({records: all.records.slice(0, 30), rows: all.rows}).documents),
        documents: scenario.documents().filter(({view}) => view !== 'region-latency'),
      });
    await eventually(() => (arrivals().length === 0 ? true : undefined), {
      within: settledWithinMs,
      otherwise: () => arrivals().join('\n'),
    });
    await first.kill();

    scenario.stack.eventHubs.expire({hub, partitionId: '0', count: 20});
    scenario.publish(all.records.slice(30));
    scenario.ingest(all.rows.filter((_, number) => number >= 30 || number % 2 === 1));
    const second = scenario.startWorker({settings});
    const {msg} = await second.untilLogged(/waited for their diagnostics.* and expired/, 'Event Hubs');
    expect(msg).toMatch(/^10 events of partition 0, sequence numbers 1 to 19,/);

    const expected = [
      ...ofArrival(expectedDocuments(all).documents),
      ...expectedDocuments(left).documents.filter(({view}) => view === 'region-latency'),
    ];
    const told = (): string[] => differences({expected, documents: scenario.documents()});
    await eventually(() => (scenario.settledEvents() === 35 && told().length === 0 ? true : undefined), {
      within: settledWithinMs,
      otherwise: () => `${scenario.settledEvents()} are settled. ${told().join('\n')} ${second.output()}`,
    });
    const metrics = await second.metricsWhen((now) => now.sum('weir_lost_records_total') > 0);
    expect(metrics.sum('weir_lost_records_total')).toBe(10);
    // They were read before; none of them was missed.
    expect(metrics.sum('weir_gap_events_total')).toBe(0);
    await second.metricsWhen(addsUp);
    expect((await second.stop()).code).toBe(0);
    const letters = await readDeadLetters(scenario.stack.blob.connectionString);
    expect(letters.map(({sequenceNumber, reason}) => [sequenceNumber, reason])).toEqual(
      range(0, 20)
        .filter(isLost)
        .map((number) => [number, 'lost']),
    );
    expect(told()).toEqual([]);
  },
);

function ofArrival(documents: readonly ExpectedDocument[]): ExpectedDocument[] {
  return documents.filter(({view}) => view !== 'region-latency');
}

/** What the log says of gaps, by partition. */
function gapsOf({lines}: WorkerProcess): object[] {
  return lines
    .filter(({kind}) => kind === 'gap')
    .map(({partitionId, missing, after, before}) => ({partitionId, missing, after, before}))
    .sort((a, b) => Number(a.partitionId) - Number(b.partitionId));
}
