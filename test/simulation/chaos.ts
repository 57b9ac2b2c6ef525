import {clockStepMaxMs, type FaultRates} from './plan.ts';
import {Random} from './random.ts';
import type {ServiceName} from './service-calls.ts';
import {scheduleDisaster} from './strike.ts';
import type {World} from './world.ts';

const minuteMs = 60_000;
const services: readonly ServiceName[] = ['journal', 'documents', 'dead letters', 'lookup', 'hub'];
type Incident = keyof Pick<
  FaultRates,
  | 'crashes'
  | 'pauses'
  | 'steals'
  | 'restarts'
  | 'storms'
  | 'linkDrops'
  | 'refusedDocuments'
  | 'expiries'
  | 'clockSteps'
>;
const incidents: readonly Incident[] = [
  'crashes',
  'pauses',
  'steals',
  'restarts',
  'storms',
  'linkDrops',
  'refusedDocuments',
  'expiries',
  'clockSteps',
];

/** Lets things happen to the world at the plan's rates, until the time for faults is over; then mends everything. */
export function unleash(world: World): void {
  const random = new Random(world.plan.seed, 'chaos');
  for (const incident of incidents) schedule(world, incident, random);
  scheduleDisaster(world, random);
  world.time.after(world.plan.faultsMs, () => mend(world));
}

function schedule(world: World, incident: Incident, random: Random): void {
  const perMinute = world.plan.faults[incident];
  if (perMinute === 0) return;
  world.time.after((-Math.log(1 - random.next()) * minuteMs) / perMinute, () => {
    if (!world.calls.hasFaults) return;
    happen(world, incident, random);
    schedule(world, incident, random);
  });
}

function happen(world: World, incident: Incident, random: Random): void {
  const {plan, time, trace, hub} = world;
  const place = random.between(0, plan.workers - 1);
  const worker = world.at(place);
  const partitionId = random.pick(hub.partitionIds);
  const note = (what: string): void => trace.add(time.nowMs, 'world', what);
  switch (incident) {
    case 'crashes':
      if (worker?.isAlive !== true) return;
      note(`${worker.process.name} crashes`);
      worker.crash();
      return time.after(random.between(0, 20_000), () => world.boot(place));
    case 'pauses': {
      if (worker?.isAlive !== true) return;
      const forMs = random.pick([2_000, 15_000, 60_000]) * random.next();
      note(`${worker.process.name} pauses for ${Math.round(forMs)} ms`);
      worker.process.pausedUntilMs = time.nowMs + forMs;
      world.pauses.push({process: worker.process, fromMs: time.nowMs, untilMs: time.nowMs + forMs});
      return;
    }
    case 'steals':
      return worker?.claim(partitionId);
    case 'restarts':
      if (worker?.isAlive !== true) return;
      note(`${worker.process.name} is asked to stop`);
      worker
        .stop()
        .then(() => time.after(random.between(0, 5_000), () => world.boot(place)))
        .catch((error: unknown) => world.violations.add(`stopping failed: ${String(error)}`));
      return;
    case 'storms':
      return world.calls.storm(random.pick(services), random.between(2_000, 25_000));
    case 'linkDrops': {
      const lease = worker === undefined ? undefined : [...worker.leases][0];
      if (lease === undefined) return;
      if (random.chance(0.5)) return void (lease.skipNext = 1);
      return time.after(0, () => lease.end('failed', 'The link failed.'), lease.process);
    }
    case 'refusedDocuments': {
      const documents = world.aggregates.all();
      if (documents.length === 0) return;
      const id = random.pick(documents).id;
      note(`${id} is refused from now on`);
      world.aggregates.refused.add(id);
      return time.after(random.between(5_000, 60_000), () => world.aggregates.refused.delete(id));
    }
    case 'clockSteps': {
      if (worker?.isAlive !== true) return;
      worker.process.clockOffsetMs = random.pick([-clockStepMaxMs, -2_000, 2_000, clockStepMaxMs]);
      note(`${worker.process.name} has its clock set ${worker.process.clockOffsetMs} ms off`);
      return;
    }
    case 'expiries': {
      const beginsAt = hub.beginsAt(partitionId);
      const end = hub.end(partitionId);
      if (end <= beginsAt) return;
      const next = random.between(beginsAt + 1, end);
      note(`p${partitionId} expires before ${next}`);
      return hub.expireBefore(partitionId, next);
    }
  }
}

/** From now on everything answers, and every place has a process. */
function mend(world: World): void {
  const {time, trace, calls, aggregates, plan} = world;
  trace.add(time.nowMs, 'world', 'faults end');
  calls.hasFaults = false;
  aggregates.refused.clear();
  if (plan.faults.expiries > 0) world.sendLast();
  world.operator.mend(time.nowMs);
  for (const {process} of world.workers) process.pausedUntilMs = Math.min(process.pausedUntilMs, time.nowMs);
  for (let place = 0; place < plan.workers; place++) keepAlive(world, place);
  if (world.second !== undefined) keepAlive(world, plan.workers);
}

/** One that is still draining is replaced when it has gone. */
function keepAlive(world: World, place: number): void {
  world.boot(place);
  world.time.after(bootEveryMs, () => keepAlive(world, place));
}

const bootEveryMs = 5_000;
