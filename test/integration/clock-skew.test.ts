import assert from 'node:assert/strict';
import {expect, onTestFinished, test} from 'vitest';
import {readSample, samplePartitions} from '../oracle/sample.ts';
import {BlobProxy} from './blob-proxy.ts';
import {publishSlowly} from './load.ts';
import {untilOwning, untilShared} from './owning.ts';
import {Scenario} from './scenario.ts';
import type {WorkerProcess} from './worker-process.ts';

const skewMs = 5 * 60_000;
/** Several times the ownership's expiry: a clock that judged it wrongly would steal once in each round. */
const loadMs = 15_000;
/** Once the partitions are shared out; a machine that stands still past the expiry may move each of them once. */
const movesMax = samplePartitions;

test(
  'workers 10 min apart keep their partitions, and join and count as if their clocks were right',
  {timeout: 120_000},
  async () => {
    const scenario = await Scenario.start();
    const proxy = await BlobProxy.start(scenario.stack.blob.connectionString);
    onTestFinished(() => proxy.close());
    const owners = new Map<string, string>();
    const moves: string[] = [];
    proxy.answered = ({method, path, ownerId}, status = 0) => {
      if (method !== 'PUT' || ownerId === undefined || status >= 300) return;
      if (ownerId !== '' && owners.get(path) !== ownerId) moves.push(`${path} to ${ownerId}`);
      owners.set(path, ownerId);
    };
    const start = (aheadMs: number): WorkerProcess =>
      scenario.startWorker({
        preload: 'skewed-clock.ts',
        variables: {CLOCK_AHEAD_MS: String(aheadMs), STORAGE_CONNECTION_STRING: proxy.connectionString},
      });
    // One after the other: first claims of partitions that nobody has owned yet carry no condition in the SDK.
    const ahead = start(skewMs);
    await untilOwning([ahead], samplePartitions);
    const behind = start(-skewMs);
    await untilShared([ahead, behind]);
    moves.length = 0;
    expect(Math.round(clockOf(ahead) / skewMs)).toBe(1);
    expect(Math.round(clockOf(behind) / skewMs)).toBe(-1);

    const sample = readSample({nowMs: Date.now()});
    await publishSlowly(scenario, sample, {overMs: loadMs});
    await scenario.untilSettled(sample);
    assert(moves.length <= movesMax, moves.join('\n'));
    // A wrong `unmatched` would show in the documents.
    expect(await scenario.problemsAtRest(sample)).toEqual([]);
    // A partition's move alone may show: the link of the owner before is taken from it.
    const troubles = scenario.workers.flatMap((worker) => worker.troubles);
    expect(troubles.filter(({layer, kind}) => layer !== 'Event Hubs' && kind !== 'partition lost')).toEqual(
      [],
    );
  },
);

/** How far the log is ahead of this process, ms. */
function clockOf({lines}: WorkerProcess): number {
  return Date.parse(String(lines.at(-1)?.['time'])) - Date.now();
}
