import type {StoredCommit} from './stored-commit.ts';
import type {World} from './world.ts';

/** What a partition's stop and its way out leave of "exactly once", as the way out says it. */
export type Fate =
  | {readonly kind: 'exact'}
  /** Nobody resolved it: what was not counted by then is missing. */
  | {readonly kind: 'stopped'}
  /** Begun anew behind `start`: all from there counts once, what its last commit still owed is missing. */
  | {readonly kind: 'elsewhere'; readonly start: number; readonly seenHead: number; readonly left: Left}
  /** Two journals of the same events were counted, each once: behind `sureUntil`, and in what they owed from then on. */
  | {readonly kind: 'two journals'; readonly sureUntil: number; readonly left: Left};

/** The last commits of the journal that was left: what they list may not have been written yet. */
type Left = readonly StoredCommit[];

/** What must hold of one partition at rest. */
export function fateOf({incident, watch, second, deployments: [first]}: World, partitionId: string): Fate {
  const exact: Fate = {kind: 'exact'};
  if (!incident.isStruck(partitionId)) return exact;
  const attempt = incident.attempts.get(partitionId);
  const [beginning] = watch.history.beginnings(partitionId);
  if (!incident.isStopped(first, partitionId)) return exact;
  // The other one has won: it counts, and this one has not written anything since.
  if (second !== undefined) return exact;
  if (attempt === undefined) {
    // A write that comes late may put back what was deleted; then the partition goes on by itself.
    return incident.operator === 'none' ? {kind: 'stopped'} : exact;
  }
  const before = watch.history.commits(partitionId).slice(0, attempt.commits);
  switch (attempt.finding) {
    case 'hub made again':
      return exact;
    case 'another lineage':
    case 'two deployments':
      return {kind: 'two journals', sureUntil: -1, left: before};
    case 'documents restored':
    case 'journal lost':
    case 'journal restored':
  }
  // The journal of a copied deployment may be of another making than the commits that the documents have seen.
  if (incident.disaster === 'copied deployment') return {kind: 'two journals', sureUntil: -1, left: before};
  if (attempt.way === 'elsewhere' && beginning !== undefined) {
    const {after, seenHead} = beginning;
    const from = Math.min(after.follows?.n ?? 0, beginning.before?.n ?? Infinity);
    return {
      kind: 'elsewhere',
      start: after.resume.sequenceNumber,
      seenHead,
      left: before.filter((commit) => commit.n >= from),
    };
  }
  if (attempt.finding === 'documents restored') return exact;
  // An older journal taken for right: its events are read again, in commits whose numbers documents may hold already.
  const {n = 0, headSequenceNumber = -1} = attempt.journal ?? {};
  return {
    kind: 'two journals',
    sureUntil: headSequenceNumber,
    left: before.filter((commit) => commit.n >= n),
  };
}

/** In a few words, per partition that was struck or begun anew: what came of it. */
export function describeFates(world: World): string[] {
  const {
    incident,
    hub,
    deployments: [first],
    watch,
  } = world;
  return hub.partitionIds.flatMap((partitionId) => {
    if (incident.begunAnew.has(partitionId))
      return [`healthy: ${watch.history.beginnings(partitionId).length > 0 ? 'begun anew' : 'as it was'}`];
    if (!incident.isStruck(partitionId)) return [];
    const attempt = incident.attempts.get(partitionId);
    const stopped = incident.isStopped(first, partitionId) ? 'stopped' : 'went on';
    const way = attempt === undefined ? '' : `, ${attempt.finding}, ${attempt.way}`;
    return [`${incident.disaster}: ${stopped}${way}: ${fateOf(world, partitionId).kind}`];
  });
}
