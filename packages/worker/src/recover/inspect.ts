import {judge, progressId, type CommitName, type Finding, type SourcePartition} from '@weir/pipeline';
import pLimit from 'p-limit';
import {retryPartitionId} from '../retry/retry-partition.ts';
import type {WorkerPorts} from '../ports.ts';
import type {ReportTrouble} from '../trouble.ts';
import {readClaim, type Claim} from './claim.ts';
import {judgeClaim} from './judge-claim.ts';

/** A journal that moves during so many inspections in a row has a worker that writes it. */
const inspectionsMax = 3;
/** Partitions looked at together: a journal may take 8 MiB. */
const partitionsAtATime = 8;

type InspectPorts = Pick<WorkerPorts, 'journal' | 'progress' | 'clock' | 'random'>;

/** What a partition's fence says beside its commit, as the last worker wrote it. */
export interface Seen {
  readonly headSequenceNumber: number;
  readonly frontierSequenceNumber: number;
  /** ISO 8601. */
  readonly updatedAt: string;
  readonly owner: string;
}

export type PartitionState =
  /** Neither fence nor journal: the next claim begins it. */
  | {readonly kind: 'new'}
  /** Fence and journal agree, or a worker writes them right now. */
  | {readonly kind: 'runs'}
  | {readonly kind: 'stopped'; readonly finding: Finding};

/** One partition's fence and journal, judged as a worker's claim judges them. */
export interface Inspection {
  readonly partition: SourcePartition;
  readonly claim: Claim;
  readonly seen: Seen | undefined;
  readonly hubCreatedAt: string;
  readonly state: PartitionState;
}

/** A partition that a person has to decide about. */
export type StoppedPartition = Inspection & {readonly state: {readonly kind: 'stopped'}};

export interface InspectOptions {
  readonly ports: InspectPorts;
  readonly hubCreatedAt: string;
  readonly signal: AbortSignal;
  readonly report: ReportTrouble;
}

/**
 * Reads fence and journal and judges them, reading again for 30 s where a stale read may explain what was found. Only
 * reads.
 * @throws {ClaimAbortedError} when the signal fires first
 * @throws {CommitFormatError} for a journal that this version cannot read
 */
export async function inspectPartition({
  ports,
  partition,
  signal,
  report,
  ...hub
}: InspectOptions & {partition: SourcePartition}): Promise<Inspection> {
  const common = {ports, partition, signal, report};
  let claim = await readClaim(common);
  const isOfHub = partition.partitionId !== retryPartitionId;
  // Retried dead letters leave no positions in their journal, so a hub that was made again takes nothing from it.
  const hubCreatedAt = isOfHub ? hub.hubCreatedAt : (claim.journal?.commit ?? hub).hubCreatedAt;
  for (let inspections = 1; inspections <= inspectionsMax; inspections += 1) {
    const judged = await judgeClaim({...common, claim, hubCreatedAt});
    // What is acted upon later is what stands there now, not what the first read gave.
    claim = 'claim' in judged ? judged.claim : await readClaim(common);
    if (judged.kind === 'moved') continue;
    return {
      partition,
      claim,
      hubCreatedAt,
      state: stateOf(claim, hubCreatedAt),
      seen: await readSeen(common),
    };
  }
  return {partition, claim, hubCreatedAt, state: {kind: 'runs'}, seen: await readSeen(common)};
}

/** Several partitions, some at a time; in the order given, whether they could be read or not. */
export async function inspectPartitions(
  partitions: readonly SourcePartition[],
  options: InspectOptions,
): Promise<PromiseSettledResult<Inspection>[]> {
  const limit = pLimit(partitionsAtATime);
  return Promise.allSettled(
    partitions.map((partition) => limit(() => inspectPartition({...options, partition}))),
  );
}

export function isStopped(inspection: Inspection): inspection is StoppedPartition {
  return inspection.state.kind === 'stopped';
}

/** Whether two names are of one commit. */
export function isSameCommit(a: CommitName | undefined, b: CommitName | undefined): boolean {
  return a?.lineage === b?.lineage && a?.n === b?.n && a?.author === b?.author;
}

function stateOf({fence, journal}: Claim, hubCreatedAt: string): PartitionState {
  const judgement = judge({fence: fence?.name, journal: journal?.commit, hubCreatedAt});
  switch (judgement.kind) {
    case 'begin':
      return {kind: 'new'};
    case 'apply':
      return {kind: 'runs'};
    case 'again':
    case 'stop':
      return {kind: 'stopped', finding: judgement.finding};
  }
}

/** For the eye only, so one answer is enough: nothing is decided by it. */
async function readSeen({
  ports,
  partition,
  signal,
}: {
  ports: InspectPorts;
  partition: SourcePartition;
  signal: AbortSignal;
}): Promise<Seen | undefined> {
  const id = progressId(partition);
  const answer = await ports.progress.read({id, pk: id}, signal);
  if (answer.kind !== 'found') return undefined;
  const {headSequenceNumber, frontierSequenceNumber, updatedAt, owner} = answer.document;
  return {
    headSequenceNumber: Number(headSequenceNumber),
    frontierSequenceNumber: Number(frontierSequenceNumber),
    updatedAt: String(updatedAt),
    owner: String(owner),
  };
}
