import type {Deployment} from './deployment.ts';
import {appliedKey, openPlaces} from './stored-commit.ts';
import type {World} from './world.ts';

/** Whether every event of a partition has been read, settled, committed and applied, or only a person can go on. */
export function isSettled(world: World, partitionId: string): boolean {
  const {incident, deployments} = world;
  const [first] = deployments;
  if (!incident.isStruck(partitionId)) return isSettledIn(world, first, partitionId);
  const hasStopped = incident.isStopped(first, partitionId);
  const second = world.second;
  if (second !== undefined) {
    if (isSettledIn(world, first, partitionId))
      return incident.isStopped(second, partitionId) || isSettledIn(world, second, partitionId);
    return hasStopped && incident.operator === 'none' && isSettledIn(world, second, partitionId);
  }
  // The late write of a first commit may put a lost journal back as it was; then all agree again.
  const isBack = incident.disaster === 'journal lost' && first.blobs.journal(partitionId) !== undefined;
  if (!hasStopped && !isBack && incident.mustStop.has(partitionId)) return false;
  if (hasStopped && incident.operator === 'none') return true;
  return isSettledIn(world, first, partitionId);
}

function isSettledIn(world: World, {blobs}: Deployment, partitionId: string): boolean {
  const {hub, progress, watch, aggregates} = world;
  const last = hub.end(partitionId) - 1;
  const journal = blobs.journal(partitionId);
  if (journal === undefined) return hub.log(partitionId).length === 0 || hub.beginsAt(partitionId) > last;
  const {lineage, n, head, open, deltas, carry, parked, hubCreatedAt} = journal.commit;
  if (hubCreatedAt !== hub.hubFacts().createdAt) return false;
  const hasRead = head.sequenceNumber >= last || hub.beginsAt(partitionId) > last;
  const isOpen = openPlaces({open}).size + carry.length + parked.length > 0;
  if (!hasRead || isOpen) return false;
  const partition = world.partition(partitionId);
  const {namespace, hub: hubName, group} = partition;
  const fence = progress.get(`${namespace}|${hubName}|${group}|${partitionId}`);
  const key = appliedKey(partition, lineage);
  return (
    fence?.['n'] === n &&
    fence['lineage'] === lineage &&
    deltas.every(({id}) => watch.isApplied(aggregates, {id, key, n})) &&
    blobs.hasDeadLetters(partitionId, journal.commit)
  );
}
