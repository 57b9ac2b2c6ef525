import type {PartitionFacts} from '@weir/pipeline';
import type {Metrics} from '../metrics.ts';
import type {Worker} from '../worker.ts';

/** Asking costs a connection, and a backlog is a matter of minutes. */
export const backlogEveryMs = 30_000;

/**
 * Measures how many events wait in the hub behind the head, for the partitions that are behind. The others have none;
 * what could not be asked is absent rather than old.
 */
export async function measureBacklog({
  worker,
  metrics,
  ask,
  nowMs,
}: {
  worker: Worker;
  metrics: Pick<Metrics, 'backlogEvents'>;
  ask: (partitionIds: readonly string[]) => Promise<ReadonlyMap<string, PartitionFacts>>;
  nowMs: number;
}): Promise<void> {
  const behind = [...worker.sessions].filter((session) => session.lagMs(nowMs) > 0);
  if (behind.length === 0) return;
  const facts = await ask(behind.map(({partitionId}) => partitionId));
  for (const {partitionId: partition, pipeline} of behind) {
    const last = facts.get(partition)?.lastEnqueuedSequenceNumber;
    if (last === undefined || pipeline === undefined) metrics.backlogEvents.remove({partition});
    else metrics.backlogEvents.set({partition}, Math.max(0, last - pipeline.head.sequenceNumber));
  }
}
