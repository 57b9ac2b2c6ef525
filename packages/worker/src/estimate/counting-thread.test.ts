import {afterEach, expect, test} from 'vitest';
import {systemClock} from '../clock.ts';
import {CountingThread, type CountingThreadOptions} from './counting-thread.ts';

const open: CountingThread[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((thread) => thread.close()));
});

const silenceMaxMs = 60_000;
/** Time does not pass where a thread is waited for, and pauses take none. */
const clock = {
  now: () => 0,
  elapsed: () => 0,
  sleep: async (ms: number, signal?: AbortSignal): Promise<void> =>
    ms === silenceMaxMs ? await systemClock.sleep(ms, signal) : undefined,
};

/** A constructor of threads throws at once when it is given this, as it does where the system has no thread left. */
const impossible = new URL('http://127.0.0.1/');
const five = new URL(
  `data:text/javascript,${encodeURIComponent(`import {parentPort} from 'node:worker_threads'; parentPort.on('message', () => parentPort.postMessage([{prompt: 5}]));`)}`,
);
const dying = new URL(
  `data:text/javascript,${encodeURIComponent(`import {parentPort} from 'node:worker_threads'; parentPort.on('message', () => process.exit(3));`)}`,
);

/** Runs each program in turn, and the last one ever after. */
function started(programs: URL[]) {
  const causes: string[] = [];
  const idle = Promise.withResolvers<void>();
  const options: CountingThreadOptions = {
    clock,
    random: () => 0,
    silenceMaxMs,
    onIdle: () => idle.resolve(),
    onDeath: (cause) => causes.push(cause),
    get program() {
      return programs.length > 1 ? programs.shift()! : programs[0]!;
    },
  };
  const thread = new CountingThread(options);
  open.push(thread);
  return {thread, causes, idle: idle.promise};
}

const calls = [{model: 'gpt-4o', prompt: 'Hi', completion: 'Hello'}];

test('a thread that cannot be started again is tried until it can, and the process goes on', async () => {
  const {thread, causes, idle} = started([dying, impossible, impossible, five]);
  expect(await thread.count(calls)).toBe('died');
  expect(thread.isAlive).toBe(false);
  await idle;
  expect(await thread.count(calls)).toEqual([{prompt: 5}]);
  expect(causes).toEqual(['exit', 'ERR_INVALID_URL_SCHEME', 'ERR_INVALID_URL_SCHEME']);
});

test('a process whose first thread cannot be started starts without it', async () => {
  const {thread, causes, idle} = started([impossible, five]);
  expect(thread.isAlive).toBe(false);
  await idle;
  expect(await thread.count(calls)).toEqual([{prompt: 5}]);
  expect(causes).toEqual(['ERR_INVALID_URL_SCHEME']);
});
