import {spawn} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {stat} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {Child, type Message} from './child.ts';
import {LineCount} from './line-count.ts';

/**
 * `node test/bench/inspect.ts`: whether `weir inspect` keeps its memory flat over a million events, and how many it
 * writes per second. The command is the real one, with a heap of 96 MiB, and reads while events are published lot by lot;
 * what it has written is expired, so that the hub stays small too.
 */

const partitions = 4;
const lot = 50_000;
const oldSpaceMiB = 96;
/** A growth of resident memory beyond this, over the last two thirds, is not flat. */
const growthMax = 0.1;
const stepMsMax = 240_000;

const {values} = parseArgs({
  options: {events: {type: 'string', default: '1000000'}, every: {type: 'string', default: '100000'}},
});
const events = Number(values.events);
const every = Number(values.every);

interface Sample {
  readonly events: number;
  readonly rssMiB: number;
  readonly perSecond: number;
}

const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'));
const file = join(folder, 'events.ndjson');
const hub = new Child('./inspect-hub.ts', {args: [String(partitions)]});
try {
  process.exitCode = (await measure()) ? 0 : 1;
} finally {
  await hub.end();
  rmSync(folder, {recursive: true});
}

async function measure(): Promise<boolean> {
  const {variables} = await hub.hear('started', {withinMs: stepMsMax});
  const command = fileURLToPath(new URL('../../packages/cli/bin/weir.js', import.meta.url));
  const child = spawn(
    process.execPath,
    [
      `--max-old-space-size=${oldSpaceMiB}`,
      command,
      'inspect',
      '--out',
      file,
      '--count',
      String(events),
      '--seconds',
      '3600',
    ],
    {
      env: {PATH: process.env['PATH'], ...(variables as Record<string, string>)},
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  process.once('exit', () => child.kill('SIGKILL')); // where the measurement fails
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const lines = new LineCount(file);
  const samples: Sample[] = [];
  process.stdout.write('   events   RSS MiB  events/s\n');
  let [sinceMs, since] = [performance.now(), 0];
  for (let published = 0; published < events;) {
    const count = Math.min(lot, events - published);
    await ask({kind: 'publish', events: count});
    published += count;
    // One lot ahead, so that it never waits for the publisher longer than it has to.
    await lines.reach(published === events ? events : published - lot);
    if (published < events) await ask({kind: 'expire', held: lot});
    if (lines.count - since < every && published < events) continue;
    const perSecond = ((lines.count - since) * 1000) / (performance.now() - sinceMs);
    [sinceMs, since] = [performance.now(), lines.count];
    const sample = {events: lines.count, rssMiB: rssMiB(child.pid), perSecond};
    samples.push(sample);
    process.stdout.write(
      `${String(sample.events).padStart(9)}${sample.rssMiB.toFixed(1).padStart(10)}${perSecond.toFixed(0).padStart(10)}\n`,
    );
  }
  const code = await ended;
  const growth = growthOf(samples.map((sample) => sample.rssMiB));
  const isFlat = growth <= growthMax;
  process.stdout.write(
    `\nmemory ${isFlat ? 'flat' : 'GROWS'}: ${(growth * 100).toFixed(1)} % over the last two thirds, in a heap of ${oldSpaceMiB} MiB; ` +
      `${lines.count} events in ${((await stat(file)).size / 2 ** 20).toFixed(0)} MiB, exit code ${code}\n`,
  );
  return isFlat && code === 0 && lines.count === events;
}

function ask(order: Message): Promise<Message> {
  hub.tell(order);
  return hub.hear(`${order.kind} done`, {withinMs: stepMsMax});
}

/** Resident memory by the kernel's account; 0 where there is none to ask. */
function rssMiB(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    // It has ended, or this is no Linux.
    return Number.NaN;
  }
}

/** From the middle third to the last, by their medians. */
function growthOf(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  const third = Math.max(1, Math.floor(known.length / 3));
  const median = (part: readonly number[]): number =>
    part.toSorted((a, b) => a - b)[Math.floor(part.length / 2)] ?? 0;
  return median(known.slice(-third)) / median(known.slice(third, 2 * third)) - 1;
}
