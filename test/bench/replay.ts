import {spawn, type ChildProcess} from 'node:child_process';
import {
  createWriteStream,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
} from 'node:fs';
import {once} from 'node:events';
import {availableParallelism, tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {busyPerSecond, calls} from './workload.ts';

/**
 * `node test/bench/replay.ts`: how many events per second `weir replay` counts from a file, joined with a file of as many
 * diagnostics, on one thread and on all cores; and whether its memory stays flat meanwhile. The command is the real one,
 * with a heap of 128 MiB a thread.
 */

const partitions = 8;
const oldSpaceMiB = 128;
/** A growth of resident memory beyond this, over the last two thirds of the reading, is not flat. */
const growthMax = 0.1;
const sampleEveryMs = 250;
const startMs = Date.parse('2024-05-17T12:00:00Z');

const {values} = parseArgs({
  options: {events: {type: 'string', default: '1000000'}, threads: {type: 'string'}},
});
const events = Number(values.events);
const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'));
const eventsFile = join(folder, 'events.ndjson');
const rowsFile = join(folder, 'rows.ndjson');
const command = fileURLToPath(new URL('../../packages/cli/bin/weir.js', import.meta.url));

try {
  await write();
  const threads = values.threads === undefined ? [1, availableParallelism()] : [Number(values.threads)];
  let isGood = true;
  for (const count of new Set(threads)) isGood = (await measure(count)) && isGood;
  process.exitCode = isGood ? 0 : 1;
} finally {
  rmSync(folder, {recursive: true});
}

/** Each file a line a call, as `weir inspect` and an export write them. */
async function write(): Promise<void> {
  const [gateway, rows] = [createWriteStream(eventsFile), createWriteStream(rowsFile)];
  let number = 0;
  const texts = {gateway: '', rows: ''};
  const flush = async (): Promise<void> => {
    if (!gateway.write(texts.gateway)) await once(gateway, 'drain');
    if (!rows.write(texts.rows)) await once(rows, 'drain');
    texts.gateway = texts.rows = '';
  };
  for (const {partition, body, row} of calls({events, partitions, startMs})) {
    const enqueuedTime = new Date(
      startMs + Math.floor((number * 1000) / busyPerSecond) + 2_000,
    ).toISOString();
    const sequenceNumber = Math.floor(number / partitions);
    texts.gateway += `{"partition":"${partition}","sequenceNumber":${sequenceNumber},"offset":"${sequenceNumber}","enqueuedTime":"${enqueuedTime}","properties":{},"body":${body.toString()}}\n`;
    if (row !== undefined) texts.rows += `${JSON.stringify(row)}\n`;
    number += 1;
    if (number % 5_000 === 0) await flush();
  }
  await flush();
  await Promise.all([gateway, rows].map((stream) => once(stream.end(), 'close')));
}

async function measure(threads: number): Promise<boolean> {
  const hourMs = 3_600_000;
  const spanMs = Math.ceil((events * 1000) / busyPerSecond / hourMs) * hourMs;
  const [from, to] = [startMs, startMs + spanMs].map((ms) => new Date(ms).toISOString());
  const args = ['replay', '--from', from!, '--to', to!, '--threads', String(threads), '--format', 'ndjson'];
  const places = ['--source', `ndjson:${eventsFile}`, '--diagnostics', `ndjson:${rowsFile}`];
  const beganMs = performance.now();
  const child = spawn(
    process.execPath,
    [`--max-old-space-size=${oldSpaceMiB}`, command, ...args, ...places, '--out', join(folder, 'out.ndjson')],
    {env: {PATH: process.env['PATH']}, stdio: ['ignore', 'inherit', 'inherit']},
  );
  process.once('exit', () => child.kill('SIGKILL')); // where the measurement fails
  const ended = once(child, 'exit') as Promise<[number | null]>;
  const samples = await sample(child);
  const [code] = await ended;
  const seconds = (performance.now() - beganMs) / 1000;
  return report({threads, samples, seconds, code});
}

interface Sample {
  readonly seconds: number;
  readonly rssMiB: number;
  /** Part of the file of events that is read, 0 to 1. */
  readonly read: number;
}

/** Until it ends; by the kernel's account, so nothing where there is none to ask. */
async function sample(child: ChildProcess): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const size = statSync(eventsFile).size;
  const beganMs = performance.now();
  while (child.exitCode === null && child.signalCode === null) {
    await setTimeout(sampleEveryMs);
    const now = lookAt(child.pid!, size);
    if (now !== undefined) samples.push({seconds: (performance.now() - beganMs) / 1000, ...now});
  }
  return samples;
}

function lookAt(pid: number, size: number): Omit<Sample, 'seconds'> | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const open = readdirSync(`/proc/${pid}/fd`).find((fd) => linkOf(`/proc/${pid}/fd/${fd}`) === eventsFile);
    const place = open === undefined ? '' : readFileSync(`/proc/${pid}/fdinfo/${open}`, 'utf8');
    return {
      rssMiB: Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024,
      read: Number(/^pos:\s+(\d+)/m.exec(place)?.[1] ?? 0) / size,
    };
  } catch {
    // It has just ended, or this is no Linux.
    return undefined;
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // Closed since the folder was listed.
    return '';
  }
}

function report({
  threads,
  samples,
  seconds,
  code,
}: {
  threads: number;
  samples: readonly Sample[];
  seconds: number;
  code: number | null;
}): boolean {
  const reading = samples.filter(({read}) => read > 0);
  process.stdout.write(`\n${threads} thread${threads === 1 ? '' : 's'}\n   events   RSS MiB  seconds\n`);
  for (let tenth = 1; tenth <= 10; tenth++) {
    const at = reading.find(({read}) => read >= tenth / 10);
    if (at === undefined) continue;
    const read = Math.round(at.read * events).toLocaleString('en-US');
    process.stdout.write(
      `${read.padStart(9)}${at.rssMiB.toFixed(0).padStart(10)}${at.seconds.toFixed(1).padStart(9)}\n`,
    );
  }
  const growth = growthOf(reading.map(({rssMiB}) => rssMiB));
  const peak = Math.max(0, ...samples.map(({rssMiB}) => rssMiB));
  const first = reading[0]?.seconds ?? 0;
  const last = reading.at(-1)?.seconds ?? seconds;
  const perSecond = (of: number): string => Math.round(events / of).toLocaleString('en-US');
  const isFlat = growth <= growthMax;
  process.stdout.write(
    `${perSecond(seconds)} events/s in all, start and rows included; ${perSecond(last - first)} events/s while reading events\n` +
      `memory ${isFlat ? 'flat' : 'GROWS'}: ${(growth * 100).toFixed(1)} % over the last two thirds, at most ${peak.toFixed(0)} MiB; exit code ${code}\n`,
  );
  return isFlat && code === 0;
}

/** From the middle third to the last, by their medians. */
function growthOf(sizes: readonly number[]): number {
  const third = Math.max(1, Math.floor(sizes.length / 3));
  const median = (part: readonly number[]): number =>
    part.toSorted((a, b) => a - b)[Math.floor(part.length / 2)] ?? 0;
  const middle = median(sizes.slice(third, 2 * third));
  return middle === 0 ? 0 : median(sizes.slice(-third)) / middle - 1;
}
