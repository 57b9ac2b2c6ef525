import assert from 'node:assert/strict';
import {
  byPlace,
  judge,
  placesOf,
  UnreadOpen,
  type Commit,
  type CommitName,
  type Mark,
  type ParkedDelta,
  type RecordPlace,
} from '@weir/pipeline';
import type {StoppedPartition} from './inspect.ts';

/** What beginning anew will do to one partition, decided before anything is written. */
export interface AnewPlan {
  /** The commit that the new lineage follows: what the fence will say. Undefined: there is no fence. */
  readonly follows: CommitName | undefined;
  /**
   * `under its fence`, as recovery would. `beside its fence`: the fence names another commit; the documents still tell
   * by number whether they have it. `left out`: its events are read again.
   */
  readonly lastCommit: 'none' | 'under its fence' | 'beside its fence' | 'left out';
  /**
   * `taken over` as it is. `under its number`: added to those documents that have no later commit of the old lineage,
   * because a later one would have brought it. `left out`: its events are read again.
   */
  readonly carry: 'none' | 'taken over' | 'under its number' | 'left out';
  /** Undefined: where the journal stands, with all that is open. */
  readonly start: Mark | undefined;
  /** Records whose diagnostics nobody waits for any more. */
  readonly lost: readonly RecordPlace[];
}

/**
 * @param start where reading begins; undefined: where the journal stands. It must be given where there is no journal,
 *   the journal is an old copy, or is of another hub.
 */
export function planBeginAnew(
  {claim: {fence, journal}, state: {finding}}: StoppedPartition,
  start: Mark | undefined,
): AnewPlan {
  if (journal === undefined) {
    assert(start !== undefined, 'a lost journal says nothing of where to begin');
    return {follows: fence?.name, lastCommit: 'none', carry: 'none', start, lost: []};
  }
  const {commit} = journal;
  // Apart from the hub: do fence and journal agree?
  const agree =
    judge({fence: fence?.name, journal: commit, hubCreatedAt: commit.hubCreatedAt}).kind === 'apply';
  const plan: AnewPlan = {
    follows: agree ? nameOf(commit) : fence?.name,
    lastCommit: agree ? 'under its fence' : 'beside its fence',
    carry: commit.carry.length === 0 ? 'none' : 'taken over',
    start,
    lost: start === undefined ? [] : openOf(commit),
  };
  if (finding.kind === 'hub made again') {
    assert(start !== undefined, 'positions of another hub say nothing of where to begin');
    return plan;
  }
  assert(
    start !== undefined || finding.kind !== 'journal restored',
    'an old copy does not know where to go on',
  );
  if (start === undefined) return plan;
  if (start.sequenceNumber >= commit.head.sequenceNumber) {
    return {...plan, carry: commit.carry.length === 0 ? 'none' : 'under its number'};
  }
  return {
    ...plan,
    lastCommit: 'left out',
    carry: commit.carry.length === 0 ? 'none' : 'left out',
    lost: plan.lost.filter(({sequenceNumber}) => sequenceNumber <= start.sequenceNumber),
  };
}

/** What Cosmos DB refused before, and goes into the new journal; of a commit that is left out only what older ones had. */
export function parkedTakenOver(
  {lineage, n, parked}: Commit,
  {lastCommit}: AnewPlan,
): readonly ParkedDelta[] {
  if (lastCommit !== 'left out') return parked;
  return parked.filter((entry) => entry.lineage !== lineage || entry.n !== n);
}

/** The records that a commit lists as open, in order; of a call that is told in several, the first. */
export function openOf({open}: Pick<Commit, 'open'>): readonly RecordPlace[] {
  const calls = (open.calls ?? []).map((call) => placesOf(call)[0]!);
  return [...new UnreadOpen(open).places(), ...calls].sort(byPlace);
}

function nameOf({lineage, n, author}: CommitName): CommitName {
  return {lineage, n, author};
}
