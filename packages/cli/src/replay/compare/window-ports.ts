import {hostOf, type WindowPage, type WindowQuery} from '@weir/azure';
import type {
  Clock,
  Decoder,
  DocumentStore,
  HubFacts,
  JournalStore,
  PartitionFacts,
  ReceivedEvent,
  RetentionMs,
  ShardedView,
  SourcePartition,
} from '@weir/pipeline';
import {workerSettings, type Config} from '@weir/worker';
import {hubConnection} from '../../hub-access.ts';

/** Where reading of the hub begins: at this event, or at the first that was enqueued then or later. */
export type LogStart = {readonly sequenceNumber: number} | {readonly enqueuedFromMs: number};

/** The event hub, as far as it is needed to tell what a replay has not read. */
export interface HubLog {
  hubFacts(signal: AbortSignal): Promise<HubFacts>;
  partitionFacts(partitionId: string, signal: AbortSignal): Promise<PartitionFacts>;
  /** Events in order, in batches, up to the sequence number `through` or the end of the log as it is now. */
  events(
    partitionId: string,
    range: {from: LogStart; through: number},
    signal: AbortSignal,
  ): AsyncIterable<readonly ReceivedEvent[]>;
}

/** What comparing and rebuilding need from the outside. */
export interface WindowPorts {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly aggregates: DocumentStore;
  readonly progress: DocumentStore;
  readonly windows: {
    readonly page: (
      query: WindowQuery,
      continuation: string | undefined,
      signal: AbortSignal,
    ) => Promise<WindowPage>;
  };
  readonly journal: JournalStore & {
    partitionIds(
      source: Omit<SourcePartition, 'partitionId'>,
      signal: AbortSignal,
    ): Promise<readonly string[]>;
  };
  readonly hub: HubLog;
}

/** What of the configuration decides which events touch which documents. */
export interface WindowSettings {
  readonly source: Omit<SourcePartition, 'partitionId'>;
  readonly views: readonly ShardedView[];
  readonly decoder: Decoder;
  readonly assign: ReturnType<typeof workerSettings>['partition']['assign'];
  readonly retentionMs: RetentionMs;
}

export function windowSettings(config: Config, views: readonly ShardedView[]): WindowSettings {
  const {decoder, assign} = workerSettings(config, 'replay').partition;
  const {hub, consumerGroup: group} = config.eventHubs;
  const source = {namespace: hostOf(hubConnection(config)), hub, group};
  return {source, views, decoder, assign, retentionMs: config.retentionMs};
}

/** They share what may be in flight. */
export const partitionsAtATime = 4;
