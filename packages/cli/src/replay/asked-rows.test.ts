import type {DiagnosticsRow, ReceivedEvent} from '@weir/pipeline';
import {workerSettings} from '@weir/worker';
import {expect, test} from 'vitest';
import {calls} from '../../../../test/bench/workload.ts';
import {configOf} from '../command-config.ts';
import {rowOfLine} from '../sources/diagnostics.ts';
import {AskedRows, idsPerQueryMax, type AskRows} from './asked-rows.ts';
import {ReplayError} from './replay-error.ts';
import {Replayer} from './replayer.ts';

const startMs = Date.parse('2024-05-17T12:00:00Z');
const hourMs = 3_600_000;
const window = {fromMs: startMs, untilMs: startMs + hourMs};
const settings = workerSettings(configOf(undefined, {flags: {}, needs: []}), 'replay');
const view = {name: 'all', on: 'resolved', groupBy: [], windows: ['1h'], shards: 1} as const;
const batch = 500;

/** Events within the window, and the rows of nearly all of them. */
const sample = [...calls({events: 20_000, partitions: 1, startMs})];
const events = sample.map(({body}, n): ReceivedEvent => {
  return {sequenceNumber: n, offset: String(n), enqueuedTimeMs: startMs + n * 4 + 2_000, body};
});
const rows = new Map<string, DiagnosticsRow>();
for (const {row} of sample) {
  const read = row && rowOfLine(JSON.stringify(row));
  if (read !== undefined) rows.set(read.requestId, read);
}

async function replay(
  ask: AskRows,
  {
    nowMs,
    wanted = window,
    waitingMax = 1_000_000,
  }: {nowMs: number; wanted?: typeof window; waitingMax?: number},
) {
  const enqueued = {fromMs: startMs, untilMs: startMs + 2 * hourMs};
  const replayer = new Replayer(
    {window: wanted, enqueued, views: [view]},
    {
      settings: {...settings, partition: {...settings.partition, waitingMax}},
      rows: 'asked',
    },
  );
  const {join} = replayer;
  let waitingMost = 0;
  const serviceNowMs = (): number => nowMs;
  const asked = new AskedRows({join, waiting: () => replayer.waiting, ask, serviceNowMs});
  for (let from = 0; from < events.length; from += batch) {
    await replayer.read('0', events.slice(from, from + batch));
    await asked.keepUp();
    waitingMost = Math.max(waitingMost, join.waiting);
  }
  replayer.end(nowMs);
  await asked.finish();
  return {...replayer.result(), waitingMost};
}

function answer(ids: readonly string[]): DiagnosticsRow[] {
  return ids.flatMap((id) => rows.get(id) ?? []);
}

test('events are asked for in full queries while reading goes on, so that few wait', async () => {
  const sizes: number[] = [];
  const {documents, undecided, waitingMost} = await replay(
    async ({ids}) => {
      sizes.push(ids.length);
      return answer(ids);
    },
    {nowMs: startMs + 24 * hourMs},
  );
  const [delta] = documents.values();
  expect(delta?.measures).toMatchObject({
    requests: 20_000,
    matched: rows.size,
    unmatched: 20_000 - rows.size,
  });
  expect(undecided).toBe(0);
  expect(sizes).toEqual(Array(4).fill(idsPerQueryMax));
  expect(waitingMost).toBeLessThanOrEqual(2 * idsPerQueryMax);
});

test('an event whose deadline has not passed is undecided, and in no resolved document', async () => {
  const {documents, undecided} = await replay(async ({ids}) => answer(ids), {nowMs: startMs + 100_000});
  const [delta] = documents.values();
  expect(delta?.measures).toMatchObject({requests: rows.size, matched: rows.size, unmatched: 0});
  expect(undecided).toBe(20_000 - rows.size);
});

test('nobody is asked for events outside the window', async () => {
  let asked = 0;
  const wanted = {fromMs: startMs + hourMs, untilMs: startMs + 2 * hourMs};
  const ask: AskRows = async ({ids}) => {
    asked += ids.length;
    return [];
  };
  const {documents, counts} = await replay(ask, {nowMs: startMs + 24 * hourMs, wanted});
  expect([asked, documents.size, counts.folded]).toEqual([0, 0, 20_000]);
});

test('a slow service holds the reading up, so that memory does not grow', async () => {
  let [running, most] = [0, 0];
  const {waitingMost} = await replay(
    async ({ids}) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return answer(ids);
    },
    {nowMs: startMs + 24 * hourMs},
  );
  expect(most).toBeLessThanOrEqual(3);
  expect(waitingMost).toBeLessThanOrEqual(4 * idsPerQueryMax);
});

test('more calls than may wait end the replay, and the way out is said', async () => {
  const replaying = replay(async () => [], {nowMs: startMs, waitingMax: 12_000});
  await expect(replaying).rejects.toThrow('More than 12,000 calls (join.waitingMax) wait');
});

test('a query that comes to nothing ends the replay', async () => {
  const ask: AskRows = async () => {
    throw new ReplayError('no answer');
  };
  await expect(replay(ask, {nowMs: startMs + 24 * hourMs})).rejects.toThrow('no answer');
});
