import {
  encodeCommit,
  noneOpen,
  type Commit,
  type DeadLetter,
  type DocumentStore,
  type ParkedDelta,
  type RetentionMs,
  type TakenCommit,
} from '@weir/pipeline';
import {DocumentWriter} from '../apply/document-writer.ts';
import {writeJournal} from '../commit/write-journal.ts';
import {Committer, type AppliedCommit} from '../partition/committer.ts';
import type {WorkerPorts} from '../ports.ts';
import type {ReportTrouble} from '../trouble.ts';
import type {WayOutEnd} from './adopt-journal.ts';
import {parkedTakenOver, type AnewPlan} from './anew-plan.ts';
import type {StoppedPartition} from './inspect.ts';

/** Half of what a journal may have to be read again. Reached only with millions of lost records. */
const journalBytesMax = 32 * 1024 * 1024;

export interface BeginAnewOptions {
  readonly ports: WorkerPorts;
  readonly retentionMs: RetentionMs;
  readonly stopped: StoppedPartition;
  readonly plan: AnewPlan;
  /** Stands in the fence until a worker has the partition. */
  readonly owner: string;
  readonly signal: AbortSignal;
  readonly report: ReportTrouble;
}

/**
 * PROTOCOL, "Begin anew": applies the journal's last commit, then replaces the journal by commit 1 of a new lineage.
 * The first can be repeated, the second is one conditional write, so whatever fails in between, a repeat starts from
 * the same finding or finds it resolved. The next claim of a worker applies commit 1 and reads on.
 */
export async function beginAnew(options: BeginAnewOptions): Promise<WayOutEnd> {
  const {ports, stopped, plan, signal, report} = options;
  const {partition, claim} = stopped;
  let refused: readonly ParkedDelta[] = [];
  if (
    claim.journal !== undefined &&
    (plan.lastCommit === 'under its fence' || plan.lastCommit === 'beside its fence')
  ) {
    const applied = await applyLast(options, claim.journal);
    if (applied.kind === 'lost') return {kind: 'moved', cause: applied.cause};
    if (applied.kind === 'aborted') return applied;
    refused = applied.parked.map(({entry}) => entry);
  }
  const taken = firstCommit(options, refused);
  const written = await writeJournal({ports, partition, taken, etag: claim.journal?.etag, signal, report});
  if (written.kind === 'lost') return {kind: 'moved', cause: written.cause};
  return written.kind === 'aborted' ? written : {kind: 'done'};
}

async function applyLast(
  {ports, retentionMs, stopped: {partition, claim}, plan, owner, signal, report}: BeginAnewOptions,
  {commit, etag}: NonNullable<StoppedPartition['claim']['journal']>,
): Promise<(AppliedCommit & {kind: 'done'}) | {kind: 'lost'; cause: string} | {kind: 'aborted'}> {
  const {lineage, n, author} = commit;
  const isBeside = plan.lastCommit === 'beside its fence';
  const committer = new Committer({
    // The checkpoint stays as it is: what this commit says of it may be of another hub, or older.
    ports: {...ports, checkpoints: leftAlone, ...(isBeside && {progress: fenceLeftAlone})},
    partition,
    writer: new DocumentWriter({ports, retentionMs, report}),
    signal,
    report,
    progress: () => ({watermarks: commit.watermarks, lagMs: 0, owner, nowMs: ports.clock.now()}),
    recovered: {etag, fence: isBeside ? {etag: '', name: {lineage, n, author}} : claim.fence},
  });
  const compared = await committer.compareJournal();
  return compared.kind === 'done' ? committer.apply(commit) : compared;
}

const leftAlone: WorkerPorts['checkpoints'] = {write: async () => ({kind: 'written'})};

/** The fence names another commit, which the new lineage will follow; numbers in the documents alone decide here. */
const fenceLeftAlone: DocumentStore = {
  read: async () => ({kind: 'missing'}),
  write: async () => ({kind: 'written', etag: ''}),
};

function firstCommit(
  {ports, stopped: {claim, hubCreatedAt}, plan}: BeginAnewOptions,
  refused: readonly ParkedDelta[],
): TakenCommit {
  const old = claim.journal?.commit;
  const at = plan.start;
  const isReadAgain = plan.lastCommit === 'left out';
  const commit: Commit = {
    lineage: ports.newId(),
    n: 1,
    author: ports.newId(),
    hubCreatedAt,
    ...(plan.follows !== undefined && {follows: plan.follows}),
    ...positions(old, at),
    open: at === undefined ? (old?.open ?? noneOpen) : noneOpen,
    deltas: [],
    carry: plan.carry === 'taken over' ? (old?.carry ?? []) : [],
    parked: [
      ...(old === undefined ? [] : parkedTakenOver(old, plan)),
      ...refused,
      ...carriedUnderItsNumber(old, plan),
    ],
    deadLetters: plan.lost.map(lostLetter),
    // The next retry marks them in storage, which the journal of its last commit may not have come to.
    ...(old?.settles !== undefined && {settles: old.settles}),
    // What is read again is not complete before it has been.
    watermarks: old === undefined || isReadAgain ? {arrivalMs: 0, resolvedMs: 0} : old.watermarks,
  };
  const bytes = encodeCommit(commit);
  if (bytes.byteLength > journalBytesMax)
    throw new Error(`The new journal would take ${bytes.byteLength} bytes; no worker could read it.`);
  return {commit, bytes};
}

function positions(
  old: Commit | undefined,
  at: AnewPlan['start'],
): Pick<Commit, 'head' | 'frontier' | 'resume'> {
  if (at !== undefined) return {head: at, frontier: at, resume: at};
  if (old === undefined) throw new Error('Without a journal it must be said where to begin.');
  return {head: old.head, frontier: old.frontier, resume: old.resume};
}

/**
 * A carried delta leaves the journal whole, with a commit after this one. A document that holds such a commit has it;
 * one that holds none gets it, under the first number that could have brought it.
 */
function carriedUnderItsNumber(old: Commit | undefined, {carry}: AnewPlan): ParkedDelta[] {
  if (old === undefined || carry !== 'under its number') return [];
  return old.carry.map((delta) => ({lineage: old.lineage, n: old.n + 1, delta}));
}

function lostLetter(place: {sequenceNumber: number; index: number}): DeadLetter {
  return {
    ...place,
    offset: '',
    enqueuedTimeMs: 0,
    reason: 'lost',
    layer: 'source',
    detail: 'The journal was begun anew while the event waited for its diagnostics.',
  };
}
