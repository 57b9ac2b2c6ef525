import {HubQuestions, type EventHubsConnection} from '@weir/azure';
import type {HubFacts, PartitionFacts} from '@weir/pipeline';
import {ConfigurationError, eventHubsAuth, lazyIdentity, type Config} from '@weir/worker';

/** How the hub of a configuration is reached, in the worker's consumer group or in one for looking. */
export function hubConnection(
  config: Config,
  {consumerGroup = config.eventHubs.consumerGroup}: {consumerGroup?: string | undefined} = {},
): EventHubsConnection {
  return {
    auth: eventHubsAuth(config, lazyIdentity()),
    hub: config.eventHubs.hub,
    consumerGroup,
    transport: config.eventHubs.transport,
    cloud: config.azureCloud,
  };
}

/**
 * What the hub holds in one partition, or in all.
 * @throws {ConfigurationError} for a partition that the hub does not have; the hub's errors
 */
export async function partitionsOf(
  connection: EventHubsConnection,
  {partition, signal}: {partition: string | undefined; signal: AbortSignal},
): Promise<{hub: HubFacts; facts: ReadonlyMap<string, PartitionFacts>}> {
  const questions = new HubQuestions(connection);
  const hub = await questions.hubFacts(signal);
  if (partition !== undefined && !hub.partitionIds.includes(partition)) {
    throw new ConfigurationError([
      `--partition: the hub has no partition ${partition}. Its partitions are ${hub.partitionIds.join(', ')}.`,
    ]);
  }
  const ids = partition === undefined ? hub.partitionIds : [partition];
  return {hub, facts: await questions.partitionsFacts(ids, signal)};
}
