import {spawn} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import type {Stack} from '@weir/emulators';

/** For tests: the command as a process of its own, as a person would run it, and the sample in its hub. */

const bin = fileURLToPath(new URL('../bin/weir.js', import.meta.url));
const sampleFolder = new URL('../../../test/fixtures/sample/', import.meta.url);
/** Above any command of a test, on a busy machine. */
const endsWithinMs = 60_000;

export interface CommandEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** Nothing else is in its environment but PATH. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** As `| head` does; by default all is read. */
  readonly stopReading?: 'after the first part';
  /** A signal for the process, once this resolves. */
  readonly signal?: {readonly name: NodeJS.Signals; readonly when: () => Promise<unknown>};
}

/** Runs `weir` to its end; it is killed when it does not come to one. */
export async function runWeir(args: readonly string[], options: CommandOptions = {}): Promise<CommandEnd> {
  const child = spawn(process.execPath, [bin, ...args], {
    env: {PATH: process.env['PATH'], ...options.env},
    ...(options.cwd !== undefined && {cwd: options.cwd}),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: endsWithinMs,
    killSignal: 'SIGKILL',
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  if (options.stopReading !== undefined) child.stdout.once('data', () => child.stdout.destroy());
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  if (options.signal !== undefined) {
    await options.signal.when();
    child.kill(options.signal.name);
  }
  return {code: await ended, stdout, stderr};
}

/** Lines of JSON. */
export function linesOf(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

interface SampleLine {
  readonly partitionId: string;
  readonly enqueuedTimeUtc: string;
  readonly body?: string;
  readonly bodyBase64?: string;
}

/** Fills the hub with the sample at its own times, the 17th of May 2024, and Log Analytics with its rows. */
export function loadSample(stack: Stack, {hub}: {hub: string}): void {
  const lines = linesOf(
    readFileSync(new URL('gateway.ndjson', sampleFolder), 'utf8'),
  ) as unknown as SampleLine[];
  for (const [partitionId, own] of Map.groupBy(lines, (line) => line.partitionId)) {
    const events = own.map(({body, bodyBase64, enqueuedTimeUtc}) => ({
      body: body === undefined ? Buffer.from(bodyBase64 ?? '', 'base64') : Buffer.from(body),
      enqueuedTimeMs: Date.parse(enqueuedTimeUtc),
    }));
    stack.eventHubs.append({hub, partitionId, events});
  }
  stack.logAnalytics.ingest(linesOf(readFileSync(new URL('diagnostics.ndjson', sampleFolder), 'utf8')));
}
