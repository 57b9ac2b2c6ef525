import {decodeDelta, mergeInto, noRecords, type DeltaMap} from '@weir/pipeline';
import {addCounts} from '../add-counts.ts';
import type {ReplayedPart} from '../replayer.ts';
import type {ReadSpan} from '../replayed-window.ts';
import type {PackedRows} from '../rows/row-words.ts';
import type {Job, ThreadPart} from './messages.ts';
import {StartedThread, type ThreadOptions} from './started-thread.ts';

/** Jobs of one thread, the one that it works on included; of lines each is a megabyte. */
const jobsMax = 3;

export interface ThreadsOptions extends Omit<ThreadOptions, 'fail' | 'changed'> {
  /** 1 or more. */
  readonly count: number;
}

/** The threads of one replay. Each reads its own partitions; what one of them throws ends all, and so does the signal. */
export class ReplayThreads {
  readonly #threads: readonly StartedThread[];
  readonly #ofPartition = new Map<string, number>();
  #failure: {readonly error: unknown} | undefined;
  #waiting: (() => void)[] = [];

  constructor({count, ...options}: ThreadsOptions, signal: AbortSignal) {
    const fail = (error: unknown): void => {
      this.#failure ??= {error};
      this.#wake();
    };
    const changed = (): void => this.#wake();
    this.#threads = Array.from({length: count}, () => new StartedThread({...options, fail, changed}));
    signal.addEventListener('abort', () => fail(signal.reason), {once: true});
    if (signal.aborted) fail(signal.reason);
  }

  get count(): number {
    return this.#threads.length;
  }

  /** The thread that reads a partition: partitions are dealt out as they are first met. */
  threadOf(partition: string): number {
    let thread = this.#ofPartition.get(partition);
    if (thread === undefined) {
      thread = this.#ofPartition.size % this.count;
      this.#ofPartition.set(partition, thread);
    }
    return thread;
  }

  /**
   * Gives a thread its next job. Resolves as soon as the thread may be given another one.
   * @param take what comes of it, where something does
   * @throws what a thread has thrown meanwhile; the signal's reason
   */
  async give(thread: number, job: Job, take?: (rows: PackedRows) => void): Promise<void> {
    const one = this.#threads[thread]!;
    one.give(job, ({rows}) => rows !== undefined && take?.(rows));
    await this.#until(() => one.jobs < jobsMax);
  }

  /** Resolves when every thread has done what it was given. @throws as {@link give} */
  async idle(): Promise<void> {
    await this.#until(() => this.#threads.every(({jobs}) => jobs === 0));
  }

  /** Gives every thread a last job; what they found, added up. @throws as {@link give} */
  async end(): Promise<ReplayedPart> {
    const parts: ThreadPart[] = [];
    for (const one of this.#threads) {
      one.give({kind: 'end'}, ({part}) => part !== undefined && parts.push(part));
    }
    await this.idle();
    return added(parts);
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((one) => one.close()));
  }

  async #until(holds: () => boolean): Promise<void> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.error;
      if (holds()) return;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function added(parts: readonly ThreadPart[]): ReplayedPart {
  const documents: DeltaMap = new Map();
  const read = new Map<string, ReadSpan>();
  const counts = noRecords();
  let undecided = 0;
  for (const part of parts) {
    for (const delta of part.documents) mergeInto(documents, decodeDelta(delta));
    for (const [partition, span] of part.read) read.set(partition, span);
    addCounts(counts, part.counts);
    undecided += part.undecided;
  }
  return {documents, read, undecided, counts};
}
