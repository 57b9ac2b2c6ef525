import {setImmediate} from 'node:timers/promises';
import type {CallTexts, Clock, TextCounts} from '@weir/pipeline';
import type {TokenEstimator} from '../ports.ts';
import type {ReportTrouble} from '../trouble.ts';
import {countableBy} from './count-calls.ts';
import {textBytesOf} from './count-texts.ts';
import {CountingThread} from './counting-thread.ts';

/** What became of a call whose texts were to be counted; a metric's label. */
export const estimateOutcomes = ['estimated', 'timed out', 'queue full', 'failed', 'not countable'] as const;
export type EstimateOutcome = (typeof estimateOutcomes)[number];

export interface EstimatorOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly threads: number;
  /** For all calls of one `estimate`; loading an encoding apart. */
  readonly waitMs: number;
  /** Texts in the queue or being counted: twice their UTF-8, and a little for each call. */
  readonly queueBytesMax: number;
  readonly report: ReportTrouble;
  readonly onOutcome: (outcome: EstimateOutcome, calls: number) => void;
  /** What the threads run, and how long they may load and be silent; for tests. */
  readonly program?: URL;
  readonly loadMsMax?: number;
  readonly silenceMaxMs?: number;
}

/** What a thread is given at a time: small, so that what was counted when time is up counts. */
const listBytesMax = 32_768;
/** A letter of ASCII takes two bytes in memory where others are between. */
const bytesPerByteOfText = 2;
/** So that many calls that say next to nothing fill the queue, too. */
const bytesPerCall = 256;

/** The calls of one `estimate`. Over: its time is up, and nobody looks at it any more. */
interface Batch {
  readonly counts: (TextCounts | undefined)[];
  readonly done: () => void;
  open: number;
  isOver: boolean;
}

interface Queued {
  readonly batch: Batch;
  readonly nth: number;
  readonly texts: CallTexts;
  readonly bytes: number;
}

/**
 * Counts texts in threads of their own, so that the loop that reads is never held up. A call enters the queue, is given to
 * a thread with others, and leaves with its counts; or it leaves when its time is up, because the queue is full, or because
 * its thread has died. It does not enter where its time would only pass: when no thread is there, or all of them count what
 * nobody waits for any more.
 */
export class ThreadedEstimator implements TokenEstimator {
  readonly #options: EstimatorOptions;
  readonly #threads: readonly CountingThread[];
  /** What each thread counts, and since when. */
  readonly #counted = new Map<CountingThread, {list: readonly Queued[]; sinceMs: number}>();
  #queue: Queued[] = [];
  #queuedBytes = 0;
  #isClosed = false;

