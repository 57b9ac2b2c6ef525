import type {SourcePartition} from '@weir/pipeline';

/** Where a partition's blobs are. Lower case throughout: Event Hubs does not tell cases apart, blob names do. */

export function journalBlobName(partition: SourcePartition): string {
  return `journal/${path(partition)}/${partition.partitionId}`;
}

/** What the journals of all partitions of a hub and group begin with; the partition follows. */
export function journalsPrefix(source: Omit<SourcePartition, 'partitionId'>): string {
  return `journal/${path(source)}/`;
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

/** Which dead letters a commit of the retry partition settled. */
export function settledLettersBlobName(
  partition: SourcePartition,
  commit: {lineage: string; n: number},
): string {
  return `${settledLettersPrefix(partition)}${commit.lineage}/${commit.n}`;
}

export function settledLettersPrefix(source: Omit<SourcePartition, 'partitionId'>): string {
  return `settled-letters/${path(source)}/`;
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
