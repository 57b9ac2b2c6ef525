import type {Commit} from '@weir/pipeline';
import {openOf, parkedTakenOver, type AnewPlan, type StoppedPartition} from '@weir/worker';
import {count} from '../count-text.ts';
import {missingCommits, short} from './commit-sentences.ts';
import type {Consequences} from './consequences.ts';
import type {StoppedFound} from './ways-out.ts';

export function anewConsequences(found: StoppedFound, plan: AnewPlan): Consequences {
  return {
    flags: ['--begin-anew'],
    does: anewDoes(found.stopped, plan),
    wrongAfterwards: [...startWrongs(found, plan), ...anewWrongs(found.stopped, plan)],
  };
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
      ? `Reading goes on behind event ${old!.head.sequenceNumber}. The ${waiting(openOf(old!).length, 'event')} diagnostics ${openOf(old!).length === 1 ? 'goes' : 'go'} on waiting.`
      : `Reading begins at event ${start.sequenceNumber + 1}.`,
  );
  if (lost.length > 0) {
    does.push(
      `${waiting(lost.length, 'event')} diagnostics (${lost[0]!.sequenceNumber} to ${lost.at(-1)!.sequenceNumber}) ${lost.length === 1 ? 'is' : 'are'} settled as lost and dead-lettered.`,
    );
  }
  return does;
}

function lastCommitDoes(old: Commit, plan: AnewPlan): string[] {
  const {lastCommit, carry} = plan;
  const does: string[] = [];
  if (lastCommit === 'left out') {
    does.push(`Documents: commit ${old.n} is not applied, because its events are read again.`);
  } else {
    does.push(
      `Documents: commit ${old.n} (${count(old.deltas.length, 'delta')}) is applied before that; documents that hold it skip it.`,
    );
  }
  const kept = `${waiting(old.carry.length, 'delta')} document's refresh`;
  if (carry === 'taken over') does.push(`The new journal takes over ${kept}.`);
  if (carry === 'under its number')
    does.push(`The new journal takes over ${kept}, for documents without a commit above ${old.n}.`);
  if (carry === 'left out') does.push(`It leaves out ${kept}: their events are read again.`);
  const refused = parkedTakenOver(old, plan);
  if (refused.length > 0)
    does.push(`The new journal takes over ${count(refused.length, 'delta')} that Cosmos DB refused.`);
  return does;
}

/** `1 event that waits for its`, `3 events that wait for their`. */
function waiting(n: number, what: string): string {
  return `${count(n, what)} that ${n === 1 ? 'waits for its' : 'wait for their'}`;
}

/** What follows from where reading begins, against what the documents have seen. */
function startWrongs({stopped, facts}: StoppedFound, {start}: AnewPlan): string[] {
  const {seen, state} = stopped;
  if (start === undefined) return [];
  const wrongs: string[] = [];
  if (state.finding.kind === 'hub made again') {
    const skipped = start.sequenceNumber + 1 - facts.beginningSequenceNumber;
    if (skipped > 0)
      wrongs.push(
        `The new hub's first ${count(skipped, 'event')} never ${skipped === 1 ? 'counts' : 'count'}.`,
      );
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
    if (twice === 0) wrongs.push(noneTwice(stopped));
  }
  wrongs.push(
    state.finding.kind === 'hub made again'
      ? 'A repeat of an event of the old hub counts again.'
      : `A repeat of an event before ${start.sequenceNumber + 1} counts again.`,
  );
  return wrongs;
}

/** The fence may have been restored without the documents. */
function noneTwice({state, seen, claim: {journal}}: StoppedPartition): string {
  const isDoubtful =
    state.finding.kind === 'documents restored' &&
    journal!.commit.head.sequenceNumber > seen!.headSequenceNumber;
  if (!isDoubtful) return 'No event counts twice.';
  return `No event counts twice if the documents are as old as the fence; if they are not, events ${seen!.headSequenceNumber + 1} to ${journal!.commit.head.sequenceNumber} do.`;
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
        `What the lost journal still owed is missing: what its last commit had not written yet, the last minutes in 1h and 1d documents (up to their refresh), and the latency of events up to ${seenHead} that waited for their diagnostics.`,
      ];
    case 'journal restored':
      return [
        `What the lost commits ${finding.journal.n + 1} to ${finding.fence.n} still owed is missing: what the last one had not written yet, the last minutes in 1h and 1d documents (up to their refresh), and the latency of events up to ${seenHead} that waited for their diagnostics.`,
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
        `The ${count(plan.lost.length, 'event')} settled as lost ${plan.lost.length === 1 ? 'is' : 'are'} in arrival views, not in resolved ones. Events of the old hub behind event ${head} are gone with it.`,
      ];
  }
}
