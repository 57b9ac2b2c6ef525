import {
  grainMs,
  mergeInto,
  noRecords,
  type AggregateDelta,
  type DeltaMap,
  type OpenList,
  type ReceivedEvent,
  type RecordCounts,
} from '@weir/pipeline';
import type {WorkerSettings} from '@weir/worker';
import {addCounts} from './add-counts.ts';
import {ReplayError} from './replay-error.ts';
import {ReplayJoin, type Rows} from './replay-join.ts';
import type {ReplayPlan} from './replay-plan.ts';
import {ReplayedPartition} from './replayed-partition.ts';
import type {ReadSpan} from './replayed-window.ts';

/** What was found of some partitions. */
export interface ReplayedPart {
  readonly documents: DeltaMap;
  readonly read: ReadonlyMap<string, ReadSpan>;
  readonly undecided: number;
  readonly counts: RecordCounts;
}

/** Documents held, all views and windows together: about 3 GB. */
export const documentsMax = 1_000_000;

/**
 * Leads events of some partitions through the worker's pipeline, each partition in its order, and adds up what the
 * documents of the window should hold. An event enters with {@link read} and has left when its diagnostics are at hand, or
 * with the answer to a query for them. Takes no time and makes no request of its own.
 */
export class Replayer {
  readonly join: ReplayJoin;
  readonly #settings: WorkerSettings;
  readonly #plan: ReplayPlan;
  readonly #partitions = new Map<string, ReplayedPartition>();
  readonly #documents: DeltaMap = new Map();

  constructor(plan: ReplayPlan, {settings, rows}: {settings: WorkerSettings; rows: Rows}) {
    this.#plan = plan;
    this.#settings = settings;
    this.join = new ReplayJoin(settings.lookup, {window: plan.window, rows});
  }

  /** Whose events wait for diagnostics, in the order of reading. */
  get waiting(): readonly OpenList[] {
    return [...this.#partitions.values()].map(({pipeline}) => pipeline.waiting);
  }

  /** @param events the next ones of the partition; bodies are valid until it resolves @throws {ReplayError} */
  async read(id: string, events: readonly ReceivedEvent[]): Promise<void> {
    const partition = this.#partition(id);
    await partition.read(events);
    this.join.settleWithoutRow(partition.pipeline.waiting);
    if (partition.isFull) this.#take(partition);
    this.#checkWaiting();
  }

  /**
   * Everything was read.
   * @param readToEndMs halves that have waited `join.mergeWait` by then wait no longer; Infinity: no other half will come
   */
  end(readToEndMs: number): void {
    for (const {pipeline} of this.#partitions.values()) {
      pipeline.idle(readToEndMs);
      this.join.settleWithoutRow(pipeline.waiting);
    }
  }

  result(): ReplayedPart {
    const read = new Map<string, ReadSpan>();
    const counts = noRecords();
    let undecided = 0;
    for (const [id, partition] of this.#partitions) {
      this.#take(partition);
      const {pipeline, span} = partition;
      addCounts(counts, pipeline.counts);
      if (span !== undefined) read.set(id, span);
      undecided += pipeline.waiting.count + pipeline.halvesWaiting;
    }
    return {documents: this.#documents, read, undecided, counts};
  }

  /** Asked for and not decided: their deadlines have not passed, so no further query would settle them now. */
  #checkWaiting(): void {
    const {waitingMax} = this.#settings.partition;
    if (this.join.waiting <= waitingMax) return;
    throw new ReplayError(
      `More than ${waitingMax.toLocaleString('en-US')} calls (join.waitingMax) wait for their diagnostics. Replay an older or a shorter window.`,
    );
  }

  #partition(id: string): ReplayedPartition {
    let partition = this.#partitions.get(id);
    if (partition === undefined) {
      const {partition: settings, dedupe} = this.#settings;
      const {views, enqueued} = this.#plan;
      const options = {
        ...settings,
        views,
        dedupe,
        join: this.join,
        carryBytesMax: settings.commitBytesMax,
      };
      partition = new ReplayedPartition(id, {options, enqueued});
      this.#partitions.set(id, partition);
    }
    return partition;
  }

  #take(partition: ReplayedPartition): void {
    for (const delta of partition.takeDeltas()) if (this.#isWhole(delta)) mergeInto(this.#documents, delta);
    if (this.#documents.size <= documentsMax) return;
    throw new ReplayError(
      `The window has more than ${documentsMax.toLocaleString('en-US')} documents. Replay a shorter one, or group by less.`,
    );
  }

  /** Of a window that reaches beyond what was asked for, not all events are read. */
  #isWhole({target: {windowStartMs, grain}}: AggregateDelta): boolean {
    const {fromMs, untilMs} = this.#plan.window;
    return windowStartMs >= fromMs && windowStartMs + grainMs[grain] <= untilMs;
  }
}
