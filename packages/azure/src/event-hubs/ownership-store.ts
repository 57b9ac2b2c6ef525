import type {Checkpoint, CheckpointStore, PartitionOwnership} from '@azure/event-hubs';
import type {Position} from '@weir/pipeline';
import type {StorageClock} from '../blob/storage-clock.ts';

/** One list of owners or one claim, ms. */
const storageTimeoutMs = 10_000;

/** Where a partition's link is to begin; undefined: where the subscription's own start position says. */
export interface ClaimedStart {
  readonly start: Position | undefined;
}

export interface OwnershipStoreOptions {
  /** The store that keeps ownership in blobs. */
  readonly inner: CheckpointStore;
  readonly clock: StorageClock;
  /** The owner id of this subscription. */
  readonly ownerId: string;
  /** Owner ids of this process's earlier subscriptions: what they still hold is free for this one. */
  readonly formerOwnerIds: ReadonlySet<string>;
  readonly expiryMs: number;
  /** Whether a link of this partition is open or opening. */
  isReceiving(partitionId: string): boolean;
  /** New partitions may be claimed. */
  mayClaim(): boolean;
  /** Reads fence and journal for the partition just claimed. Rejects when it must not be started now. */
  startOf(partitionId: string): Promise<ClaimedStart>;
  /** The list names another owner for a partition that is received here. */
  onLost(partitionId: string, ownerId: string): void;
  /** Ownership of a claimed partition could not be written off. */
  onReleaseFailed(partitionId: string, error: unknown): void;
  readonly now: () => number;
}

/** A partition that could not be started is tried again after the ownership's expiry, then rarer, up to this. */
const leftAloneMaxMs = 600_000;

/**
 * The checkpoint store the SDK sees. Ownership goes through to the inner store, with four differences:
 *
 * - Last-Modified is shifted to the local clock, so that the SDK's expiry compares the service's clock with itself.
 * - A partition that the blobs say is ours but that is not received here (released, failed, or held by an earlier
 *   subscription of this process) is shown as abandoned. The SDK would neither renew nor claim it until it expires.
 * - A partition that is received here but named for somebody else is reported: the SDK goes on receiving it.
 * - Checkpoints are ignored. Claims run one after another and each is followed by `listCheckpoints`, so the partition
 *   that is being started is the one claimed last; its start comes from `startOf`.
 */
export class OwnershipStore implements CheckpointStore {
  readonly #options: OwnershipStoreOptions;
  /** As of the latest list or claim, by partition. */
  readonly #latest = new Map<string, PartitionOwnership>();
  /** Claims that could not be started, by partition: at most as many as the hub has. */
  readonly #failures = new Map<string, {readonly times: number; readonly untilMs: number}>();
  #claimed: PartitionOwnership | undefined;
  #lastRoundMs: number;
  #isOver = false;

  constructor(options: OwnershipStoreOptions) {
    this.#options = options;
    this.#lastRoundMs = options.now();
  }

  get lastRoundMs(): number {
    return this.#lastRoundMs;
  }

  /** The subscription is closing: what is listed and written off from now on is the plain truth. */
  finish(): void {
    this.#isOver = true;
  }

  /** Whether the latest list names this subscription. */
  isOwned(partitionId: string): boolean {
    return this.#latest.get(partitionId)?.ownerId === this.#options.ownerId;
  }

  /** Different owners in the latest list whose ownership has not expired; at least 1. */
  owners(): number {
    const {now, expiryMs, formerOwnerIds, ownerId} = this.#options;
    const ids = new Set([ownerId]);
    for (const ownership of this.#latest.values()) {
      const isFresh = now() - (ownership.lastModifiedTimeInMs ?? 0) < expiryMs;
      if (isFresh && ownership.ownerId !== '' && !formerOwnerIds.has(ownership.ownerId))
        ids.add(ownership.ownerId);
    }
    return ids.size;
  }

  /** Partitions that the latest list knows. */
  get partitions(): number {
    return this.#latest.size;
  }

