import type {Clock, Position, ReceivedEvent, SourcePartition} from '@weir/pipeline';
import type {BlobContainer} from '../blob/blob-container.ts';
import type {EventHubsConnection} from './event-hubs-connection.ts';

/** One claim of one partition by this process, from the opening of the link until ownership, link or interest ends. */
export interface PartitionLease {
  readonly partition: SourcePartition;
  /** What `beforeClaim` returned for exactly this claim. */
  readonly prelude: unknown;
  /**
   * The end of the log at the claim, where `startPosition: latest` began; undefined for every other start. To be
   * committed at once, or a crash before the first commit would begin at a later end.
   */
  readonly startedAt: Position | undefined;
  /**
   * Batches as they come, at most `maxBatchSize` events each; an empty one after `maxWaitMs` without events. Nothing
   * further is received while the caller does not ask for the next one. Ends when the lease is over; leaving the loop
   * early releases it. Only one iteration.
   */
  batches(): AsyncIterable<readonly ReceivedEvent[]>;
  /** Fires when the lease is over, for whatever cause; `reason` is a `LeaseEndedError` that names it. */
  readonly signal: AbortSignal;
  /** Drops link and ownership, so that this worker or another claims the partition in its next round. */
  release(reason: string): void;
  /** Whether the ownership list seen last names this process. */
  readonly isOwned: boolean;
}

/** Why a lease is over. */
export type LeaseEnd =
  /** Another process owns the partition. */
  | 'lost'
  /** Another receiver took the link. */
  | 'stolen'
  | 'released'
  /** The source is closing. */
  | 'closing'
  /** The watchdog, or a caller, restarted the subscription. */
  | 'restarted'
  /** The link failed for good; the partition is claimed again in the next round. */
  | 'failed';

/** Carried by a lease's signal; also what ends the SDK's pump. It has no `retryable`, so the SDK stops at once. */
export class LeaseEndedError extends Error {
  readonly code = 'LEASE_ENDED';
  override readonly name = 'LeaseEndedError';
  readonly end: LeaseEnd;

  constructor(end: LeaseEnd, detail: string) {
    super(detail);
    this.end = end;
  }
}

/** Something that went wrong and was dealt with; for counters, logs and the status page. */
export interface SourceTrouble {
  readonly kind:
    /** `beforeClaim` rejected, or a start position could not be found: claimed again in the next round. */
    | 'claim'
    /** A round of load balancing failed: storage or the hub did not answer. */
    | 'round'
    /** An error on a partition's link. */
    | 'link'
    /** The start position was refused: the hub was made again, or the offset is not of this hub. */
    | 'position'
    /** Ownership could not be written off; it lapses by itself. */
    | 'release'
    /** An event came a second time within a lease and was dropped. */
    | 'repeat'
    /** The watchdog found a partition silent or behind; the subscription is restarted. */
    | 'stalled'
    /** The watchdog could not ask the hub. */
    | 'watch'
    /** Closing took too long or failed; its connection is left to its idle timeout. */
    | 'close'
    /** Link credit is not bounded: the lease is ended rather than received without a limit. */
    | 'credit'
    /** `onLease` threw. */
    | 'consumer';
  /** Empty for what belongs to no partition. */
  readonly partitionId: string;
  readonly error: unknown;
}

export type StartPosition = 'earliest' | 'latest' | {readonly enqueuedAfterMs: number};

export interface EventHubsSourceOptions {
  readonly connection: EventHubsConnection;
  readonly clock: Clock;
  /** Where ownership is kept. */
  readonly container: BlobContainer;
  /** Where to begin when there is no journal. */
  readonly startPosition: StartPosition;
  /** Events per batch. Default 300: more do not come together in the SDK's 20 ms. */
  readonly maxBatchSize?: number;
  /** Time until an empty batch, and until a dropped connection is noticed, ms. Default 1000. */
  readonly maxWaitMs?: number;
  /** Between two rounds of load balancing, ms. Default 10,000. */
  readonly ownershipIntervalMs?: number;
  /** After this time without renewal anybody may take a partition, ms. Default 60,000; a few seconds at least. */
  readonly ownershipExpiryMs?: number;
  /** Received and not yet taken by the consumer, events and bytes of all partitions together. Default 50,000 and 256 MiB. */
  readonly inFlightEventsMax?: number;
  readonly inFlightBytesMax?: number;
  /** A partition without a call for this many `maxWaitMs` is stalled. Default 30. */
  readonly silentWaitsMax?: number;
  /** Least time between two questions about one quiet partition, ms. Default 60,000. */
  readonly quietCheckMs?: number;
  /**
   * Called before the link is opened: reads fence and journal. `start` undefined means that there is no journal. A
   * rejection releases the claim, which is tried again in the next round. Renewals wait meanwhile, so the signal fires
   * after a quarter of the ownership expiry and the claim is then given up.
   */
  beforeClaim(
    partition: SourcePartition,
    signal: AbortSignal,
  ): Promise<{start: Position | undefined; prelude: unknown}>;
  /** A partition is ours; the worker starts its loop. Must not wait. */
  onLease(lease: PartitionLease): void;
  onTrouble(trouble: SourceTrouble): void;
}
