import {
  FeedPlan,
  FeedSwitch,
  noRecord,
  type LookupAnswer,
  type LookupJoin,
  type OpenList,
  type RecordSlot,
  type Slice,
} from '@weir/pipeline';
import pLimit from 'p-limit';
import type {WorkerPorts} from '../ports.ts';
import type {ReportTrouble} from '../trouble.ts';
import {generatedAfterMs, generatedBeforeMs} from './diagnostics-query.ts';
import {QueryBudget} from './query-budget.ts';
import {QueryPace} from './query-pace.ts';

export interface LookupSettings {
  readonly feedIntervalMs: number;
  readonly settleMs: number;
  /** Undefined: by whether the feed is on. */
  readonly sweepAfterMs: number | undefined;
  readonly sweepAfterDefaultMs: {readonly withFeed: number; readonly withoutFeed: number};
  readonly sweepIntervalMs: number;
  readonly deadlineMs: number;
  readonly waitMaxMs: number;
  readonly concurrency: number;
}

/** A partition whose records wait here. */
export interface WaitingPartition {
  readonly waiting: OpenList;
  /** Its events up to this enqueued time are in memory. */
  readUntilMs(nowMs: number): number;
}

export interface LookupRunnerOptions {
  readonly ports: Pick<WorkerPorts, 'diagnostics' | 'clock' | 'random'>;
  readonly join: LookupJoin;
  readonly settings: LookupSettings;
  readonly report: ReportTrouble;
  readonly partitions: () => Iterable<WaitingPartition>;
  /** Workers that share the query budget, this one included. */
  readonly workers: () => number;
  /** Events received since the start. */
  readonly eventsReceived: () => number;
  readonly onAnswer: (answer: LookupAnswer) => void;
}

/** The service takes lists of any length; a query of this many ids is some 200 kB. */
const idsPerSweepMax = 5_000;
/** A local clock that moves by this much more or less than was slept has been set, or the machine was suspended. */
const clockJumpMs = 5_000;
/** The feed goes at most this far beyond what has been read, or its rows would have to wait for events in memory. */
const aheadOfReadingMs = 300_000;
/** Diagnostics may be stored a little before the gateway's event is enqueued. */
const beforeEventMs = 120_000;
const sweepsPerInterval = 8;
const sweepEveryMaxMs = 60_000;
const tickBoundsMs = {least: 50, most: 1_000};
/** The service's clock is asked for this often when no answer told it. */
const clockEveryMs = 300_000;

/**
 * Asks Log Analytics on behalf of all partitions of a worker: the feed reads settled slices, and the sweep asks for
 * the ids that the feed has passed without an answer. At most `concurrency` queries are under way, within a budget
 * that the workers share. All times are the service's; the worker's clock only measures what has passed since.
 */
export class LookupRunner {
  readonly #options: LookupRunnerOptions;
  readonly #feed: FeedPlan;
  readonly #switch = new FeedSwitch();
  readonly #budget = new QueryBudget();
  readonly #pace: QueryPace;
  readonly #limit: ReturnType<typeof pLimit>;
  /** Service clock less local clock. */
  #offsetMs: number | undefined;
  #clockAskedMs = -Infinity;
  #nextSweepMs = -Infinity;
  /** Halved when an answer was cut or too slow, doubled when one was complete. */
  #idsPerSweep = idsPerSweepMax;
  #tickedMs: number | undefined;
  #readFromMs = Infinity;
  #counted = 0;

