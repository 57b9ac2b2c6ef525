import type {HubOptions} from './emulated-hub.ts';
import type {EventBody} from './event-content.ts';
import type {PartitionLogFacts} from './partition-log.ts';

export interface EventHubsEmulatorOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Of the policy RootManageSharedAccessKey. */
  readonly key?: string;
  readonly hubs: readonly HubOptions[];
  /** Milliseconds since the epoch; the default is the system's clock. Enqueued times, retention and token expiry follow it. */
  readonly now?: () => number;
}

/** An event to publish without AMQP. */
export interface AppendedEvent {
  readonly body: EventBody;
  readonly partitionKey?: string;
  /** Default now. Must not be before the one before it in the partition. */
  readonly enqueuedTimeMs?: number;
  /** Application properties. */
  readonly properties?: Record<string, unknown>;
}

/** What `facts` tells of a partition and its hub. */
export interface EmulatedPartitionFacts extends PartitionLogFacts {
  readonly createdAtMs: number;
  readonly heldEvents: number;
}

/** Names one partition. */
export interface PartitionName {
  readonly hub: string;
  readonly partitionId: string;
}
