import {
  PartitionPipeline,
  startMark,
  type Finding,
  type HubFacts,
  type LookupJoin,
  type Mark,
  type PartitionFacts,
  type Progress,
} from '@weir/pipeline';
import type {PartitionLease} from '@weir/azure';
import type {DocumentWriter} from '../apply/document-writer.ts';
import {Committer, type AppliedCommit, type StepOutcome} from '../partition/committer.ts';
import type {PartitionSettings} from '../partition/settings.ts';
import {partitionTroubles} from '../partition/troubles.ts';
import type {WorkerPorts} from '../ports.ts';
import type {ReportTrouble} from '../trouble.ts';
import type {Claim} from './claim.ts';
import {judgeClaim} from './judge-claim.ts';

export interface RecoverOptions {
  readonly ports: WorkerPorts;
  readonly settings: PartitionSettings;
  readonly lease: PartitionLease;
  readonly join: LookupJoin;
  readonly writer: DocumentWriter;
  readonly signal: AbortSignal;
  readonly report: ReportTrouble;
  readonly progress: () => Omit<Progress, 'watermarks'>;
  /** Nothing came with the first batch, so what the hub no longer has will not come any more. */
  readonly isQuiet: () => boolean;
}

export type Recovery =
  | {
      readonly kind: 'recovered';
      readonly pipeline: PartitionPipeline;
      readonly committer: Committer;
      /** What became of the journal's commit; undefined where there was none. */
      readonly applied: AppliedCommit | undefined;
      /** The first event the hub still has. */
      readonly hubBeginsAt: number;
    }
  | {readonly kind: 'stop'; readonly finding: Finding}
  /** Somebody else has it. */
  | Exclude<StepOutcome, {kind: 'done'}>
  /** Release, and claim it again: the journal moved, or the hub could not be asked. */
  | {readonly kind: 'again'; readonly why: string};

/**
 * Makes a partition ready to be read, from exactly what its claim read: judges fence and journal, applies the journal's
 * commit again, and sets up the pipeline to read on from the resume position. Nothing received is folded before.
 */
export async function recoverPartition(options: RecoverOptions): Promise<Recovery> {
  const {ports, settings, lease, join, signal, report} = options;
  const {partition} = lease;
  const hub = await askHub(options);
  if (hub === undefined) return {kind: 'again', why: 'the hub could not be asked'};
  const {hubFacts, partitionFacts} = hub;
  const judged = await judgeClaim({
    ports,
    partition,
    claim: lease.prelude as Claim,
    hubCreatedAt: hubFacts.createdAt,
    signal,
    report,
  });
  if (judged.kind === 'stop') return judged;
  if (judged.kind === 'moved') return {kind: 'again', why: 'the journal moved during the claim'};
  const {fence, journal} = judged.claim;
  let pipeline: PartitionPipeline | undefined;
  const noneYet = journal?.commit.watermarks ?? {arrivalMs: 0, resolvedMs: 0};
  const committer = new Committer({
    ports,
    partition,
    writer: options.writer,
    signal,
    report,
    progress: () => ({...options.progress(), watermarks: pipeline?.watermarks ?? noneYet}),
    recovered: {etag: journal?.etag, fence},
  });
  const pipelineOptions = {...settings, join, carryBytesMax: settings.commitBytesMax / 2};
  const hubBeginsAt = beginsAt(partitionFacts);
  if (journal === undefined) {
    pipeline = new PartitionPipeline(pipelineOptions, {
      kind: 'new',
      lineage: ports.newId(),
      hubCreatedAt: hubFacts.createdAt,
      at: startingAt(lease, partitionFacts),
    });
    return {kind: 'recovered', pipeline, committer, applied: undefined, hubBeginsAt};
  }
  // The claim's ETag still stands, or the apply below would repeat a commit that is no longer the last one.
  const compared = await committer.compareJournal();
  if (compared.kind !== 'done') return compared;
  const applied = await committer.apply(journal.commit);
  if (applied.kind !== 'done') return applied;
  pipeline = new PartitionPipeline(pipelineOptions, {kind: 'recovered', commit: journal.commit});
  if (options.isQuiet()) pipeline.skipExpired(hubBeginsAt);
  return {kind: 'recovered', pipeline, committer, applied, hubBeginsAt};
}

/** Where a first start at the end of the log began; else before its first event. */
function startingAt({startedAt}: PartitionLease, {lastEnqueuedTimeMs}: PartitionFacts): Mark {
  return startedAt === undefined ? startMark : {...startedAt, enqueuedTimeMs: lastEnqueuedTimeMs};
}

/** An empty log begins behind the last event it ever had. */
function beginsAt({isEmpty, beginningSequenceNumber, lastEnqueuedSequenceNumber}: PartitionFacts): number {
  return isEmpty
    ? Math.max(beginningSequenceNumber, lastEnqueuedSequenceNumber + 1)
    : beginningSequenceNumber;
}

async function askHub({
  ports: {hub},
  lease: {
    partition: {partitionId},
  },
  signal,
  report,
}: RecoverOptions): Promise<{hubFacts: HubFacts; partitionFacts: PartitionFacts} | undefined> {
  try {
    const [hubFacts, partitionFacts] = await Promise.all([
      hub.hubFacts(signal),
      hub.partitionFacts(partitionId, signal),
    ]);
    return {hubFacts, partitionFacts};
  } catch (error) {
    if (!signal.aborted)
      report(
        partitionTroubles.hubUnknown(partitionId, error instanceof Error ? error.name : 'unknown error'),
      );
    return undefined;
  }
}
