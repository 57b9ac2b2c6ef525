import assert from 'node:assert/strict';
import {spawn, type ChildProcessByStdio} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import type {Readable} from 'node:stream';
import {eventually, once} from './eventually.ts';
import {MetricsText} from './metrics-text.ts';

const root = new URL('../../', import.meta.url);
const node = fileURLToPath(new URL('node_modules/.bin/node', root));
const command = fileURLToPath(new URL('packages/cli/bin/weir.js', root));

/** Two busy cores start a worker in some 2 s. */
const readyWithinMs = 30_000;
/** DESIGN.md: SIGTERM to exit. */
export const exitWithinMs = 25_000;
const killedWithinMs = 5_000;
const answerWithinMs = 5_000;
/** A worker that writes more than this is not quiet. */
const outputCharsMax = 8 * 1024 * 1024;

/** A line of the worker's log. */
export type LogLine = Readonly<Record<string, unknown>> & {readonly level: string; readonly msg: string};

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Since the signal that asked for it, ms; since the start where none did. */
  readonly afterMs: number;
}

/** `weir run` as a process of its own. Nothing of this process' environment reaches it but PATH. */
export class WorkerProcess {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  #exit: Exit | undefined;
  #stdout = '';
  #stderr = '';
  #signalledMs = performance.now();

  constructor({
    variables,
    settings = {},
    preload,
  }: {
    variables: Readonly<Record<string, string>>;
    settings?: Readonly<Record<string, string>>;
    /** A module of this folder that runs in the process before the worker does. */
    preload?: string;
  }) {
    const flags = Object.entries(settings).flatMap(([key, value]) => [`--${key}`, value]);
    const before =
      preload === undefined ? [] : ['--import', new URL(`test/integration/${preload}`, root).href];
    this.#child = spawn(node, [...before, command, 'run', ...flags], {
      cwd: fileURLToPath(root),
      env: {PATH: process.env['PATH'], ...variables},
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    assert(this.#child.pid !== undefined, 'the worker could not be spawned');
    this.pid = this.#child.pid;
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => (this.#stdout += text));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    this.exited = new Promise((resolve) => {
      // Both pipes are drained by then.
      this.#child.once('close', (code, signal) => {
        this.#exit = {code, signal, afterMs: performance.now() - this.#signalledMs};
        resolve(this.#exit);
      });
    });
  }

  get isRunning(): boolean {
    return this.#exit === undefined;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** @throws for a line that is no JSON: the platform could not read it */
  get lines(): LogLine[] {
    assert(this.#stdout.length <= outputCharsMax, 'the worker writes too much');
    const whole = this.#stdout.slice(0, this.#stdout.lastIndexOf('\n') + 1);
    return whole
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as LogLine);
  }

  /** Warnings and worse. */
  get warnings(): LogLine[] {
    return this.lines.filter(({level}) => level === 'warn' || level === 'error' || level === 'fatal');
  }

  /** Warnings that are not about the input. */
  get troubles(): LogLine[] {
    return this.warnings.filter(({layer}) => layer !== 'input');
  }

  /** The address that the worker tells, once it runs. */
  async url(): Promise<string> {
    return eventually(
      () => {
        if (!this.isRunning)
          throw new Error(`The worker ended: ${JSON.stringify(this.#exit)} ${this.output()}`);
        const url = this.lines.find(({msg}) => msg.startsWith('Running.'))?.['url'];
        return typeof url === 'string' ? url : undefined;
      },
      {within: readyWithinMs, otherwise: () => `the worker does not run. ${this.output()}`},
    );
  }

  async get(path: string): Promise<{status: number; text: string}> {
    const url = new URL(path, await this.url());
    const response = await fetch(url, {signal: AbortSignal.timeout(answerWithinMs)});
    return {status: response.status, text: await response.text()};
  }

  async metrics(): Promise<MetricsText> {
    return new MetricsText((await this.get('/metrics')).text);
  }

  /** The metrics once they fulfil the condition; they are brought up to date once a second. */
  async metricsWhen(condition: (metrics: MetricsText) => boolean): Promise<MetricsText> {
    return eventually(
      async () => {
        const metrics = await this.metrics();
        return condition(metrics) ? metrics : undefined;
      },
      {
        within: readyWithinMs,
        otherwise: () => `the metrics do not say ${String(condition)}. ${this.output()}`,
      },
    );
  }

  async untilReady(): Promise<void> {
    await eventually(async () => ((await this.get('/health/ready')).status === 200 ? true : undefined), {
      within: readyWithinMs,
      otherwise: () => `the worker is not ready. ${this.output()}`,
    });
  }

  /** Waits for a log line that holds the words and, if given, names the layer. */
  async untilLogged(words: RegExp, layer?: string): Promise<LogLine> {
    return eventually(
      () =>
        this.lines.find(({msg, layer: named}) => words.test(msg) && (layer === undefined || named === layer)),
      {within: readyWithinMs, otherwise: () => `no line says ${String(words)}. ${this.output()}`},
    );
  }

  signal(name: NodeJS.Signals): void {
    this.#signalledMs = performance.now();
    this.#child.kill(name);
  }

  /** SIGTERM; resolves when the process is gone. */
  async stop(): Promise<Exit> {
    this.signal('SIGTERM');
    await eventually(
      once(() => !this.isRunning),
      {
        within: exitWithinMs + killedWithinMs,
        otherwise: () => `the worker did not stop. ${this.output()}`,
      },
    );
    return this.#exit!;
  }

  /** SIGKILL, which also ends a stopped process; resolves when it is gone. */
  async kill(): Promise<void> {
    if (!this.isRunning) return;
    this.signal('SIGKILL');
    await eventually(
      once(() => !this.isRunning),
      {
        within: killedWithinMs,
        otherwise: () => `process ${this.pid} outlived SIGKILL`,
      },
    );
  }

  /** The end of what it wrote, for messages. */
  output(): string {
    return `\n${this.#stderr.slice(-2_000)}\n${this.#stdout.slice(-4_000)}`;
  }
}
