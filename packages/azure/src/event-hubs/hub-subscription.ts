import type {
  EventHubConsumerClient,
  PartitionContext,
  ReceivedEventData,
  Subscription,
  SubscriptionEventHandlers,
} from '@azure/event-hubs';
import {BlobCheckpointStore} from '@azure/eventhubs-checkpointstore-blob';
import type {Position, SourcePartition} from '@weir/pipeline';
import {ClaimFailedError, ClaimStarts} from './claim-starts.ts';
import {creditShare} from './credit-share.ts';
import {receivingClient} from './event-hubs-connection.ts';
import {errorCode} from './hub-questions.ts';
import {LinkCredit, LinkCreditError} from './link-credit.ts';
import {OwnershipStore} from './ownership-store.ts';
import {PartitionSession} from './partition-session.ts';
import type {SourceSettings} from './source-settings.ts';
import {LeaseEndedError, type LeaseEnd, type SourceTrouble} from './source-options.ts';

export interface HubSubscriptionOptions {
  readonly settings: SourceSettings;
  readonly identifier: string;
  readonly formerOwnerIds: ReadonlySet<string>;
  mayClaim(): boolean;
  /** Partitions of the hub as far as known. */
  partitionCount(): number;
  /** The position after the last event now, from a connection of its own. */
  endOfLog(partitionId: string, signal: AbortSignal): Promise<Position>;
}

/** A lease that is over for this long without the SDK closing its pump no longer counts as receiving. */
const pumpCloseWaitMs = 15_000;
/** Closing a connection that no longer answers is not waited for longer than this. */
const closeWaitMs = 4_000;

/**
 * One subscription of the SDK with a client, owner id and connection of its own; a restart makes another.
 * It turns the SDK's callbacks into leases, and lets none of its errors or habits out.
 */
export class HubSubscription {
  readonly #options: HubSubscriptionOptions;
  readonly #store: OwnershipStore;
  readonly #credit: LinkCredit;
  readonly #client: EventHubConsumerClient;
  readonly #subscription: Subscription;
  readonly #sessions = new Map<string, PartitionSession>();
  /** The SDK passes the same context object to all callbacks of one pump. */
  readonly #sessionOf = new WeakMap<PartitionContext, PartitionSession>();
  readonly #closing = new AbortController();
  readonly #starts: ClaimStarts;

