import type {Commit} from '@weir/pipeline';
import {openOf, type AnewPlan, type StoppedPartition} from '@weir/worker';
import {formatFrom} from './from-option.ts';
import type {StoppedFound, WayOut} from './ways-out.ts';

/** What a way out does, and what numbers may be wrong afterwards; a sentence each. */
export interface Consequences {
  /** What to type behind `weir recover`; undefined: nothing can be typed as it is. */
  readonly flags: readonly string[];
  readonly does: readonly string[];
  readonly wrongAfterwards: readonly string[];
}

export function consequencesOf(way: WayOut, found: StoppedFound): Consequences {
  switch (way.kind) {
    case 'adopt journal':
      return {flags: ['--adopt-journal'], ...adoptingDoes(found.stopped)};
    case 'begin anew': {
      const from = way.from === undefined ? [] : ['--from', formatFrom(way.from)];
      return {
        flags: ['--begin-anew', ...from],
        does: anewDoes(found.stopped, way.plan),
        wrongAfterwards: [...startWrongs(found, way.plan), ...anewWrongs(found.stopped, way.plan)],
      };
    }
    case 'begin anew, but from where?':
      return {
        flags: ['--begin-anew', '--from', 'START'],
        does: [
          'There is no checkpoint to begin at, so START has to be said: earliest, latest, a time, or the sequence number of the first event to read. Run "weir recover --from START" to see what that does.',
        ],
        wrongAfterwards: [],
      };
    case 'no such event':
      return {
        flags: ['--begin-anew', '--from', formatFrom(way.from)],
        does: [
          `Nothing: the partition's last event is ${found.facts.lastEnqueuedSequenceNumber}, and no event ${formatFrom(way.from)} can come next.`,
        ],
        wrongAfterwards: [],
      };
  }
}

function adoptingDoes({
  claim: {fence, journal},
  state: {finding},
  seen,
}: StoppedPartition): Omit<Consequences, 'flags'> {
  const {commit} = journal!;
  const named =
    fence === undefined
      ? 'there is none now'
      : `now it names commit ${fence.name.n} of ${short(fence.name.lineage)}`;
  const does = [
    'Journal: stays as it is.',
    `Documents: the fence is made to name commit ${commit.n} of ${short(commit.lineage)} (${named}). The worker then applies that commit again, which documents that hold it skip, and reads on behind event ${commit.head.sequenceNumber}.`,
  ];
  switch (finding.kind) {
    case 'documents restored':
      return {does, wrongAfterwards: [missingCommits(fence?.name.n, commit)]};
    case 'another lineage':
      return {
        does,
        wrongAfterwards: [
          `What the journal ${short(fence!.name.lineage)} has added stays in the documents. Of its events those behind event ${commit.head.sequenceNumber} count twice.`,
        ],
      };
    case 'two deployments':
      return {
        does,
        wrongAfterwards: [
          `Documents that hold the other deployment's commit ${commit.n} skip this one's. Whatever both have counted so far counts twice. Stop the other deployment first, or this happens again.`,
        ],
      };
    case 'journal restored':
      return {
        does,
        wrongAfterwards: [
          `Events ${commit.head.sequenceNumber + 1} to ${seen?.headSequenceNumber ?? 'unknown'} are read again, in commits whose numbers many documents hold already, up to ${fence!.name.n}: there they are skipped, elsewhere they count twice. Only right if the documents were restored to the same moment as the journal.`,
        ],
      };
    case 'journal lost':
    case 'hub made again':
      throw new Error(`A journal cannot be adopted: ${finding.kind}.`);
  }
}

function anewDoes({claim: {journal}}: StoppedPartition, plan: AnewPlan): string[] {
  const {start, follows, lost} = plan;
  const old = journal?.commit;
  const named =
    follows === undefined ? '' : `, which follows commit ${follows.n} of ${short(follows.lineage)}`;
  const does = [
    old === undefined
      ? `Journal: commit 1 of a new lineage is made${named}.`
      : `Journal: its last commit (${old.n}) is replaced by commit 1 of a new lineage${named}.`,
  ];
  if (old !== undefined) does.push(...lastCommitDoes(old, plan));
  does.push(
    start === undefined
      ? `Reading goes on behind event ${old!.head.sequenceNumber}. The ${openOf(old!).length} events that wait for their diagnostics go on waiting.`
      : `Reading begins at event ${start.sequenceNumber + 1}.`,
  );
  if (lost.length > 0) {
    does.push(
      `${lost.length} events that wait for their diagnostics (${lost[0]!.sequenceNumber} to ${lost.at(-1)!.sequenceNumber}) are settled as lost and dead-lettered.`,
    );
  }
  return does;
}

