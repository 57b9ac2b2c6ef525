import type {Commit, CommitName, Watermarks} from '../commit/commit.ts';
import type {SourcePartition} from '../position.ts';
import type {StoredDocument} from '../ports.ts';

/** What the fence says beside the commit that passed it; for reports. */
export interface Progress {
  readonly watermarks: Watermarks;
  /** Now less the enqueued time of the head; 0 when the partition was read to its end. */
  readonly lagMs: number;
  /** The worker's name. */
  readonly owner: string;
  readonly nowMs: number;
}

export function progressId({namespace, hub, group, partitionId}: SourcePartition): string {
  return `${namespace}|${hub}|${group}|${partitionId}`;
}

/** One source partition's fence and progress: flat, every field present. */
export function progressDocument(
  partition: SourcePartition,
  commit: Pick<Commit, 'lineage' | 'n' | 'author' | 'head' | 'frontier'>,
  {watermarks, lagMs, owner, nowMs}: Progress,
): StoredDocument & {id: string; pk: string} {
  const id = progressId(partition);
  return {
    id,
    pk: id,
    namespace: partition.namespace,
    hub: partition.hub,
    consumerGroup: partition.group,
    partition: partition.partitionId,
    lineage: commit.lineage,
    n: commit.n,
    author: commit.author,
    headSequenceNumber: commit.head.sequenceNumber,
    headEnqueuedTime: iso(commit.head.enqueuedTimeMs),
    frontierSequenceNumber: commit.frontier.sequenceNumber,
    arrivalWatermark: iso(watermarks.arrivalMs),
    resolvedWatermark: iso(watermarks.resolvedMs),
    lagSeconds: Math.max(0, Math.round(lagMs / 1000)),
    owner,
    updatedAt: iso(nowMs),
    schemaVersion: 1,
    ttl: -1,
  };
}

/** @throws TypeError for a document that no version wrote: a fence that cannot be read stops the partition */
export function readFence(document: Readonly<Record<string, unknown>>): CommitName {
  const {lineage, n, author} = document;
  if (
    typeof lineage !== 'string' ||
    typeof author !== 'string' ||
    typeof n !== 'number' ||
    !Number.isSafeInteger(n)
  ) {
    throw new TypeError('The progress document lacks lineage, n or author.');
  }
  return {lineage, n, author};
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
