import {Worker} from 'node:worker_threads';
import type {AskRows} from '../asked-rows.ts';
import {ReplayError} from '../replay-error.ts';
import type {FromThread, Job, ThreadStart, ToThread} from './messages.ts';

/** What is parsed is garbage at once: more room for it is only more memory, several times for all threads. */
const youngMiBMax = 24;

/** Events that were read since the last time; bare ones have no positions of their own. */
export interface EventsRead {
  readonly count: number;
  readonly areBare: boolean;
}

export type Done = Extract<FromThread, {kind: 'done'}>;

export interface ThreadOptions {
  readonly start: ThreadStart;
  readonly ask: AskRows;
  /** Events that the thread has read since the last time. */
  readonly onRead: (events: EventsRead) => void;
  readonly fail: (error: unknown) => void;
  /** A job was done. */
  readonly changed: () => void;
}

/** One thread, and what it has been given. */
export class StartedThread {
  readonly #worker: Worker;
  readonly #options: ThreadOptions;
  /** Of the jobs given and not done, in their order. */
  readonly #pending: ((done: Done) => void)[] = [];
  #isClosing = false;

  constructor(options: ThreadOptions) {
    this.#options = options;
    this.#worker = new Worker(new URL('./thread.ts', import.meta.url), {
      workerData: options.start,
      resourceLimits: {maxYoungGenerationSizeMb: youngMiBMax},
    });
    this.#worker.on('message', (message: FromThread) => this.#heed(message));
    this.#worker.on('error', options.fail);
    this.#worker.on(
      'exit',
      () => this.#isClosing || options.fail(new Error('A thread of the replay ended.')),
    );
  }

  /** Given and not done. */
  get jobs(): number {
    return this.#pending.length;
  }

  give(job: Job, done: (done: Done) => void): void {
    this.#pending.push(done);
    this.#send(job, 'bytes' in job ? [job.bytes] : []);
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#worker.terminate();
  }

  #heed(message: FromThread): void {
    switch (message.kind) {
      case 'read':
        return this.#options.onRead({count: message.events, areBare: message.isBare});
      case 'ask':
        return this.#answer(message.query, this.#options.ask(message.for));
      case 'failed':
        return this.#options.fail(errorOf(message));
      case 'done':
        this.#finish(message);
    }
  }

  #finish(message: Done): void {
    try {
      this.#pending.shift()?.(message);
    } catch (error) {
      this.#options.fail(error);
    }
    this.#options.changed();
  }

  #answer(query: number, rows: ReturnType<AskRows>): void {
    rows.then((found) => this.#send({kind: 'answer', query, rows: found}), this.#options.fail);
  }

  #send(message: ToThread, moved: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, moved);
  }
}

/** Errors lose their class on their way between threads. */
function errorOf({name, message}: {name: string; message: string}): Error {
  return name === 'ReplayError' ? new ReplayError(message) : new Error(message);
}
