import {Worker} from 'node:worker_threads';
import type {CallTexts, Clock, TextCounts} from '@weir/pipeline';
import {Backoff, type BackoffSteps} from '../backoff.ts';
import {encodingOf, type Encoding} from './model-encoding.ts';

export type Counts = readonly (TextCounts | undefined)[];

/** A thread that dies again and again is not started more often than this. */
const restartBackoff: BackoffSteps = {firstMs: 1_000, lastMs: 60_000};
/** All encodings take some 150 MB; what needs more than this is a fault, and ends the thread instead of the process. */
const heapMiBMax = 512;
/** A list of calls and loading an encoding take some tenths of a second; a thread that is silent for so long is ended. */
const silenceMaxMs = 10_000;
/**
 * Loading an encoding is not the fault of the texts that need it first, so they may wait for it. It takes a tenth of a
 * second, on a busy machine several.
 */
const loadMsMax = 5_000;
const program = new URL('./estimate-thread.ts', import.meta.url);

export interface CountingThreadOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** For tests; the estimator's own otherwise. */
  readonly program?: URL;
  /** For tests. */
  readonly silenceMaxMs?: number;
  /** For tests. */
  readonly loadMsMax?: number;
  /** It can take the next calls. */
  readonly onIdle: () => void;
  /** It died, or could not be started, and will be started again; `cause` is an error's code or name, never its message. */
  readonly onDeath: (cause: string) => void;
}

/**
 * One thread and what it counts now: nothing, or one list of calls. A thread that dies takes its list with it, so that
 * texts that kill one are not tried again, and another is started after a pause.
 */
export class CountingThread {
  readonly #options: CountingThreadOptions;
  readonly #stop = new AbortController();
  #backoff: Backoff;
  #worker: Worker | undefined;
  /** What this thread has in memory; the first call of an encoding takes the longer. */
  #loaded = new Set<Encoding>();
  /** What was waited for while it was loaded, in this thread or one before it, and is not loaded yet: not waited for again. */
  readonly #awaited = new Set<Encoding>();
  #loadingUntilMs = 0;
  #answered: AbortController | undefined;
  #answer: ((counts: Counts | 'died') => void) | undefined;

  constructor(options: CountingThreadOptions) {
    this.#options = options;
    this.#backoff = this.#newBackoff();
    this.#start();
  }

  get isAlive(): boolean {
    return this.#worker !== undefined;
  }

  get isIdle(): boolean {
    return this.isAlive && this.#answer === undefined;
  }

  /** How much longer it may be waited for because it loads an encoding: zero when it has, or had its time for it. */
  get loadingMs(): number {
    return Math.max(0, this.#loadingUntilMs - this.#options.clock.now());
  }

  /** Only while it is idle. */
  count(calls: readonly CallTexts[]): Promise<Counts | 'died'> {
    const encodings = new Set(calls.flatMap(({model}) => encodingOf(model) ?? []));
    this.#allowLoading(encodings.difference(this.#loaded).difference(this.#awaited));
    return new Promise((resolve) => {
      this.#answer = (counts) => {
        this.#loadingUntilMs = 0;
        if (counts !== 'died') this.#hasLoaded(encodings);
        resolve(counts);
      };
      this.#worker?.postMessage(calls);
      void this.#endIfSilent();
    });
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#worker?.terminate();
  }

  #allowLoading(encodings: ReadonlySet<Encoding>): void {
    if (encodings.size === 0) return;
    const {clock, loadMsMax: maxMs = loadMsMax} = this.#options;
    this.#loadingUntilMs = clock.now() + maxMs;
    for (const encoding of encodings) this.#awaited.add(encoding);
  }

  #hasLoaded(encodings: ReadonlySet<Encoding>): void {
    for (const encoding of encodings) {
      this.#loaded.add(encoding);
      this.#awaited.delete(encoding);
    }
  }

  /** Where the system has no thread left, this is a death like others: events are read without estimates meanwhile. */
  #start(): void {
    this.#loaded = new Set();
    try {
      this.#worker = this.#newWorker();
    } catch (error) {
      void this.#died(nameOf(error));
    }
  }

  #newWorker(): Worker {
    let cause = 'exit';
    const worker = new Worker(this.#options.program ?? program, {
      name: 'tokens',
      // It needs nothing of the process' environment, and what was loaded into the process is not for it.
      env: {},
      execArgv: [],
      resourceLimits: {maxOldGenerationSizeMb: heapMiBMax},
    });
    // Nobody waits for counts once the process has nothing else to do.
    worker.unref();
    worker.on('message', (counts: Counts) => {
      this.#backoff = this.#newBackoff();
      this.#settle(counts);
    });
    worker.on('error', (error: unknown) => (cause = nameOf(error)));
    worker.on('exit', () => void this.#died(cause));
    return worker;
  }

  async #endIfSilent(): Promise<void> {
    const {clock, silenceMaxMs: maxMs = silenceMaxMs} = this.#options;
    const [worker, answered] = [this.#worker, new AbortController()];
    this.#answered = answered;
    await clock.sleep(maxMs, AbortSignal.any([this.#stop.signal, answered.signal]));
    if (!answered.signal.aborted) await worker?.terminate();
  }

  async #died(cause: string): Promise<void> {
    this.#worker = undefined;
    const {signal} = this.#stop;
    if (!signal.aborted) this.#options.onDeath(cause);
    this.#settle('died');
    if (signal.aborted) return;
    await this.#backoff.wait(signal);
    if (signal.aborted) return;
    this.#start();
    if (this.isIdle) this.#options.onIdle();
  }

  #settle(counts: Counts | 'died'): void {
    const answer = this.#answer;
    this.#answer = undefined;
    this.#answered?.abort();
    answer?.(counts);
    if (this.isAlive) this.#options.onIdle();
  }

  #newBackoff(): Backoff {
    const {clock, random} = this.#options;
    return new Backoff({clock, random, steps: restartBackoff});
  }
}

/** A message could quote what was said. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no error object';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
