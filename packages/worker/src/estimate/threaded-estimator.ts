import {charsOf, type CallTexts, type Clock, type TextCounts} from '@weir/pipeline';
import type {TokenEstimator} from '../ports.ts';
import type {ReportTrouble} from '../trouble.ts';
import {CountingThread, encodingsOf} from './counting-thread.ts';
import {encodingOf} from './model-encoding.ts';

/** What became of a call whose texts were to be counted; a metric's label. */
export const estimateOutcomes = ['estimated', 'timed out', 'queue full', 'failed', 'not countable'] as const;
export type EstimateOutcome = (typeof estimateOutcomes)[number];

export interface EstimatorOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly threads: number;
  /** For all calls of one `estimate`; loading an encoding apart. */
  readonly waitMs: number;
  /** Texts in the queue or being counted, two bytes a character and a little for each call. */
  readonly queueBytesMax: number;
  readonly report: ReportTrouble;
  readonly onOutcome: (outcome: EstimateOutcome, calls: number) => void;
  /** What the threads run, and how long they may load and be silent; for tests. */
  readonly program?: URL;
  readonly loadMsMax?: number;
  readonly silenceMaxMs?: number;
}

/** A call with more text is not counted: no event of a hub holds much more, and a thread is busy with it for a third of a second. */
export const callCharsMax = 262_144;
/** What a thread is given at a time: small, so that what was counted when time is up counts. */
const listBytesMax = 32_768;
/**
 * Loading an encoding, once in the life of a thread, is not the fault of the texts that need it first: so much longer than
 * `waitMs` they wait. It takes a tenth of a second, on a busy machine several.
 */
const loadMsMax = 5_000;
const bytesPerChar = 2;
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
 * its thread has died.
 */
export class ThreadedEstimator implements TokenEstimator {
  readonly #options: EstimatorOptions;
  readonly #threads: readonly CountingThread[];
  #queue: Queued[] = [];
  #queuedBytes = 0;

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
    for (const [nth, texts] of calls.entries()) this.#enqueue({batch, nth, texts});
    if (batch.open > 0) {
      this.#dispatch();
      await this.#inTime(promise, {signal, waitMs: this.#waitMs(calls)});
      this.#forget(batch);
    }
    return batch.counts;
  }

  /** Ends the threads; nothing is counted afterwards. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  #enqueue(call: Omit<Queued, 'bytes'>): void {
    const {onOutcome, queueBytesMax} = this.#options;
    const chars = charsOf(call.texts);
    const bytes = bytesPerCall + chars * bytesPerChar;
    if (chars > callCharsMax || encodingOf(call.texts.model) === undefined) onOutcome('not countable', 1);
    else if (!this.#threads.some(({isAlive}) => isAlive)) onOutcome('failed', 1);
    else if (this.#queuedBytes + bytes > queueBytesMax) onOutcome('queue full', 1);
    else {
      this.#queue.push({...call, bytes});
      this.#queuedBytes += bytes;
      call.batch.open += 1;
    }
  }

  #waitMs(calls: readonly CallTexts[]): number {
    const {waitMs, loadMsMax: loadMs = loadMsMax} = this.#options;
    const encodings = encodingsOf(calls);
    return this.#threads.every((thread) => thread.hasLoaded(encodings)) ? waitMs : waitMs + loadMs;
  }

  async #inTime(
    counted: Promise<void>,
    {signal, waitMs}: {signal: AbortSignal; waitMs: number},
  ): Promise<void> {
    const isCounted = new AbortController();
    await Promise.race([
      counted,
      this.#options.clock.sleep(waitMs, AbortSignal.any([signal, isCounted.signal])),
    ]);
    isCounted.abort();
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
    const counts = await thread.count(list.map(({texts}) => texts));
    this.#queuedBytes -= bytesOf(list);
    for (const [i, {batch, nth}] of list.entries()) {
      if (batch.isOver) continue; // its time was up while it was counted
      const found = counts === 'died' ? undefined : counts[i];
      batch.counts[nth] = found;
      this.#options.onOutcome(found === undefined ? 'failed' : 'estimated', 1);
      batch.open -= 1;
      if (batch.open === 0) batch.done();
    }
  }

  #tell(cause: string): void {
    this.#options.report({
      layer: 'worker',
      kind: 'token estimates',
      message: `A thread that estimates tokens has ended (${cause}). Another one is started; the tokens of calls that only tell their texts are unknown until then. Reading goes on.`,
    });
  }
}

function bytesOf(calls: readonly Queued[]): number {
  return calls.reduce((sum, {bytes}) => sum + bytes, 0);
}
