import {BlobCheckpointStore} from '@azure/eventhubs-checkpointstore-blob';
import type {SourcePartition} from '@weir/pipeline';
import type {BlobContainer} from '../blob/blob-container.ts';
import {requestSignal} from '../blob/request-signal.ts';

/** Who renewed a partition's ownership last. */
export interface PartitionOwner {
  readonly partitionId: string;
  /** Empty where ownership was given up. */
  readonly ownerId: string;
  /** Time since the last renewal, ms, by the storage service's clock. */
  readonly ageMs: number;
}

const listTimeoutMs = 10_000;

/**
 * The ownership list of one hub and consumer group; empty before anybody has claimed.
 * @param now the clock that `container` was opened with
 * @throws {RestError} of the service
 */
export async function readOwners(
  {client, clock}: BlobContainer,
  {namespace, hub, group}: Omit<SourcePartition, 'partitionId'>,
  {now, signal}: {now: () => number; signal?: AbortSignal},
): Promise<PartitionOwner[]> {
  const listed = await new BlobCheckpointStore(client).listOwnership(namespace, hub, group, {
    abortSignal: requestSignal(listTimeoutMs, signal),
  });
  return listed.map(({partitionId, ownerId, lastModifiedTimeInMs}) => ({
    partitionId,
    ownerId,
    ageMs: Math.max(0, now() - clock.toLocal(lastModifiedTimeInMs ?? 0)),
  }));
}
