import type {CommitName} from '@weir/pipeline';
import {parkedTakenOver, type AnewPlan, type StoppedPartition} from '@weir/worker';
import {count} from '../count-text.ts';
import {short} from './commit-sentences.ts';
import type {Consequences} from './consequences.ts';

/**
 * Of the partition of retried dead letters. It reads no events: what may be wrong afterwards are letters that count
 * twice, because documents have them and no mark says so, or that are marked and missing in documents.
 */
export function retryAnewConsequences(stopped: StoppedPartition, plan: AnewPlan): Consequences {
  return {
    flags: ['--begin-anew'],
    does: anewDoes(stopped, plan),
    wrongAfterwards: [wrong(stopped), ...refusedLost(stopped)],
  };
}

/** Not of an older copy, which is never adopted. */
export function retryAdoptConsequences(stopped: StoppedPartition): Consequences {
  const {fence, journal} = stopped.claim;
  const {n, lineage} = journal!.commit;
  const named =
    fence === undefined
      ? 'there is none now'
      : stopped.state.finding.kind === 'two deployments'
        ? 'now it names the other one of that number'
        : `now it names ${commitText(fence.name)}`;
  return {
    flags: ['--adopt-journal'],
    does: [
      'Journal: stays as it is.',
      `Documents: the fence is made to name ${commitText({n, lineage})} (${named}). The next retry applies that commit again, which documents that hold it skip.`,
    ],
    wrongAfterwards: [wrong(stopped)],
  };
}

function anewDoes({claim: {journal}}: StoppedPartition, plan: AnewPlan): string[] {
  const {follows} = plan;
  const named = follows === undefined ? '' : `, which follows ${commitText(follows)}`;
  if (journal === undefined) return [`Journal: commit 1 of a new lineage is made${named}.`];
  const old = journal.commit;
  const does = [
    `Journal: its last commit (${old.n}) is replaced by commit 1 of a new lineage${named}.`,
    `Documents: commit ${old.n} (${count(old.deltas.length, 'delta')}) is applied before that; documents that hold it skip it.`,
    `Marks: the new journal names the dead letters that commit ${old.n} settles (${old.settles?.length ?? 0}), and the next retry marks them as settled. Marks that are there stay.`,
  ];
  const refused = parkedTakenOver(old, plan);
  if (refused.length > 0)
    does.push(`The new journal takes over ${count(refused.length, 'delta')} that Cosmos DB refused.`);
  return does;
}

/** Whichever way is taken: each commit was marked before the next one replaced it, so only the last one is in doubt. */
function wrong({claim: {fence, journal}, state: {finding}}: StoppedPartition): string {
  switch (finding.kind) {
    case 'journal lost':
    case 'journal restored':
      return `Dead letters of ${commitText(finding.fence)}, if they are not marked as settled, count again with the next retry: twice in documents that the commit had reached. All others are marked.`;
    case 'documents restored': {
      const first = (fence?.name.n ?? 0) + 1;
      const last = journal!.commit.n - 1;
      if (last < first)
        return 'Nothing that the documents held of this journal is missing, unless they were restored.';
      const range = first === last ? `commit ${first}` : `commits ${first} to ${last}`;
      return `What ${range} added is missing in the documents that Cosmos DB has lost; their dead letters stay settled, and do not count again. Nothing is missing if only the fence was lost.`;
    }
    case 'two deployments':
      return `Documents that hold the other deployment's commit ${finding.fence.n} skip this one's: dead letters of this one are missing there. What both have counted counts twice. Stop the other deployment first, or this happens again.`;
    case 'another lineage':
      return `What the journal ${short(finding.fence.lineage)} has added stays in the documents. Dead letters that it has counted, and that are not marked as settled in this container, count again with the next retry.`;
    case 'hub made again':
      throw new Error(`A retry journal is of no hub: ${finding.kind}.`);
  }
}

/** They wait nowhere else. */
function refusedLost({state: {finding}}: StoppedPartition): string[] {
  switch (finding.kind) {
    case 'journal lost':
      return ['What Cosmos DB had refused, and waited in the lost journal, is missing.'];
    case 'journal restored':
      return [
        `What Cosmos DB refused of commits ${finding.journal.n + 1} to ${finding.fence.n}, and waited in the journal, is missing.`,
      ];
    case 'documents restored':
    case 'two deployments':
    case 'another lineage':
    case 'hub made again':
      return [];
  }
}

function commitText({n, lineage}: Pick<CommitName, 'n' | 'lineage'>): string {
  return `commit ${n} of ${short(lineage)}`;
}
