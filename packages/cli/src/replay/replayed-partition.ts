import {
  PartitionPipeline,
  startMark,
  type AggregateDelta,
  type Mark,
  type PartitionPipelineOptions,
  type ReceivedEvent,
} from '@weir/pipeline';
import {countCalls} from '@weir/worker';
import {ReplayError} from './replay-error.ts';
import type {TimeRange} from './replay-plan.ts';
import type {ReadSpan} from './replayed-window.ts';

/** Deltas are handed on at one of these, so that memory does not grow with what is read. */
const pendingDeltasMax = 5_000;
const eventsPendingMax = 20_000;
/** Well below the pipeline's own bound: nobody writes them down here. */
const deadLettersPendingMax = 2_000;

/** One partition, in virtual time: now is when the latest event was enqueued. */
export class ReplayedPartition {
  readonly pipeline: PartitionPipeline;
  readonly #id: string;
  readonly #enqueued: TimeRange;
  #first: Mark | undefined;
  #last: Mark | undefined;
  #eventsPending = 0;
  /** Sequence number of the latest event, wanted or not. */
  #latest = -1;

  constructor(id: string, {options, enqueued}: {options: PartitionPipelineOptions; enqueued: TimeRange}) {
    this.#id = id;
    this.#enqueued = enqueued;
    this.pipeline = new PartitionPipeline(options, {
      kind: 'new',
      lineage: '',
      hubCreatedAt: '',
      at: startMark,
    });
  }

  /** Undefined where nothing was read, or where events in between are missing. */
  get span(): ReadSpan | undefined {
    if (this.#first === undefined || this.#last === undefined) return undefined;
    return this.pipeline.counts.gapEvents > 0 ? undefined : {first: this.#first, last: this.#last};
  }

  /** Whether {@link takeDeltas} is due. */
  get isFull(): boolean {
    return (
      this.#eventsPending >= eventsPendingMax ||
      this.pipeline.pendingDeltas >= pendingDeltasMax ||
      this.pipeline.deadLettersPending >= deadLettersPendingMax
    );
  }

  /**
   * Reads events in their order; those enqueued outside the range that is read are passed over, and so is the very same
   * event a second time. What was said in a call whose tokens nobody told is counted at leisure: the worker, which may not
   * wait as long, leaves more of them unknown.
   * @throws {ReplayError} for an event before the latest one
   */
  async read(events: readonly ReceivedEvent[]): Promise<void> {
    const {fromMs, untilMs} = this.#enqueued;
    const wanted = events.filter(
      ({enqueuedTimeMs, sequenceNumber}) =>
        enqueuedTimeMs >= fromMs && enqueuedTimeMs < untilMs && this.#isNext(sequenceNumber),
    );
    const last = wanted.at(-1);
    if (last === undefined) return;
    this.#first ??= markOf(wanted[0]!);
    this.#last = markOf(last);
    this.#eventsPending += wanted.length;
    this.pipeline.passTime(last.enqueuedTimeMs);
    let stop = this.pipeline.receiveUpToTexts(wanted);
    while (stop !== undefined) {
      if (stop.kind === 'gap') this.pipeline.acceptGap(stop.gap);
      else stop.ahead.takeCounts(await countCalls(stop.ahead.texts));
      stop = this.pipeline.receiveUpToTexts(wanted, stop);
    }
  }

  /** What was decided since the last time. */
  takeDeltas(): readonly AggregateDelta[] {
    this.#eventsPending = 0;
    const nowMs = this.#last?.enqueuedTimeMs ?? 0;
    const taken = this.pipeline.takeCommit({nowMs, author: '', carries: 'hand over'});
    return taken?.commit.deltas ?? [];
  }

  #isNext(sequenceNumber: number): boolean {
    if (sequenceNumber < this.#latest) {
      throw new ReplayError(
        `Event ${sequenceNumber} of partition ${this.#id} comes after event ${this.#latest}: sort the events of each partition by their sequence numbers.`,
      );
    }
    const isNext = sequenceNumber > this.#latest;
    this.#latest = sequenceNumber;
    return isNext;
  }
}

function markOf({sequenceNumber, offset, enqueuedTimeMs}: ReceivedEvent): Mark {
  return {sequenceNumber, offset, enqueuedTimeMs};
}
