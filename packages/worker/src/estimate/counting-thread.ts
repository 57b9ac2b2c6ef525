import {Worker} from 'node:worker_threads';
import type {CallTexts, Clock, TextCounts} from '@weir/pipeline';
import {Backoff, type BackoffSteps} from '../backoff.ts';
import {encodingOf, type Encoding} from './model-encoding.ts';

export type Counts = readonly (TextCounts | undefined)[];

/** A thread that dies again and again is not started more often than this. */
const restartBackoff: BackoffSteps = {firstMs: 1_000, lastMs: 60_000};
/** All encodings take some 150 MB; what needs more than this is a fault, and ends the thread instead of the process. */
const heapMiBMax = 512;
/** A list of calls takes a third of a second at most, loading an encoding a tenth; a thread that is silent for so long is ended. */
const silenceMaxMs = 10_000;
const program = new URL('./estimate-thread.ts', import.meta.url);

export interface CountingThreadOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** For tests; the estimator's own otherwise. */
  readonly program?: URL;
  /** For tests. */
  readonly silenceMaxMs?: number;
  /** It can take the next calls. */
  readonly onIdle: () => void;
  /** It died and will be started again; `cause` is an error's code or name, never its message. */
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

  /** Whether it counts at once by these. */
  hasLoaded(encodings: ReadonlySet<Encoding>): boolean {
    return encodings.isSubsetOf(this.#loaded);
  }

  /** Only while it is idle. */
  count(calls: readonly CallTexts[]): Promise<Counts | 'died'> {
    return new Promise((resolve) => {
      this.#answer = (counts) => {
        if (counts !== 'died') for (const encoding of encodingsOf(calls)) this.#loaded.add(encoding);
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

  #start(): void {
    let cause = 'exit';
    this.#loaded = new Set();
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
    this.#worker = worker;
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
    this.#options.onIdle();
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

/** Those that these calls are counted by. */
export function encodingsOf(calls: readonly CallTexts[]): Set<Encoding> {
  return new Set(calls.flatMap(({model}) => encodingOf(model) ?? []));
}

/** A message could quote what was said. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no error object';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