  constructor(options: LookupRunnerOptions) {
    this.#options = options;
    this.#feed = new FeedPlan({
      intervalMs: options.settings.feedIntervalMs,
      settleMs: options.settings.settleMs,
    });
    this.#pace = new QueryPace(options.ports.random);
    this.#limit = pLimit(options.settings.concurrency);
  }

  get isFeedOn(): boolean {
    return this.#switch.isOn;
  }

  /** Whether the source cannot be asked now. */
  get isTroubled(): boolean {
    return this.#pace.isTroubled;
  }

  /** How far the feed is behind the service, ms; undefined while it is off or has not begun. */
  get feedLagMs(): number | undefined {
    const {coveredUntilMs} = this.#feed;
    if (!this.#switch.isOn || coveredUntilMs === undefined || this.#offsetMs === undefined) return undefined;
    return this.#options.ports.clock.now() + this.#offsetMs - coveredUntilMs;
  }

  /** Events from this enqueued time on are being read, perhaps again: their rows have to be looked for again. */
  readFrom(enqueuedTimeMs: number): void {
    if (!this.#switch.isOn) return; // the sweep asks for them
    this.#readFromMs = Math.min(this.#readFromMs, enqueuedTimeMs - beforeEventMs);
  }

  async run(signal: AbortSignal): Promise<void> {
    const {clock} = this.#options.ports;
    const {settings} = this.#options;
    const tickMs = Math.min(tickBoundsMs.most, Math.max(tickBoundsMs.least, settings.feedIntervalMs / 4));
    while (!signal.aborted) {
      this.#heedClock(tickMs);
      this.#tick(signal);
      await clock.sleep(tickMs, signal);
    }
  }

  /** What is known of the service's clock is only good while the local one runs evenly. */
  #heedClock(tickMs: number): void {
    const localMs = this.#options.ports.clock.now();
    const sleptMs = localMs - (this.#tickedMs ?? localMs - tickMs);
    this.#tickedMs = localMs;
    if (Math.abs(sleptMs - tickMs) > clockJumpMs) this.#offsetMs = undefined;
  }

  #tick(signal: AbortSignal): void {
    const localMs = this.#options.ports.clock.now();
    this.#countEvents(localMs);
    if (this.#offsetMs === undefined || localMs - this.#clockAskedMs >= clockEveryMs)
      this.#askClock(localMs, signal);
    if (this.#offsetMs !== undefined) {
      const nowMs = localMs + this.#offsetMs;
      if (this.#switch.isOn) this.#planFeed(nowMs, signal);
      this.#sweep(nowMs, signal);
    }
    this.#giveUpOld(localMs + (this.#offsetMs ?? 0));
  }

  #countEvents(localMs: number): void {
    const received = this.#options.eventsReceived();
    const switched = this.#switch.count(received - this.#counted, localMs);
    this.#counted = received;
    if (!switched) return;
    this.#readFromMs = Infinity;
    if (!this.#switch.isOn) return this.#feed.forget();
    const {columns} = this.#options.join.records;
    for (const {waiting} of this.#options.partitions())
      if (waiting.oldest !== noRecord) this.readFrom(columns.enqueuedTimeMs(waiting.oldest));
  }

  #planFeed(nowMs: number, signal: AbortSignal): void {
    this.#feed.advance(nowMs);
    if (this.#readFromMs !== Infinity) {
      this.#feed.readFrom(this.#readFromMs, nowMs);
      this.#readFromMs = Infinity;
    }
    while (this.#mayAsk()) {
      const slice = this.#feed.next(this.#feedUntilMs(nowMs));
      if (slice === undefined) return;
      if (!this.#mayQuery()) {
        this.#feed.failed(slice);
        return;
      }
      void this.#limit(() => this.#readSlice(slice, signal));
    }
  }

  /** The oldest partition's reading bounds the feed. */
  #feedUntilMs(nowMs: number): number {
    let untilMs = nowMs;
    for (const partition of this.#options.partitions()) {
      untilMs = Math.min(untilMs, partition.readUntilMs(nowMs) + aheadOfReadingMs);
    }
    return untilMs;
  }

  async #readSlice(slice: Slice, signal: AbortSignal): Promise<void> {
    const answer = await this.#ask(() => this.#options.ports.diagnostics.slice(slice, signal), signal);
    if (answer === undefined) return;
    switch (answer.kind) {
      case 'complete':
        this.#feed.answered(slice, answer.rows.length);
        this.#options.join.offer(answer.rows, this.serviceNowMs);
        return;
      case 'partial':
      case 'tooSlow':
        return this.#feed.tooLarge(slice);
      case 'throttled':
      case 'unavailable':
      case 'forbidden':
        return this.#feed.failed(slice);
    }
  }

  #sweep(nowMs: number, signal: AbortSignal): void {
    const {settings} = this.#options;
    if (nowMs < this.#nextSweepMs) return;
    while (this.#mayAsk()) {
      const due = this.#due(nowMs);
      if (due.length > 0 && this.#mayQuery()) {
        const query = this.#options.join.ask(due);
        void this.#limit(() => this.#askFor(due, query, signal));
        if (due.length === this.#idsPerSweep) continue;
      }
      this.#nextSweepMs = nowMs + Math.min(sweepEveryMaxMs, settings.sweepIntervalMs / sweepsPerInterval);
      return;
    }
  }

  #due(nowMs: number): RecordSlot[] {
    const {join, settings, partitions} = this.#options;
    const defaults = settings.sweepAfterDefaultMs;
    const afterMs = settings.sweepAfterMs ?? (this.#switch.isOn ? defaults.withFeed : defaults.withoutFeed);
    const enqueuedUntilMs = Math.min(nowMs - afterMs, this.#feedPassedMs(nowMs, afterMs));
    const due: RecordSlot[] = [];
    for (const {waiting} of partitions()) {
      const max = this.#idsPerSweep - due.length;
      if (max > 0) due.push(...join.due(waiting, {enqueuedUntilMs, nowMs, max}));
    }
    return due;
  }

  /** Events enqueued until then have had their slices read, as far as these can be read now. */
  #feedPassedMs(nowMs: number, afterMs: number): number {
    const {coveredUntilMs} = this.#feed;
    if (!this.#switch.isOn) return Infinity;
    if (coveredUntilMs === undefined) return -Infinity;
    const {settleMs, feedIntervalMs} = this.#options.settings;
    const behindMs = settleMs + 2 * feedIntervalMs + tickBoundsMs.most;
    // A feed that may not go on, because reading has stopped at a bound, would otherwise keep that bound for ever.
    const isHeldBack = coveredUntilMs >= this.#feedUntilMs(nowMs) - behindMs;
    return isHeldBack ? Infinity : coveredUntilMs - afterMs + behindMs;
  }

  async #askFor(
    slots: readonly RecordSlot[],
    {ids, fromMs, toMs}: ReturnType<LookupJoin['ask']>,
    signal: AbortSignal,
  ): Promise<void> {
    const query = {ids, fromMs: fromMs - generatedBeforeMs, toMs: toMs + generatedAfterMs};
    const sentMs = this.serviceNowMs;
    const answer = await this.#ask(() => this.#options.ports.diagnostics.byIds(query, signal), signal);
    if (answer?.kind === 'complete') {
      this.#idsPerSweep = Math.min(idsPerSweepMax, this.#idsPerSweep * 2);
      // A local clock that was set since the last answer misjudges when this was sent; the answer's own time does not.
      const askedMs = Math.min(sentMs, answer.serviceNowMs ?? sentMs);
      this.#options.join.swept(slots, answer.rows, askedMs, this.serviceNowMs);
      return;
    }
    if (answer?.kind === 'partial' || answer?.kind === 'tooSlow') {
      // Records come in the order of enqueueing, so fewer ids also span less time.
      this.#idsPerSweep = Math.max(1, Math.floor(slots.length / 2));
      this.#nextSweepMs = -Infinity;
    }
    this.#options.join.notSwept(slots);
  }

  /** While the source is down nothing times out, up to the age at which an event may no longer be read again. */
  #giveUpOld(nowMs: number): void {
    const {join, partitions, settings, ports} = this.#options;
    const enqueuedUntilMs = nowMs - settings.waitMaxMs;
    // An event that was read late has not waited yet: it gets as long to be asked for as any other.
    const readUntilMs = ports.clock.now() - settings.deadlineMs;
    for (const {waiting} of partitions()) join.giveUp(waiting, {enqueuedUntilMs, readUntilMs});
  }

  #askClock(localMs: number, signal: AbortSignal): void {
    if (!this.#mayAsk() || !this.#mayQuery()) return;
    this.#clockAskedMs = localMs;
    void this.#limit(() => this.#ask(() => this.#options.ports.diagnostics.serviceNow(signal), signal));
  }

  /** Pace and budget measure what has passed here, whoever sets the clock meanwhile. */
  #mayAsk(): boolean {
    const {concurrency} = this.#options.settings;
    const isFree = this.#limit.activeCount + this.#limit.pendingCount < concurrency;
    return isFree && this.#pace.mayAsk(this.#options.ports.clock.elapsed());
  }

  #mayQuery(): boolean {
    return this.#budget.take(this.#options.ports.clock.elapsed(), this.#options.workers());
  }

  async #ask(query: () => Promise<LookupAnswer>, signal: AbortSignal): Promise<LookupAnswer | undefined> {
    const {clock} = this.#options.ports;
    let answer: LookupAnswer;
    try {
      answer = await query();
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
    const localMs = clock.now();
    this.#pace.heed(answer, clock.elapsed());
    this.#options.onAnswer(answer);
    if (answer.kind === 'complete') {
      if (answer.serviceNowMs !== undefined) {
        this.#offsetMs = answer.serviceNowMs - localMs;
        this.#clockAskedMs = localMs;
      }
    } else this.#reportTrouble(answer);
    return answer;
  }

  /** The service's clock as far as it is known. */
  get serviceNowMs(): number {
    return this.#options.ports.clock.now() + (this.#offsetMs ?? 0);
  }

  #reportTrouble(answer: Exclude<LookupAnswer, {kind: 'complete'}>): void {
    const {report} = this.#options;
    const layer = 'Log Analytics';
    switch (answer.kind) {
      case 'partial':
        return report({
          layer,
          kind: 'partial',
          message: `An answer was cut short (${answer.cause}). The worker discards it and asks for half as much.`,
        });
      case 'tooSlow':
        return report({
          layer,
          kind: 'too slow',
          message: 'A query took too long (504). The worker asks for half as much.',
        });
      case 'throttled':
        return report({
          layer,
          kind: 'throttled',
          message:
            'Log Analytics answers 429. The worker asks more slowly; events wait for their diagnostics meanwhile and none is given up.',
        });
      case 'unavailable':
        return report({
          layer,
          kind: 'unavailable',
          message: `Log Analytics does not answer (${answer.cause}). The worker tries again; events wait for their diagnostics meanwhile and none is given up.`,
        });
      case 'forbidden':
        return report({
          layer,
          kind: 'forbidden',
          message: `Log Analytics refuses the query (${answer.reason}). The worker tries again every minute; events wait for their diagnostics meanwhile.`,
        });
    }
  }
}
