import type {Clock, PartitionFacts} from '@weir/pipeline';
import type {Pulse} from './partition-session.ts';

/**
 * Finds partitions that stopped receiving without an error. The SDK knows two such states: no call at all (a
 * connection that reopens while a management call waits), and empty batches although the partition has more.
 */
export interface WatchdogLimits {
  /** Without a call for longer than this, while nothing is held by the consumer: silent. ms */
  readonly silentMs: number;
  /** A partition without events for this long is asked about, at most once in this time. ms */
  readonly quietCheckMs: number;
  /** Without a round of load balancing for longer than this, ownership is not renewed: the SDK's question hangs. ms */
  readonly roundMs: number;
  /** Events that the hub has must have been delivered this long after its answer. ms */
  readonly confirmMs: number;
}

export interface Stall {
  /** Empty when it is no partition's. */
  readonly partitionId: string;
  readonly reason: 'silent' | 'behind' | 'noRounds';
  /** A sentence with the numbers. */
  readonly detail: string;
}

interface Watched {
  askedMs: number;
  /** The hub has events above `through`, which was delivered when it said so. */
  behind: {through: number; lastEnqueued: number; sinceMs: number} | undefined;
}

/** The decision, without I/O: pulses and answers come in, a stall or questions come out. */
export class PulseWatch {
  readonly #limits: WatchdogLimits;
  readonly #watched = new Map<string, Watched>();

  constructor(limits: WatchdogLimits) {
    this.#limits = limits;
  }

  /** At most one stall, because one restart cures all; `ask` names the partitions whose end of log is worth knowing. */
  inspect(
    {pulses, lastRoundMs}: {pulses: readonly Pulse[]; lastRoundMs: number},
    nowMs: number,
  ): {stall: Stall | undefined; ask: readonly string[]} {
    const {silentMs, quietCheckMs, confirmMs, roundMs} = this.#limits;
    if (nowMs - lastRoundMs > roundMs) {
      const detail = `No round of load balancing for ${nowMs - lastRoundMs} ms.`;
      return {stall: {partitionId: '', reason: 'noRounds', detail}, ask: []};
    }
    const present = new Set(pulses.map(({partitionId}) => partitionId));
    for (const partitionId of this.#watched.keys()) {
      if (!present.has(partitionId)) this.#watched.delete(partitionId);
    }
    const ask: string[] = [];
    for (const pulse of pulses) {
      const {partitionId, isHeld, lastCallMs, lastEventsMs, deliveredThrough} = pulse;
      const watched = this.#watch(partitionId);
      if (watched.behind !== undefined && deliveredThrough !== watched.behind.through)
        watched.behind = undefined;
      // The consumer's own time is not the link's silence.
      if (isHeld) continue;
      const quietMs = nowMs - lastCallMs;
      if (quietMs > silentMs) {
        const detail = `Partition ${partitionId}: no call from the SDK for ${quietMs} ms.`;
        return {stall: {partitionId, reason: 'silent', detail}, ask: []};
      }
      const {behind} = watched;
      if (behind !== undefined && nowMs - behind.sinceMs >= confirmMs) {
        const detail =
          `Partition ${partitionId}: the hub has events up to ${behind.lastEnqueued}, ` +
          `but nothing came after ${behind.through}.`;
        return {stall: {partitionId, reason: 'behind', detail}, ask: []};
      }
      if (nowMs - Math.max(lastEventsMs, watched.askedMs) >= quietCheckMs) ask.push(partitionId);
    }
    for (const partitionId of ask) this.#watch(partitionId).askedMs = nowMs;
    return {stall: undefined, ask};
  }

  /** Takes in what the hub said about a partition; `pulse` as it was before the question. */
  answered(pulse: Pulse, facts: PartitionFacts, nowMs: number): void {
    const {partitionId, deliveredThrough: through} = pulse;
    const lastEnqueued = facts.lastEnqueuedSequenceNumber;
    // After a start by time nothing is known until the first event; silence is still noticed.
    if (through === undefined || facts.isEmpty || lastEnqueued <= through) return;
    this.#watch(partitionId).behind ??= {through, lastEnqueued, sinceMs: nowMs};
  }

  #watch(partitionId: string): Watched {
    let watched = this.#watched.get(partitionId);
    if (watched === undefined) {
      watched = {askedMs: Number.NEGATIVE_INFINITY, behind: undefined};
      this.#watched.set(partitionId, watched);
    }
    return watched;
  }
}

export interface WatchdogOptions {
  readonly limits: WatchdogLimits;
  readonly tickMs: number;
  readonly clock: Clock;
  pulses(): readonly Pulse[];
  lastRoundMs(): number;
  /** On a connection of its own. */
  ask(partitionIds: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, PartitionFacts>>;
  onStall(stall: Stall): Promise<void>;
  onAskFailed(error: unknown): void;
}

/** Looks every `tickMs` until the signal fires. */
export async function runWatchdog(options: WatchdogOptions, signal: AbortSignal): Promise<void> {
  const {clock, tickMs, limits} = options;
  let watch = new PulseWatch(limits);
  while (!signal.aborted) {
    await clock.sleep(tickMs, signal);
    if (signal.aborted) return;
    const pulses = options.pulses();
    const {stall, ask} = watch.inspect({pulses, lastRoundMs: options.lastRoundMs()}, clock.now());
    if (stall !== undefined) {
      await options.onStall(stall);
      watch = new PulseWatch(limits);
    } else if (ask.length > 0) {
      try {
        const facts = await options.ask(ask, signal);
        for (const pulse of pulses) {
          const answer = facts.get(pulse.partitionId);
          if (answer !== undefined) watch.answered(pulse, answer, clock.now());
        }
      } catch (error) {
        if (!signal.aborted) options.onAskFailed(error);
      }
    }
  }
}

/** What the watchdog found, as the error of a trouble. */
export class StallError extends Error {
  readonly code = 'STALLED';
  override readonly name = 'StallError';
  readonly reason: Stall['reason'];

  constructor(reason: Stall['reason'], detail: string) {
    super(detail);
    this.reason = reason;
  }
}
