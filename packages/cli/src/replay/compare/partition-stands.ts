import {
  describeFinding,
  stateAppliedKey,
  UnreadOpen,
  type Commit,
  type Finding,
  type SourcePartition,
} from '@weir/pipeline';
import {describeError, inspectPartitions, ServiceUnreachableError, type Trouble} from '@weir/worker';
import type {WindowPorts} from './window-ports.ts';

/** Of dead letters that were counted after all: a source of its own, whose events lie in the other partitions. */
export const retryPartitionId = 'retry';

/** How far one partition of the source is, by its journal. */
export interface PartitionStand {
  readonly partitionId: string;
  /** Undefined: no worker has begun it. */
  readonly commit: Commit | undefined;
  /** The commit's key in `stateApplied`; undefined without one. */
  readonly appliedKey: string | undefined;
  /** Fence and journal do not agree: a person has to decide first. */
  readonly finding: Finding | undefined;
}

/**
 * Reads fence and journal of every partition: those of the hub, and all others that have a journal.
 * @throws {ServiceUnreachableError} for one that cannot be read; the hub's and the storage's errors
 */
export async function readStands(
  ports: Pick<WindowPorts, 'journal' | 'progress' | 'clock' | 'random' | 'hub'>,
  {
    source,
    signal,
    report,
  }: {
    source: Omit<SourcePartition, 'partitionId'>;
    signal: AbortSignal;
    report: (trouble: Trouble) => void;
  },
): Promise<PartitionStand[]> {
  const {createdAt, partitionIds} = await ports.hub.hubFacts(signal);
  const ids = [...new Set([...partitionIds, ...(await ports.journal.partitionIds(source, signal))])];
  const partitions = ids.map((partitionId) => ({...source, partitionId}));
  const answers = await inspectPartitions(partitions, {ports, hubCreatedAt: createdAt, signal, report});
  signal.throwIfAborted();
  return answers.map((answer, index) => {
    const partition = partitions[index]!;
    const {partitionId} = partition;
    if (answer.status === 'rejected') {
      throw new ServiceUnreachableError(
        `The journal of partition ${partitionId} cannot be judged: ${describeError(answer.reason)}.`,
      );
    }
    const {claim, state} = answer.value;
    const commit = claim.journal?.commit;
    return {
      partitionId,
      commit,
      appliedKey: commit && stateAppliedKey(partition, commit.lineage),
      finding: state.kind === 'stopped' ? state.finding : undefined,
    };
  });
}

/** Records that wait, a call being one. */
export function openCount({open}: Commit): number {
  return new UnreadOpen(open).size + (open.calls?.length ?? 0);
}

export function findingText({partitionId, finding}: PartitionStand): string | undefined {
  return finding && describeFinding(finding, partitionId);
}

/** What the keys of one source begin with in `stateApplied`. */
export function sourceKeyOf(source: Omit<SourcePartition, 'partitionId'>): string {
  return stateAppliedKey({...source, partitionId: ''}, '').split('/')[0]!;
}
