import {
  LeaseEndedError,
  type LeaseEnd,
  type PartitionLease,
} from '../../packages/azure/src/event-hubs/source-options.ts';
import type {Position, ReceivedEvent, SourcePartition} from '@weir/pipeline';
import type {SimulatedProcess} from './process.ts';
import type {Random} from './random.ts';
import type {SimulatedHub} from './simulated-hub.ts';
import type {VirtualTime} from './virtual-time.ts';

export interface LeaseOptions {
  readonly partition: SourcePartition;
  readonly prelude: unknown;
  readonly start: Position | undefined;
  readonly process: SimulatedProcess;
  readonly hub: SimulatedHub;
  readonly time: VirtualTime;
  readonly random: Random;
  readonly batchMax: number;
  readonly maxWaitMs: number;
  readonly latencyMs: number;
  readonly isOwned: () => boolean;
  readonly onEnd: (lease: SimulatedLease) => void;
}

/** One claim of one partition: batches from the simulated hub until it is lost, stolen or let go. */
export class SimulatedLease implements PartitionLease {
  readonly partition: SourcePartition;
  readonly prelude: unknown;
  readonly startedAt = undefined;
  readonly #options: LeaseOptions;
  readonly #ended = new AbortController();
  #cursor: number;
  #isFirst = true;
  #hasDelivered = false;
  #finish: (() => void) | undefined;
  /** Events that this link skips, as a broken receiver would; they are there for the next one. */
  skipNext = 0;

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.partition = options.partition;
    this.prelude = options.prelude;
    this.#cursor = options.hub.seek(options.partition.partitionId, options.start);
  }

  get signal(): AbortSignal {
    return this.#ended.signal;
  }
  get isOwned(): boolean {
    return !this.signal.aborted && this.#options.isOwned();
  }
  get process(): SimulatedProcess {
    return this.#options.process;
  }

  release(reason: string): void {
    this.end('released', reason);
  }

  end(end: LeaseEnd, detail: string): void {
    if (this.signal.aborted) return;
    this.#ended.abort(new LeaseEndedError(end, detail));
    this.#finish?.();
    this.#options.onEnd(this);
  }

  async *batches(): AsyncGenerator<readonly ReceivedEvent[], void, undefined> {
    try {
      for (let events = await this.#receive(); events !== undefined; events = await this.#receive())
        yield events;
    } finally {
      this.end('released', 'The consumer stopped reading.');
    }
  }

  /** Waits for events, at most as long as a quiet link does. */
  #receive(): Promise<readonly ReceivedEvent[] | undefined> {
    const {hub, time, random, process, maxWaitMs, latencyMs} = this.#options;
    const {partitionId} = this.partition;
    if (this.signal.aborted) return Promise.resolve(undefined);
    this.#cursor = Math.max(this.#cursor, hub.beginsAt(partitionId));
    return new Promise((resolve) => {
      let isOver = false;
      let stopWaiting: () => unknown = () => {};
      const finish = (events: readonly ReceivedEvent[] | undefined): void => {
        if (isOver) return;
        isOver = true;
        stopWaiting();
        this.#finish = undefined;
        resolve(events);
      };
      this.#finish = () => finish(undefined);
      const deliver = (): void =>
        time.after(random.next() * latencyMs, () => isOver || finish(this.#take()), process);
      if (this.#cursor < hub.end(partitionId)) return deliver();
      stopWaiting = hub.onAppend(partitionId, deliver);
      time.after(maxWaitMs, () => finish([]), process);
    });
  }

  #take(): readonly ReceivedEvent[] {
    const {hub, random, batchMax} = this.#options;
    const {partitionId} = this.partition;
    // A reconnecting link may begin a little before its position.
    if (this.#isFirst && random.chance(0.1))
      this.#cursor = Math.max(hub.beginsAt(partitionId), this.#cursor - 2);
    this.#isFirst = false;
    // Only between two events, which shows the gap; else nothing but the source's watchdog could find it.
    const showsGap = this.#hasDelivered && this.#cursor + this.skipNext < hub.end(partitionId);
    if (this.skipNext > 0 && showsGap && hub.mayGlitchAt(partitionId, this.#cursor))
      this.#cursor += this.skipNext;
    this.skipNext = 0;
    const events = hub.read(partitionId, {from: this.#cursor, max: random.between(1, batchMax)});
    const last = events.at(-1);
    if (last !== undefined) this.#cursor = last.sequenceNumber + 1;
    this.#hasDelivered ||= last !== undefined;
    return events;
  }
}