  async listOwnership(namespace: string, hub: string, group: string): Promise<PartitionOwnership[]> {
    this.#lastRoundMs = this.#options.now();
    const listed = await answered((abortSignal) =>
      this.#options.inner.listOwnership(namespace, hub, group, {abortSignal}),
    );
    if (this.#isOver) return listed;
    const shown: PartitionOwnership[] = [];
    for (const raw of listed) {
      const ownership = this.#toLocal(raw);
      this.#latest.set(ownership.partitionId, ownership);
      const {partitionId, ownerId} = ownership;
      const isReceiving = this.#options.isReceiving(partitionId);
      const isOurs = ownerId === this.#options.ownerId || this.#options.formerOwnerIds.has(ownerId);
      if (isReceiving && !isOurs && ownerId !== '') this.#options.onLost(partitionId, ownerId);
      shown.push(isOurs && !isReceiving ? {...ownership, ownerId: ''} : {...ownership});
    }
    return shown;
  }

  async claimOwnership(requests: PartitionOwnership[]): Promise<PartitionOwnership[]> {
    if (this.#isOver) return this.#claim(requests.filter(({ownerId}) => ownerId === ''));
    const allowed = requests.filter(
      ({partitionId}) =>
        this.#options.isReceiving(partitionId) || (!this.#isLeftAlone(partitionId) && this.#mayClaim()),
    );
    const claimed = await this.#claim(allowed);
    for (const raw of claimed) {
      const ownership = this.#toLocal(raw);
      this.#latest.set(ownership.partitionId, ownership);
      this.#claimed = ownership;
    }
    return claimed;
  }

  async listCheckpoints(namespace: string, hub: string, group: string): Promise<Checkpoint[]> {
    const claimed = this.#claimed;
    this.#claimed = undefined;
    if (claimed === undefined) return [];
    const {partitionId} = claimed;
    let start: Position | undefined;
    try {
      ({start} = await this.#options.startOf(partitionId));
      this.#failures.delete(partitionId);
    } catch (error) {
      this.#rememberFailure(partitionId);
      await this.release(partitionId);
      throw error;
    }
    if (start === undefined) return [];
    const {offset, sequenceNumber} = start;
    return [
      {
        fullyQualifiedNamespace: namespace,
        eventHubName: hub,
        consumerGroup: group,
        partitionId,
        offset,
        sequenceNumber,
      },
    ];
  }

  /**
   * A partition that could not be started here, and that somebody else reads: taking it again each round would cost
   * its owner all it has in memory, for nothing. One that nobody reads may be tried every round.
   */
  #isLeftAlone(partitionId: string): boolean {
    const {now, expiryMs, ownerId, formerOwnerIds} = this.#options;
    const ownership = this.#latest.get(partitionId);
    if (now() >= (this.#failures.get(partitionId)?.untilMs ?? 0) || ownership === undefined) return false;
    const isOurs = ownership.ownerId === ownerId || formerOwnerIds.has(ownership.ownerId);
    return !isOurs && ownership.ownerId !== '' && now() - (ownership.lastModifiedTimeInMs ?? 0) < expiryMs;
  }

  #rememberFailure(partitionId: string): void {
    const times = (this.#failures.get(partitionId)?.times ?? 0) + 1;
    const waitMs = Math.min(leftAloneMaxMs, this.#options.expiryMs * 2 ** Math.min(times - 1, 10));
    this.#failures.set(partitionId, {times, untilMs: this.#options.now() + waitMs});
  }

  /** Checkpoints are written as hints by the worker, never through the SDK. */
  updateCheckpoint(): Promise<void> {
    throw new Error('A checkpoint was written through the SDK; the journal is the only truth.');
  }

  /** Writes ownership off, if the blob is still as this subscription last saw it. */
  async release(partitionId: string): Promise<void> {
    const ownership = this.#latest.get(partitionId);
    if (ownership?.ownerId !== this.#options.ownerId) return;
    try {
      const [released] = await this.#claim([{...ownership, ownerId: ''}]);
      if (released !== undefined) this.#latest.set(partitionId, this.#toLocal(released));
    } catch (error) {
      this.#options.onReleaseFailed(partitionId, error);
    }
  }

  /** New claims stop when a round has taken long: renewals come after them and must not miss the expiry. */
  #mayClaim(): boolean {
    const {now, expiryMs} = this.#options;
    return this.#options.mayClaim() && now() - this.#lastRoundMs < expiryMs / 4;
  }

  #claim(requests: PartitionOwnership[]): Promise<PartitionOwnership[]> {
    return answered((abortSignal) => this.#options.inner.claimOwnership(requests, {abortSignal}));
  }

  #toLocal(ownership: PartitionOwnership): PartitionOwnership {
    const {lastModifiedTimeInMs} = ownership;
    if (lastModifiedTimeInMs === undefined) return {...ownership};
    return {...ownership, lastModifiedTimeInMs: this.#options.clock.toLocal(lastModifiedTimeInMs)};
  }
}

/** The storage client has no timeout of its own; a round must not hang in it. */
async function answered<T>(request: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
  const timeout = AbortSignal.timeout(storageTimeoutMs);
  try {
    return await request(timeout);
  } catch (error) {
    // As an AbortError the SDK would take it for its own and say nothing.
    if (timeout.aborted)
      throw new Error(`Storage did not answer within ${storageTimeoutMs} ms.`, {cause: error});
    throw error;
  }
}
