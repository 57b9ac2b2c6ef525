import type {SourcePartition} from '@weir/pipeline';

/** Where a partition's blobs are. Lower case throughout: Event Hubs does not tell cases apart, blob names do. */

export function journalBlobName(partition: SourcePartition): string {
  return `journal/${path(partition)}/${partition.partitionId}`;
}

export function deadLettersBlobName(
  partition: SourcePartition,
  commit: {lineage: string; n: number},
): string {
  return `dead-letters/${path(partition)}/${partition.partitionId}/${commit.lineage}/${commit.n}`;
}

/** What the dead letters of one partition, or of all of a hub and group, begin with. */
export function deadLettersPrefix(
  source: Omit<SourcePartition, 'partitionId'>,
  partitionId: string | undefined,
): string {
  return `dead-letters/${path(source)}/${partitionId === undefined ? '' : `${partitionId}/`}`;
}

/** The SDK's own layout, which KEDA and other tools read. */
export function checkpointBlobName(partition: SourcePartition): string {
  return `${path(partition)}/checkpoint/${partition.partitionId}`;
}

/** The SDK's own layout. */
export function ownershipBlobName(partition: SourcePartition): string {
  return `${path(partition)}/ownership/${partition.partitionId}`;
}

function path({namespace, hub, group}: Omit<SourcePartition, 'partitionId'>): string {
  return `${namespace}/${hub}/${group}`.toLowerCase();
}