  /** @throws LinkCreditError */
  constructor(options: HubSubscriptionOptions) {
    this.#options = options;
    const {settings, identifier} = options;
    this.#starts = new ClaimStarts({
      settings,
      closing: this.#closing.signal,
      partition: (partitionId) => this.#partition(partitionId),
      endOfLog: (partitionId, signal) => options.endOfLog(partitionId, signal),
    });
    this.#store = new OwnershipStore({
      inner: new BlobCheckpointStore(settings.container.client),
      clock: settings.container.clock,
      ownerId: identifier,
      formerOwnerIds: options.formerOwnerIds,
      expiryMs: settings.ownershipExpiryMs,
      isReceiving: (partitionId) => this.#isReceiving(partitionId),
      mayClaim: () => options.mayClaim(),
      startOf: (partitionId) => this.#starts.startOf(partitionId),
      onLost: (partitionId, ownerId) =>
        this.#sessions.get(partitionId)?.end('lost', `Partition ${partitionId} is owned by ${ownerId} now.`),
      onReleaseFailed: (partitionId, error) => this.#trouble('release', partitionId, error),
      now: Date.now, // the clock that the SDK judges expiry by
    });
    this.#credit = new LinkCredit({
      consumerId: identifier,
      prefetch: settings.prefetch,
      limit: (partitionId) => this.#creditLimit(partitionId),
      onStolen: (partitionId) =>
        this.#sessions.get(partitionId)?.end('stolen', `The link of partition ${partitionId} was taken.`),
      onReopened: (partitionId) =>
        this.#trouble('link', partitionId, new Error('The connection or the link was dropped.')),
    });
    this.#client = receivingClient(settings.connection, this.#store, {
      identifier,
      intervalMs: settings.ownershipIntervalMs,
      expiryMs: settings.ownershipExpiryMs,
    });
    const {startPosition} = settings;
    this.#subscription = this.#client.subscribe(this.#handlers(), {
      maxBatchSize: settings.maxBatchSize,
      maxWaitTimeInSeconds: settings.maxWaitMs / 1000,
      prefetchCount: settings.prefetch,
      skipParsingBodyAsJson: true,
      // Only a start by time gets here; every other one is handed out as a checkpoint.
      ...(typeof startPosition === 'object' && {startPosition: {enqueuedOn: startPosition.enqueuedAfterMs}}),
    });
  }

  get sessions(): Iterable<PartitionSession> {
    return this.#sessions.values();
  }
  owners(): number {
    return this.#store.owners();
  }
  /** When the latest round of load balancing came as far as the ownership list, or the subscription began; ms. */
  get lastRoundMs(): number {
    return this.#store.lastRoundMs;
  }
  /** Partitions of which an owner is known. */
  get partitionsSeen(): number {
    return this.#store.partitions;
  }
  queued(partitionId: string): number {
    return this.#credit.queued(partitionId);
  }

  /** Ends all leases, releases ownership and closes the connection; returns after `closeWaitMs` at the latest. */
  async close(end: LeaseEnd, detail: string): Promise<void> {
    this.#closing.abort();
    this.#store.finish();
    for (const session of this.#sessions.values()) session.end(end, detail);
    const closed = this.#closeAll().catch((error: unknown) => this.#trouble('close', '', error));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), closeWaitMs);
    });
    const outcome = await Promise.race([closed, late]);
    clearTimeout(timer);
    if (outcome === 'late') {
      this.#trouble('close', '', new Error(`The subscription did not close within ${closeWaitMs} ms.`));
    }
  }

  async #closeAll(): Promise<void> {
    try {
      await this.#subscription.close();
    } finally {
      await this.#client.close();
      this.#credit.close();
    }
  }

  #handlers(): SubscriptionEventHandlers {
    // None of these may throw: the SDK would swallow it or stop the pump. `processEvents` alone does, on purpose.
    return {
      processInitialize: async (context) => this.#begin(context),
      processEvents: (events, context) => this.#receive(events, context),
      processError: async (error, context) => this.#fail(error, context.partitionId),
      processClose: (_reason, context) => this.#finish(context),
    };
  }

  #begin(context: PartitionContext): void {
    const {partitionId} = context;
    const claim = this.#starts.take(partitionId);
    this.#sessions.get(partitionId)?.end('failed', 'A newer claim of this partition replaced it.');
    if (claim === undefined || this.#closing.signal.aborted) return;
    const session = new PartitionSession({
      ...claim,
      partition: this.#partition(partitionId),
      now: () => this.#options.settings.clock.now(),
      isOwned: () => this.#store.isOwned(partitionId),
      onRepeat: (count) =>
        this.#trouble(
          'repeat',
          partitionId,
          new Error(`${count} events came a second time and were dropped.`),
        ),
    });
    this.#sessionOf.set(context, session);
    this.#sessions.set(partitionId, session);
    try {
      this.#options.settings.onLease(session);
    } catch (error) {
      this.#trouble('consumer', partitionId, error);
      session.release('The consumer did not take the lease.');
    }
  }

  async #receive(events: readonly ReceivedEventData[], context: PartitionContext): Promise<void> {
    const session = this.#sessionOf.get(context);
    if (session === undefined) throw new LeaseEndedError('failed', 'This pump has no lease.');
    const {partitionId} = context;
    if (events.length > 0 && !this.#credit.isSeen(partitionId)) {
      const error = new LinkCreditError('Events came on a link whose credit is not bounded.');
      this.#trouble('credit', partitionId, error);
      session.end('failed', error.message);
    }
    this.#credit.handed(partitionId, events.length);
    await session.deliver(events);
  }

  #fail(error: unknown, partitionId: string): void {
    // Our own way of stopping a pump, the claims reported where they failed, and what closing brings about.
    if (error instanceof LeaseEndedError || this.#closing.signal.aborted) return;
    if (error instanceof ClaimFailedError) this.#trouble('claim', error.partitionId, error.cause);
    else if (partitionId === '') this.#trouble('round', '', error);
    else this.#trouble(errorCode(error) === 'ArgumentError' ? 'position' : 'link', partitionId, error);
  }

  async #finish(context: PartitionContext): Promise<void> {
    const {partitionId} = context;
    const session = this.#sessionOf.get(context);
    session?.end('failed', `The link of partition ${partitionId} ended.`);
    if (session !== undefined && this.#sessions.get(partitionId) !== session) return; // replaced meanwhile
    this.#sessions.delete(partitionId);
    this.#credit.forget(partitionId);
    // Only now: while the pump ran, the loop could have renewed ownership between the write and the pump's end.
    if (!this.#closing.signal.aborted) await this.#store.release(partitionId);
  }

  #isReceiving(partitionId: string): boolean {
    const session = this.#sessions.get(partitionId);
    if (session === undefined) return false;
    const {ended} = session;
    return ended === undefined || this.#options.settings.clock.now() - ended.atMs < pumpCloseWaitMs;
  }

  #creditLimit(partitionId: string): number {
    return creditShare({
      ...this.#options.settings,
      partitions: Math.max(1, this.#options.partitionCount()),
      eventBytes: this.#sessions.get(partitionId)?.eventBytes ?? 0,
    });
  }

  #partition(partitionId: string): SourcePartition {
    return {...this.#options.settings.hubOf, partitionId};
  }

  #trouble(kind: SourceTrouble['kind'], partitionId: string, error: unknown): void {
    this.#options.settings.onTrouble({kind, partitionId, error});
  }
}
