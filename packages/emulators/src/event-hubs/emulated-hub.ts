import assert from 'node:assert';
import {ByteBudget} from './byte-budget.ts';
import type {EventContent} from './event-content.ts';
import {partitionOfKey} from './partition-key.ts';
import {PartitionLog} from './partition-log.ts';

export interface HubOptions {
  readonly name: string;
  /** 1 to 1024, the service's limit: https://learn.microsoft.com/azure/event-hubs/event-hubs-quotas */
  readonly partitionCount: number;
  /** Events older than this are gone, milliseconds; undefined keeps them until `expire` or the end. */
  readonly retentionMs?: number;
  /** Only these groups exist, `$Default` among them if it is named; undefined: any group does. */
  readonly consumerGroups?: readonly string[];
  /** Default HUB_BYTES_MAX. */
  readonly bytesMax?: number;
}

/** What a hub holds in memory at most, over all its partitions. */
export const HUB_BYTES_MAX = 1024 ** 3;
const PARTITIONS_MAX = 1024;

/** One event hub, from its creation to its deletion. A hub created again under the name is another one. */
export class EmulatedHub {
  readonly options: HubOptions;
  readonly createdAtMs: number;
  readonly #partitions: readonly PartitionLog[];
  #nextPartition = 0;

  constructor(options: HubOptions, createdAtMs: number) {
    const {partitionCount} = options;
    assert(Number.isInteger(partitionCount) && partitionCount > 0 && partitionCount <= PARTITIONS_MAX);
    this.options = options;
    this.createdAtMs = createdAtMs;
    const budget = new ByteBudget(options.bytesMax ?? HUB_BYTES_MAX);
    this.#partitions = Array.from({length: partitionCount}, () => new PartitionLog(budget));
  }

  get name(): string {
    return this.options.name;
  }

  get partitionIds(): string[] {
    return [...this.#partitions.keys()].map(String);
  }

  /** Undefined if the hub has no such partition. Expired events are gone from it. */
  partition(partitionId: string, nowMs: number): PartitionLog | undefined {
    if (!/^\d{1,4}$/.test(partitionId)) return undefined;
    const {retentionMs} = this.options;
    if (retentionMs !== undefined) {
      // In all of them: what has expired in one makes room for the others.
      for (const log of this.#partitions) log.expireBefore(nowMs - retentionMs);
    }
    return this.#partitions[Number(partitionId)];
  }

  hasConsumerGroup(name: string): boolean {
    const {consumerGroups} = this.options;
    return !consumerGroups || consumerGroups.some((group) => group.toLowerCase() === name.toLowerCase());
  }

  /** By the hash of the key or, without one, each partition in turn. */
  route(partitionKey: string | undefined): string {
    if (partitionKey !== undefined) return String(partitionOfKey(partitionKey, this.#partitions.length));
    const chosen = this.#nextPartition;
    this.#nextPartition = (chosen + 1) % this.#partitions.length;
    return String(chosen);
  }

  /** Appends all or none, at `nowMs` or the newest enqueued time where the clock went back. Throws HubFullError. */
  publish(log: PartitionLog, contents: readonly EventContent[], nowMs: number): void {
    const enqueuedTimeMs = Math.max(nowMs, log.lastEnqueuedTimeMs);
    log.append(contents.map((content) => ({content, enqueuedTimeMs})));
  }
}
