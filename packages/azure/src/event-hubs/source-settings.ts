import assert from 'node:assert/strict';
import type {SourcePartition} from '@weir/pipeline';
import {groupOf, hostOf} from './event-hubs-connection.ts';
import type {EventHubsSourceOptions} from './source-options.ts';

/** Options with their defaults, and what follows from them. */
export interface SourceSettings extends Required<EventHubsSourceOptions> {
  readonly hubOf: Omit<SourcePartition, 'partitionId'>;
  /** Events the SDK asks for at a time; link credit is bounded further. */
  readonly prefetch: number;
}

/** Above it nothing is gained: the receive rate is at the CPU's limit with some 2,000, and a session's window is 2,048. */
const prefetchMax = 2000;

export function settingsOf(options: EventHubsSourceOptions): SourceSettings {
  const {connection} = options;
  const settings = {
    maxBatchSize: 300,
    maxWaitMs: 1000,
    ownershipIntervalMs: 10_000,
    ownershipExpiryMs: 60_000,
    inFlightEventsMax: 50_000,
    inFlightBytesMax: 256 * 1024 * 1024,
    silentWaitsMax: 30,
    quietCheckMs: 60_000,
    ...options,
  };
  assert(
    settings.ownershipExpiryMs >= 2 * settings.ownershipIntervalMs,
    'ownership would lapse between renewals',
  );
  return {
    ...settings,
    prefetch: Math.max(settings.maxBatchSize, Math.min(prefetchMax, settings.inFlightEventsMax)),
    hubOf: {namespace: hostOf(connection), hub: connection.hub, group: groupOf(connection)},
  };
}
