import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import type {HubFacts, PartitionFacts, Position} from '@weir/pipeline';
import {EventHubsUnreachableError, HubQuestions} from './hub-questions.ts';
import {HubSubscription} from './hub-subscription.ts';
import type {PartitionSession} from './partition-session.ts';
import type {EventHubsSourceOptions} from './source-options.ts';
import {settingsOf, type SourceSettings} from './source-settings.ts';
import {runWatchdog, type Stall, StallError} from './watchdog.ts';

/** Tries of the start-up question, each with retries inside, and the wait between them. */
const probeTries = 3;
const probeRetryMs = 1000;
/** Owner ids of earlier subscriptions that are kept; older ones have expired in the ownership list. */
const formerOwnersMax = 16;
/** A round is not called overdue before this, however short the expiry. */
const roundMsMin = 5_000;
/** Least time between two looks of the watchdog, ms. */
const watchTickMsMin = 50;

/**
 * The partitions of one hub that fall to this process, each as a lease. Claims, renewals, links, their errors and their
 * recovery stay inside; what comes out is `onLease` and, for the record, `onTrouble`.
 */
export class EventHubsSource {
  readonly #settings: SourceSettings;
  readonly #questions: HubQuestions;
  readonly #stopped = new AbortController();
  readonly #formerOwnerIds = new Set<string>();
  /** One owner id per subscription, so that a late close of an old one cannot release what the new one holds. */
  readonly #instance = randomUUID();
  #subscription: HubSubscription | undefined;
  #ownerId = '';
  #generation = 0;
  #partitionCount = 1;
  #mayClaim = true;
  #watching: Promise<void> = Promise.resolve();
  #restarting: Promise<void> | undefined;

  constructor(options: EventHubsSourceOptions) {
    this.#settings = settingsOf(options);
    this.#questions = new HubQuestions(options.connection);
  }