  constructor(options: EstimatorOptions) {
    this.#options = options;
    this.#threads = Array.from(
      {length: options.threads},
      () =>
        new CountingThread({
          ...options,
          onIdle: () => this.#dispatch(),
          onDeath: (cause) => this.#tell(cause),
        }),
    );
  }

  async estimate(
    calls: readonly CallTexts[],
    signal: AbortSignal,
  ): Promise<readonly (TextCounts | undefined)[]> {
    const counts = calls.map(() => undefined);
    if (signal.aborted) return counts;
    const {promise, resolve: done} = Promise.withResolvers<void>();
    const batch: Batch = {counts, done, open: 0, isOver: false};
    const inVain = this.#inVain();
    for (const [nth, texts] of calls.entries()) this.#enqueue({batch, nth, texts}, inVain);
    if (batch.open > 0) {
      this.#dispatch();
      await this.#inTime(promise, signal);
      this.#forget(batch);
    } else if (inVain !== undefined) {
      // A reader that never waits would never hear the thread that has answered meanwhile.
      await setImmediate();
    }
    return batch.counts;
  }

  /** Ends the threads; what waits is unknown at once, and nothing is counted afterwards. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#queuedBytes -= bytesOf(this.#queue);
    for (const call of this.#queue.splice(0)) this.#leave(call, undefined);
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  /** What becomes of calls that would wait for nothing; undefined where a thread is there to count them. */
  #inVain(): EstimateOutcome | undefined {
    if (this.#isClosed || !this.#threads.some(({isAlive}) => isAlive)) return 'failed';
    return this.#threads.every((thread) => !thread.isAlive || this.#isLate(thread)) ? 'timed out' : undefined;
  }

  /**
   * It counts what nobody waits for any more, and has done so for longer than any list should take. Who waited behind it
   * would be late as well, and reading with him. A list that was begun just before time was up is soon done.
   */
  #isLate(thread: CountingThread): boolean {
    const {clock, waitMs} = this.#options;
    const counted = this.#counted.get(thread);
    if (counted === undefined || clock.now() - counted.sinceMs < waitMs / 2) return false;
    return counted.list.every(({batch}) => batch.isOver);
  }

  #enqueue(call: Omit<Queued, 'bytes'>, inVain: EstimateOutcome | undefined): void {
    const {onOutcome, queueBytesMax} = this.#options;
    const bytes = bytesPerCall + textBytesOf(call.texts) * bytesPerByteOfText;
    if (countableBy(call.texts) === undefined) onOutcome('not countable', 1);
    else if (inVain !== undefined) onOutcome(inVain, 1);
    else if (this.#queuedBytes + bytes > queueBytesMax) onOutcome('queue full', 1);
    else {
      this.#queue.push({...call, bytes});
      this.#queuedBytes += bytes;
      call.batch.open += 1;
    }
  }

  /** Until they are counted or their time is up, which does not pass while a thread loads an encoding. */
  async #inTime(counted: Promise<void>, signal: AbortSignal): Promise<void> {
    const {clock, waitMs} = this.#options;
    const isCounted = new AbortController();
    void counted.then(() => isCounted.abort());
    const over = AbortSignal.any([signal, isCounted.signal]);
    await clock.sleep(waitMs + this.#loadingMs(), over);
    // It may have begun to load in the meantime.
    if (!over.aborted) await clock.sleep(this.#loadingMs(), over);
  }

  #loadingMs(): number {
    return Math.max(...this.#threads.map(({loadingMs}) => loadingMs));
  }

  /** Its texts leave memory. */
  #forget(batch: Batch): void {
    batch.isOver = true;
    if (batch.open === 0) return;
    this.#options.onOutcome('timed out', batch.open);
    const [others, late]: [Queued[], Queued[]] = [[], []];
    for (const call of this.#queue) (call.batch === batch ? late : others).push(call);
    this.#queue = others;
    this.#queuedBytes -= bytesOf(late);
  }

  #dispatch(): void {
    for (const thread of this.#threads) {
      if (thread.isIdle && this.#queue.length > 0) void this.#count(thread, this.#takeList());
    }
  }

  #takeList(): readonly Queued[] {
    let [bytes, calls] = [0, 0];
    while (calls < this.#queue.length && bytes < listBytesMax) bytes += this.#queue[calls++]!.bytes;
    return this.#queue.splice(0, calls);
  }

  async #count(thread: CountingThread, list: readonly Queued[]): Promise<void> {
    this.#counted.set(thread, {list, sinceMs: this.#options.clock.now()});
    const counts = await thread.count(list.map(({texts}) => texts));
    // The thread may have been given its next list already.
    if (this.#counted.get(thread)?.list === list) this.#counted.delete(thread);
    this.#queuedBytes -= bytesOf(list);
    for (const [i, call] of list.entries()) this.#leave(call, counts === 'died' ? undefined : counts[i]);
  }

  #leave({batch, nth}: Queued, counts: TextCounts | undefined): void {
    if (batch.isOver) return; // its time was up while it was counted
    batch.counts[nth] = counts;
    this.#options.onOutcome(counts === undefined ? 'failed' : 'estimated', 1);
    batch.open -= 1;
    if (batch.open === 0) batch.done();
  }

  #tell(cause: string): void {
    this.#options.report({
      layer: 'worker',
      kind: 'token estimates',
      message: `A thread that estimates tokens has ended, or could not be started (${cause}). It is tried again; the tokens of calls that only tell their texts are unknown until then. Reading goes on.`,
    });
  }
}

function bytesOf(calls: readonly Queued[]): number {
  return calls.reduce((sum, {bytes}) => sum + bytes, 0);
}
