import {judge, type SourcePartition} from '@weir/pipeline';
import {isOpen, waysOut, type StoppedFound, type WayOut} from '../../packages/cli/src/recover/ways-out.ts';
import type {WorkerPorts} from '../../packages/worker/src/ports.ts';
import {adoptJournal, type WayOutEnd} from '../../packages/worker/src/recover/adopt-journal.ts';
import {planBeginAnew, type AnewPlan} from '../../packages/worker/src/recover/anew-plan.ts';
import {beginAnew} from '../../packages/worker/src/recover/begin-anew.ts';
import {
  inspectPartition,
  isStopped,
  type Inspection,
  type StoppedPartition,
} from '../../packages/worker/src/recover/inspect.ts';
import {watchForWriters} from '../../packages/worker/src/recover/watch-for-writers.ts';
import type {SimulatedProcess} from './process.ts';
import {eventsOf} from './simulated-hub-port.ts';
import type {World} from './world.ts';

export type RecoverEnd = WayOutEnd | {readonly kind: 'not stopped'};
type OpenWay = Extract<WayOut, {kind: 'adopt journal'} | {kind: 'begin anew'; plan: AnewPlan}>;

const owner = 'weir recover';

/**
 * What `weir recover` does to one partition, in the order in which the command does it: look, watch whether anybody
 * writes, look up where to begin, act.
 */
export async function runRecover(
  world: World,
  process: SimulatedProcess,
  {ports, partition, which}: {ports: WorkerPorts; partition: SourcePartition; which: 'stopped' | 'healthy'},
): Promise<RecoverEnd> {
  const {incident, plan, blobs} = world;
  const {partitionId} = partition;
  const {signal} = new AbortController();
  const common = {ports, owner, signal, report: () => {}, retentionMs: plan.retentionMs};
  const {createdAt: hubCreatedAt} = await ports.hub.hubFacts(signal);
  const inspection = await inspectPartition({...common, partition, hubCreatedAt});
  if (which === 'healthy') {
    const stopped = asIfStopped(inspection);
    if (stopped === undefined) return {kind: 'not stopped'};
    incident.begunAnew.add(partitionId);
    return beginAnew({...common, stopped, plan: planBeginAnew(stopped, undefined)});
  }
  if (!isStopped(inspection)) return {kind: 'not stopped'};
  const facts = await ports.hub.partitionFacts(partitionId, signal);
  const hint = blobs.checkpoint(partitionId);
  const isOfThisHub =
    inspection.state.finding.kind !== 'hub made again' && (hint ?? 0) <= facts.lastEnqueuedSequenceNumber;
  if ((await watchForWriters({...common, inspection})) === 'moving')
    return {kind: 'moved', cause: 'somebody writes'};
  const found: StoppedFound = {stopped: inspection, facts, checkpoint: isOfThisHub ? hint : undefined};
  const way = await choose(world, process, {found, signal});
  if (way === undefined) return {kind: 'moved', cause: 'nothing says where to begin'};
  const journal = inspection.claim.journal?.commit;
  const start = way.kind === 'begin anew' ? way.plan.start : undefined;
  incident.attempts.set(partitionId, {
    finding: inspection.state.finding.kind,
    way: way.kind === 'adopt journal' ? way.kind : start === undefined ? 'where it stands' : 'elsewhere',
    journal: journal && {n: journal.n, headSequenceNumber: journal.head.sequenceNumber},
    commits: world.watch.history.commits(partitionId).length,
    seenHead: world.watch.history.seenHead(partitionId),
  });
  return way.kind === 'adopt journal'
    ? adoptJournal({...common, stopped: inspection})
    : beginAnew({...common, stopped: inspection, plan: way.plan});
}

/**
 * PROTOCOL's own case of beginning anew, which the command never has: nothing is wrong with the journal. The finding is
 * made up; where the journal stands is what the plan goes by. A partition whose journal moved at each look is left alone:
 * what was read of it last need not fit together, and the command would not act on it either.
 */
function asIfStopped(inspection: Inspection): StoppedPartition | undefined {
  const {
    state,
    hubCreatedAt,
    claim: {fence, journal},
  } = inspection;
  if (state.kind !== 'runs' || journal === undefined) return undefined;
  if (judge({fence: fence?.name, journal: journal.commit, hubCreatedAt}).kind !== 'apply') return undefined;
  const {lineage, n, author} = journal.commit;
  const finding = {kind: 'documents restored', fence: fence?.name, journal: {lineage, n, author}} as const;
  return {...inspection, state: {kind: 'stopped', finding}};
}

/** The way that the plan's person takes, or the first that is open where the finding does not have it. */
async function choose(
  world: World,
  process: SimulatedProcess,
  {found, signal}: {found: StoppedFound; signal: AbortSignal},
): Promise<OpenWay | undefined> {
  const events = eventsOf(world, process);
  const {operator} = world.plan;
  const wanted = operator === 'adopt journal' || operator === 'begin anew' ? operator : undefined;
  const unsaid = {from: undefined, events, signal};
  const asked = await waysOut(found, {...unsaid, wanted});
  const ways = asked.some(isOpen) ? asked : await waysOut(found, {...unsaid, wanted: undefined});
  return ways.find(isOpenWay);
}

function isOpenWay(way: WayOut): way is OpenWay {
  return isOpen(way);
}
