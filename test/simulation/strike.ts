import {slotsOf} from './observations.ts';
import {Random} from './random.ts';
import type {DocumentsCopy, SimulatedDocuments} from './simulated-documents.ts';
import type {World} from './world.ts';

/** Lets the plan's disaster happen while the workers run. @param chaos draws the moment of those that came first */
export function scheduleDisaster(world: World, chaos: Random): void {
  const {plan, time} = world;
  const random = new Random(plan.seed, 'disaster strikes');
  switch (plan.disaster) {
    case 'none':
      return;
    case 'journal restored':
    case 'journal lost':
      return time.after(plan.faultsMs * chaos.next(), () => strikeJournal(world, chaos));
    case 'hub made again':
      // While bodies are still to come: they go to the new hub.
      return time.after(plan.sendingMs * (0.2 + 0.6 * random.next()), () => makeHubAgain(world));
    case 'documents restored':
    case 'fence restored':
    case 'aggregates restored':
      return scheduleRestore(world, random);
    case 'two deployments':
    case 'copied deployment':
      return time.after(plan.faultsMs * random.next(), () => deployAgain(world));
  }
}

function note(world: World, partitionIds: readonly string[]): void {
  const {time, trace, plan, incident} = world;
  incident.strike(partitionIds, time.nowMs);
  trace.add(time.nowMs, 'world', `${plan.disaster}: ${partitionIds.map((id) => `p${id}`).join(', ')}`);
}

function strikeJournal(world: World, random: Random): void {
  const {plan, blobs, incident} = world;
  const [partitionId = ''] = world.hub.partitionIds;
  const has =
    plan.disaster === 'journal lost'
      ? blobs.deleteJournal(partitionId)
      : blobs.restoreJournal(partitionId, random.next());
  if (!has) return;
  note(world, [partitionId]);
  const fence = fenceOf(world, partitionId);
  const journal = blobs.journal(partitionId)?.commit;
  if (fence !== undefined && fence.n > (journal?.n ?? 0)) incident.mustStop.add(partitionId);
}

function makeHubAgain(world: World): void {
  const {hub, time, blobs, incident} = world;
  hub.makeAgain(time.nowMs);
  note(world, hub.partitionIds);
  for (const partitionId of hub.partitionIds)
    if (blobs.journal(partitionId) !== undefined) incident.mustStop.add(partitionId);
  // Nobody is connected to the new hub.
  for (const worker of world.workers)
    for (const lease of worker.leases) lease.end('failed', 'The hub was deleted.');
}

/** Takes a backup, and puts it back later. */
function scheduleRestore(world: World, random: Random): void {
  const {plan, time, progress, aggregates, watch, incident, hub} = world;
  const copiedMs = plan.faultsMs * 0.7 * random.next();
  const restoredMs = copiedMs + (plan.faultsMs - copiedMs) * random.next();
  const copies = new Map<SimulatedDocuments, DocumentsCopy>();
  const containers = {
    'documents restored': [progress, aggregates],
    'fence restored': [progress],
    'aggregates restored': [aggregates],
  }[plan.disaster as 'documents restored' | 'fence restored' | 'aggregates restored'];
  time.after(copiedMs, () => {
    for (const container of containers) copies.set(container, container.copy());
  });
  time.after(restoredMs, () => {
    const before = slotsById(aggregates);
    if (copies.has(aggregates)) watch.beforeRestore(aggregates);
    for (const [container, copy] of copies) container.restore(copy);
    incident.thrownAway = without(before, slotsById(aggregates));
    note(world, hub.partitionIds);
  });
}

function deployAgain(world: World): void {
  const {plan, hub, blobs} = world;
  const {blobs: copied} = world.deployAgain();
  if (plan.disaster === 'copied deployment') blobs.copyJournals(copied);
  note(world, hub.partitionIds);
  world.boot(plan.workers);
}

function fenceOf(world: World, partitionId: string): {n: number} | undefined {
  const {namespace, hub, group} = world.partition(partitionId);
  const document = world.progress.get(`${namespace}|${hub}|${group}|${partitionId}`);
  return document && {n: Number(document['n'])};
}

type Slots = Map<string, Map<number, number>>;

function slotsById(documents: SimulatedDocuments): Slots {
  return new Map(documents.all().map((document) => [document.id, new Map(slotsOf(document))]));
}

function without(before: Slots, after: Slots): Slots {
  const gone: Slots = new Map();
  for (const [id, slots] of before) {
    const kept = after.get(id);
    const left = [...slots].map(([slot, times]) => [slot, times - (kept?.get(slot) ?? 0)] as const);
    const lost = new Map(left.filter(([, times]) => times > 0));
    if (lost.size > 0) gone.set(id, lost);
  }
  return gone;
}