function lastCommitDoes(old: Commit, {lastCommit, carry}: AnewPlan): string[] {
  const does: string[] = [];
  if (lastCommit === 'left out') {
    does.push(`Documents: commit ${old.n} is not applied, because its events are read again.`);
  } else {
    does.push(
      `Documents: commit ${old.n} (${old.deltas.length} deltas) is applied before that; documents that hold it skip it.`,
    );
  }
  const kept = `${old.carry.length} deltas that wait for their document's refresh`;
  if (carry === 'taken over') does.push(`The new journal takes over ${kept}.`);
  if (carry === 'under its number')
    does.push(`The new journal takes over ${kept}, for documents without a commit above ${old.n}.`);
  if (carry === 'left out') does.push(`It leaves out ${kept}: their events are read again.`);
  if (old.parked.length > 0)
    does.push(`The new journal takes over ${old.parked.length} deltas that Cosmos DB refused.`);
  return does;
}

/** What follows from where reading begins, against what the documents have seen. */
function startWrongs({stopped: {seen, state}, facts}: StoppedFound, {start}: AnewPlan): string[] {
  if (start === undefined) return [];
  const wrongs: string[] = [];
  if (state.finding.kind === 'hub made again') {
    const skipped = start.sequenceNumber + 1 - facts.beginningSequenceNumber;
    if (skipped > 0) wrongs.push(`The new hub's first ${skipped} events never count.`);
  } else if (seen !== undefined) {
    const twice = seen.headSequenceNumber - start.sequenceNumber;
    if (twice > 0)
      wrongs.push(
        `Events ${start.sequenceNumber + 1} to ${seen.headSequenceNumber} (${twice}) count twice in arrival views, and in resolved views where their diagnostics had come.`,
      );
    if (twice < 0)
      wrongs.push(
        `Events ${seen.headSequenceNumber + 1} to ${start.sequenceNumber} (${-twice}) never count, but for what the journal holds of them.`,
      );
    if (twice === 0) wrongs.push('No event counts twice.');
  }
  wrongs.push(`A repeat of an event before ${start.sequenceNumber + 1} counts again.`);
  return wrongs;
}

function anewWrongs(
  {claim: {fence, journal}, state: {finding}, seen}: StoppedPartition,
  plan: AnewPlan,
): string[] {
  const commit = journal?.commit;
  const head = commit?.head.sequenceNumber;
  const seenHead = seen?.headSequenceNumber ?? 'unknown';
  switch (finding.kind) {
    case 'journal lost':
      return [
        `What the lost journal still owed is missing: the last minutes in 1h and 1d documents (up to their refresh), and the latency of events up to ${seenHead} that waited for their diagnostics.`,
      ];
    case 'journal restored':
      return [
        `What the lost commits ${finding.journal.n + 1} to ${finding.fence.n} still owed is missing: the last minutes in 1h and 1d documents (up to their refresh), and the latency of events up to ${seenHead} that waited for their diagnostics.`,
      ];
    case 'documents restored':
      return plan.lastCommit === 'left out'
        ? [
            `What commit ${fence?.name.n ?? 0} still owed is missing: deltas that waited for their document's refresh, and the latency of events up to ${seenHead} that waited for their diagnostics.`,
          ]
        : [missingCommits(fence?.name.n, commit!)];
    case 'another lineage':
      return [
        plan.start === undefined
          ? `What the journal ${short(fence!.name.lineage)} has added stays in the documents. Of its events those behind event ${head} count twice.`
          : `What the journal ${short(fence!.name.lineage)} still owed is missing. If it was begun from this one, deltas that both took over count twice.`,
      ];
    case 'two deployments':
      return [
        'Whatever both deployments have counted so far counts twice. Stop the other deployment first, or this happens again.',
      ];
    case 'hub made again':
      return [
        `The ${plan.lost.length} events settled as lost are in arrival views, not in resolved ones. Events of the old hub behind event ${head} are gone with it.`,
      ];
  }
}

function missingCommits(seenN: number | undefined, commit: Commit): string {
  const [first, last] = [(seenN ?? 0) + 1, commit.n - 1];
  const range = first === last ? `commit ${first}` : `commits ${first} to ${last}`;
  return last < first
    ? 'Nothing that the documents held of this journal is missing, unless they were restored.'
    : `What ${range} added is missing in the documents that Cosmos DB has lost, and cannot be got back from this journal.`;
}

export function short(lineage: string): string {
  return lineage.slice(0, 8);
}