  /**
   * The start-up check: asks the hub for its facts, a few times when it does not answer.
   * @throws EventHubsRefusedError, EventHubsUnreachableError
   */
  async probe(signal?: AbortSignal): Promise<HubFacts> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#questions.hubFacts(signal);
      } catch (error) {
        if (!(error instanceof EventHubsUnreachableError) || tries === probeTries) throw error;
        await this.#settings.clock.sleep(probeRetryMs, signal);
      }
    }
  }

  /** On a connection of its own. @throws EventHubsRefusedError, EventHubsUnreachableError */
  hubFacts(signal?: AbortSignal): Promise<HubFacts> {
    return this.#questions.hubFacts(signal);
  }

  /** On a connection of its own. @throws EventHubsRefusedError, EventHubsUnreachableError */
  partitionFacts(partitionId: string, signal?: AbortSignal): Promise<PartitionFacts> {
    return this.#questions.partitionFacts(partitionId, signal);
  }

  /** Of several partitions, on one connection of its own. @throws EventHubsRefusedError, EventHubsUnreachableError */
  partitionsFacts(
    partitionIds: readonly string[],
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, PartitionFacts>> {
    return this.#questions.partitionsFacts(partitionIds, signal);
  }

  /**
   * Probes the hub and begins to claim partitions. Once.
   * @throws EventHubsRefusedError, EventHubsUnreachableError, LinkCreditError
   */
  async start(): Promise<HubFacts> {
    assert(this.#subscription === undefined && !this.#stopped.signal.aborted, 'a source starts once');
    const facts = await this.probe(this.#stopped.signal);
    this.#stopped.signal.throwIfAborted();
    this.#partitionCount = Math.max(1, facts.partitionIds.length);
    this.#subscribe();
    this.#watching = this.#watch();
    return facts;
  }

  /** Claims nothing new from now on; what is held is kept and renewed. The first step of a shutdown. */
  drain(): void {
    this.#mayClaim = false;
  }

  /** Releases every lease; partitions come back in the next round unless the source drains. */
  releaseAll(reason: string): void {
    for (const session of this.#sessions()) session.release(reason);
  }

  /** Ends all leases and subscribes anew, on a new connection and under a new owner id. Concurrent calls are one. */
  restart(reason: string): Promise<void> {
    this.#restarting ??= this.#restart(reason).finally(() => {
      this.#restarting = undefined;
    });
    return this.#restarting;
  }

  /** Ends all leases, releases ownership, closes connections. Takes 4 s at most, also when nothing answers. */
  async close(): Promise<void> {
    this.#stopped.abort();
    await this.#restarting;
    await this.#subscription?.close('closing', 'The source is closing.');
    await this.#watching;
  }

  /** Processes among which the partitions are shared, this one included; 1 before the first list. */
  owners(): number {
    return this.#subscription?.owners() ?? 1;
  }

  /** Received and not yet asked past by the consumer; bytes of what is still in the SDK's queue are an estimate. */
  inFlight(): {events: number; bytes: number} {
    let events = 0;
    let bytes = 0;
    for (const session of this.#sessions()) {
      const queued = this.#subscription?.queued(session.partition.partitionId) ?? 0;
      events += queued + session.held.events;
      bytes += queued * session.eventBytes + session.held.bytes;
    }
    return {events, bytes: Math.round(bytes)};
  }

  *#sessions(): Generator<PartitionSession, void, undefined> {
    if (this.#subscription !== undefined) yield* this.#subscription.sessions;
  }

  #subscribe(): void {
    this.#generation += 1;
    this.#ownerId = `${this.#instance}.${this.#generation}`;
    this.#subscription = new HubSubscription({
      settings: this.#settings,
      identifier: this.#ownerId,
      formerOwnerIds: this.#formerOwnerIds,
      mayClaim: () => this.#mayClaim,
      // Partitions can be added to a hub while it is read.
      partitionCount: () => Math.max(this.#partitionCount, this.#subscription?.partitionsSeen ?? 0),
      endOfLog: (partitionId, signal) => this.#endOfLog(partitionId, signal),
    });
  }

  async #restart(reason: string): Promise<void> {
    await this.#subscription?.close('restarted', reason);
    this.#formerOwnerIds.add(this.#ownerId);
    for (const oldest of this.#formerOwnerIds) {
      if (this.#formerOwnerIds.size <= formerOwnersMax) break;
      this.#formerOwnerIds.delete(oldest);
    }
    if (!this.#stopped.signal.aborted) this.#subscribe();
  }

  async #endOfLog(partitionId: string, signal: AbortSignal): Promise<Position> {
    const facts = await this.#questions.partitionFacts(partitionId, signal);
    const {lastEnqueuedSequenceNumber: sequenceNumber, lastEnqueuedOffset: offset} = facts;
    // A partition that never held an event may report an empty offset, which is no place to resume from.
    return {sequenceNumber, offset: sequenceNumber < 0 || offset === '' ? '-1' : offset};
  }

  #watch(): Promise<void> {
    const {maxWaitMs, silentWaitsMax, quietCheckMs, clock, onTrouble} = this.#settings;
    return runWatchdog(
      {
        limits: {
          silentMs: silentWaitsMax * maxWaitMs,
          quietCheckMs,
          roundMs: Math.max(roundMsMin, this.#settings.ownershipExpiryMs / 2),
          confirmMs: 2 * maxWaitMs + 1000,
        },
        tickMs: Math.max(watchTickMsMin, maxWaitMs),
        clock,
        // Leases that are over too, until the SDK has closed their pump: one that hangs keeps the partition from us.
        pulses: () => [...this.#sessions()].map(({pulse}) => pulse),
        lastRoundMs: () => this.#subscription?.lastRoundMs ?? clock.now(),
        ask: (partitionIds, signal) => this.#questions.partitionsFacts(partitionIds, signal),
        onStall: (stall) => this.#stalled(stall),
        onAskFailed: (error) => onTrouble({kind: 'watch', partitionId: '', error}),
      },
      this.#stopped.signal,
    );
  }

  async #stalled({partitionId, reason, detail}: Stall): Promise<void> {
    this.#settings.onTrouble({kind: 'stalled', partitionId, error: new StallError(reason, detail)});
    await this.restart(`Watchdog: ${reason}.`);
  }
}
