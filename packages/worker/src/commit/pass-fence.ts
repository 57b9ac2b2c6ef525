import {
  passesFence,
  progressDocument,
  progressId,
  readFence,
  type Commit,
  type CommitName,
  type Progress,
  type SourcePartition,
} from '@weir/pipeline';
import {Backoff, serviceBackoff} from '../backoff.ts';
import type {WorkerPorts} from '../ports.ts';
import type {ReportTrouble} from '../trouble.ts';

/** The fence as a confirmed answer gave it. */
export interface FenceCopy {
  readonly etag: string;
  readonly name: CommitName;
}

export type FencePass =
  | {readonly kind: 'passed'; readonly copy: FenceCopy}
  /** Another lineage, a higher number, the same number by another author, or none at all: discard memory and recover. */
  | {readonly kind: 'stale'; readonly fence: CommitName | undefined}
  | {readonly kind: 'aborted'};

/** Moves the fence forward to a commit, or rewrites it with the same one: the first step of every apply. */
export async function passFence({
  ports,
  partition,
  commit,
  progress,
  copy,
  signal,
  report,
}: {
  ports: Pick<WorkerPorts, 'progress' | 'clock' | 'random'>;
  partition: SourcePartition;
  commit: Pick<Commit, 'lineage' | 'n' | 'author' | 'head' | 'frontier' | 'follows'>;
  progress: () => Progress;
  copy: FenceCopy | undefined;
  signal: AbortSignal;
  report: ReportTrouble;
}): Promise<FencePass> {
  const backoff = new Backoff({...ports, steps: serviceBackoff});
  let known = copy;
  while (!signal.aborted) {
    if (known === undefined) {
      const found = await readFenceCopy({ports, partition, signal, report, backoff});
      if (found === 'aborted') break;
      known = found;
    }
    // Only a journal's very first commit finds no fence; a later one would hide that the document was lost.
    const isFirst = commit.n === 1 && commit.follows === undefined;
    if (known === undefined ? !isFirst : !passesFence(commit, known.name)) {
      return {kind: 'stale', fence: known?.name};
    }
    const answer = await ports.progress.write(
      progressDocument(partition, commit, progress()),
      known?.etag,
      signal,
    );
    if (answer.kind === 'written') {
      const {lineage, n, author} = commit;
      return {kind: 'passed', copy: {etag: answer.etag, name: {lineage, n, author}}};
    }
    // Whatever was answered, only a read says what stands there now.
    known = undefined;
    if (answer.kind !== 'refused')
      report(fenceTrouble(partition, 'reason' in answer ? answer.reason : answer.kind));
    await backoff.wait(signal, answer.kind === 'throttled' ? answer.retryAfterMs : 0);
  }
  return {kind: 'aborted'};
}

/** The fence as it stands; undefined if there is none. */
export async function readFenceCopy({
  ports,
  partition,
  signal,
  report,
  backoff = new Backoff({...ports, steps: serviceBackoff}),
}: {
  ports: Pick<WorkerPorts, 'progress' | 'clock' | 'random'>;
  partition: SourcePartition;
  signal: AbortSignal;
  report: ReportTrouble;
  backoff?: Backoff;
}): Promise<FenceCopy | undefined | 'aborted'> {
  const id = progressId(partition);
  while (!signal.aborted) {
    const answer = await ports.progress.read({id, pk: id}, signal);
    if (answer.kind === 'missing') return undefined;
    if (answer.kind === 'found') return {etag: answer.etag, name: readFence(answer.document)};
    report(fenceTrouble(partition, answer.kind === 'unavailable' ? answer.cause : answer.kind));
    await backoff.wait(signal, answer.retryAfterMs);
  }
  return 'aborted';
}

function fenceTrouble({partitionId}: SourcePartition, cause: string): Parameters<ReportTrouble>[0] {
  return {
    layer: 'Cosmos DB',
    kind: cause === 'throttled' ? 'throttled' : 'progress document',
    message: `The progress document of partition ${partitionId} could not be read or written (${cause}). The worker tries again; commits wait meanwhile.`,
    partitionId,
  };
}
