import {parseArgs} from 'node:util';
import {Child, type Message} from './child.ts';
import {benchDecode} from './decode.ts';
import {busyPerSecond, rowsOf, startMsOf} from './workload.ts';
import {renderReport, type BareRun, type Pair, type WorkerRun} from './report.ts';

/**
 * `npm run bench`: the CPU per event of the whole worker beside that of a loop that only reads, on the same events, in
 * turn, each in a process of its own. Read the ratio: both sides slow down alike on a busy or a slower machine. Then the
 * speed of decoding each shape of events: `decode.ts`.
 */

const hub = 'gateway-logs';
const partitions = 4;
/** One run of either side takes well under a minute; beyond this something hangs. */
const stepMsMax = 240_000;

const {values} = parseArgs({
  options: {
    events: {type: 'string', default: '200000'},
    rounds: {type: 'string', default: '5'},
    'warm-up': {type: 'string', default: '100000'},
    profile: {type: 'string'},
    'node-flags': {type: 'string', default: ''},
  },
});
const events = wholeNumber('--events', values.events);
const rounds = wholeNumber('--rounds', values.rounds);
const warmUp = wholeNumber('--warm-up', values['warm-up']);
const nodeFlags = values['node-flags'].split(' ').filter((flag) => flag !== '');
const startMs = startMsOf({events: warmUp + events, perSecond: busyPerSecond, nowMs: Date.now()});

const pairs: Pair[] = [];
for (let round = 1; round <= rounds; round++) {
  const bare = await runBareLoop();
  say(`round ${round} of ${rounds}: bare loop ${(bare.cpuMicros / events).toFixed(2)} µs per event`);
  const worker = await runWorker();
  say(`round ${round} of ${rounds}: worker    ${(worker.cpuMicros / events).toFixed(2)} µs per event`);
  pairs.push({bare, worker});
}
process.stdout.write(renderReport({pairs, events}));
process.stdout.write(benchDecode());

async function runBareLoop(): Promise<BareRun> {
  return withEmulators(async (emulators, variables) => {
    const args = [
      variables['EVENT_HUBS_CONNECTION_STRING'] ?? '',
      hub,
      ...[warmUp, events, partitions].map(String),
    ];
    const loop = new Child('./bare-loop.ts', {args, execArgv: nodeFlags});
    try {
      await loop.hear('open', {withinMs: stepMsMax});
      emulators.tell(publishOrder({from: 0, events: warmUp}));
      await loop.hear('ready', {withinMs: stepMsMax});
      emulators.tell(publishOrder({from: warmUp, events}));
      const done = await loop.hear('done', {withinMs: stepMsMax});
      const [cpuMicros, readMs, peakRssBytes] = numbers(done, 'cpuMicros', 'readMs', 'peakRssBytes');
      return {cpuMicros, readMs, peakRssBytes};
    } finally {
      await loop.end();
    }
  });
}

async function runWorker(): Promise<WorkerRun> {
  return withEmulators(async (emulators, variables) => {
    const args = [JSON.stringify(variables), ...[warmUp, events, partitions].map(String)];
    const profile = values.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${values.profile}`];
    const execArgv = [...nodeFlags, ...profile];
    const worker = new Child('./whole-worker.ts', {args, execArgv});
    try {
      await worker.hear('open', {withinMs: stepMsMax});
      emulators.tell(publishOrder({from: 0, events: warmUp}));
      emulators.tell({kind: 'diagnose'});
      await worker.hear('ready', {withinMs: stepMsMax});
      emulators.tell(publishOrder({from: warmUp, events}));
      await worker.hear('read', {withinMs: stepMsMax});
      emulators.tell({kind: 'diagnose'});
      const done = await worker.hear('done', {withinMs: stepMsMax});
      const [cpuMicros, readMs, peakRssBytes] = numbers(done, 'cpuMicros', 'readMs', 'peakRssBytes');
      const [readMicros, joinedMicros] = numbers(done, 'readMicros', 'joinedMicros');
      const [matched, waiting, code] = numbers(done, 'matched', 'waiting', 'code');
      const [all, rows] = [warmUp + events, rowsOf(warmUp + events)];
      if (matched !== rows || waiting !== all - rows || code !== 0) {
        throw new Error(
          `Of ${all} events ${matched} were joined, ${waiting} still waited; exit code ${code}.`,
        );
      }
      return {cpuMicros, readMs, peakRssBytes, readMicros, joinedMicros};
    } finally {
      await worker.end();
    }
  });
}

async function withEmulators<T>(
  run: (emulators: Child, variables: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> {
  const emulators = new Child('./emulators.ts', {args: [String(partitions)]});
  try {
    const started = await emulators.hear('started', {withinMs: stepMsMax});
    return await run(emulators, started['variables'] as Readonly<Record<string, string>>);
  } finally {
    await emulators.end();
  }
}

function publishOrder(range: {from: number; events: number}): Message {
  return {kind: 'publish', partitions, startMs, ...range};
}

function numbers<const Names extends readonly string[]>(
  message: Message,
  ...names: Names
): {[K in keyof Names]: number} {
  return names.map((name) => {
    const value = message[name];
    if (typeof value !== 'number') throw new Error(`The message lacks ${name}.`);
    return value;
  }) as {[K in keyof Names]: number};
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new Error(`${name} takes a whole number, not ${text}.`);
  return value;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
