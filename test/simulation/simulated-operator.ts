import {SimulatedProcess} from './process.ts';
import {Random} from './random.ts';
import {runRecover, type RecoverEnd} from './recover-command.ts';
import {hubSilent} from './simulated-hub-port.ts';
import {portsOf} from './simulated-ports.ts';
import type {World} from './world.ts';

const lookEveryMs = {least: 5_000, most: 30_000};

/**
 * The person with `weir recover`: what the command does, on simulated ports, in a process that crashes and pauses like
 * any other, and is begun again until it has said that it is done.
 */
export class SimulatedOperator {
  readonly #world: World;
  readonly #random: Random;
  readonly #done = new Set<string>();
  #processes: SimulatedProcess[] = [];
  #commands = 0;

  constructor(world: World) {
    this.#world = world;
    this.#random = new Random(world.plan.seed, 'operator acts');
  }

  /** Looks every now and then at what has stopped, until the run is over. */
  start(): void {
    const {plan, time, hub} = this.#world;
    if (plan.operator !== 'none' && plan.disaster !== 'none') this.#lookLater();
    for (let times = plan.begunAnew; times > 0; times--) {
      const [partitionId = ''] = hub.partitionIds;
      time.after(plan.faultsMs * this.#random.next(), () => this.#begin(partitionId, 'healthy'));
    }
  }

  /** From now on nothing stands in the person's way. */
  mend(nowMs: number): void {
    for (const process of this.#processes) process.pausedUntilMs = Math.min(process.pausedUntilMs, nowMs);
  }

  dispose(): void {
    for (const process of this.#processes) process.crash();
  }

  #lookLater(): void {
    this.#world.time.after(this.#random.between(lookEveryMs.least, lookEveryMs.most), () => {
      this.#look();
      this.#lookLater();
    });
  }

  #look(): void {
    const {incident, deployments, second} = this.#world;
    for (const partitionId of incident.partitionIds) {
      if (!incident.isStopped(deployments[0], partitionId) || this.#done.has(partitionId)) continue;
      // As the command says: while the other one writes, this happens again.
      if (second !== undefined) return this.#world.endSecond();
      const isBusy = this.#processes.some(
        ({name, isCrashed}) => !isCrashed && name.endsWith(`p${partitionId}`),
      );
      // A person who sees nothing happen begins it once more.
      if (!isBusy || this.#random.chance(0.15)) this.#begin(partitionId, 'stopped');
    }
  }

  /** Begins the command for one partition. */
  #begin(partitionId: string, which: 'stopped' | 'healthy'): void {
    const {time, trace, calls, plan} = this.#world;
    const process = new SimulatedProcess(`op${this.#commands++} p${partitionId}`, 0);
    this.#processes = [...this.#processes.filter(({isCrashed}) => !isCrashed), process];
    const random = new Random(plan.seed, process.name);
    const say = (what: string): void => trace.add(time.nowMs, process.name, what);
    if (calls.hasFaults && random.chance(0.4)) {
      const afterMs = crashWithinMs * random.next() ** 2;
      time.after(afterMs, () => {
        if (!calls.hasFaults || process.isCrashed) return;
        say('crashes');
        process.crash();
      });
    }
    if (calls.hasFaults && random.chance(0.2)) {
      const afterMs = crashWithinMs * random.next();
      time.after(afterMs, () => {
        if (calls.hasFaults) process.pausedUntilMs = time.nowMs + 60_000 * random.next();
      });
    }
    say(which === 'healthy' ? 'begins a healthy journal anew' : 'looks at what stopped');
    const ports = portsOf(this.#world, process, {random, blobs: this.#world.blobs});
    runRecover(this.#world, process, {ports, partition: this.#world.partition(partitionId), which})
      .then((end) => this.#ended(partitionId, process, end))
      .catch((error: unknown) => {
        if (!isExpected(error)) this.#world.violations.add(`${process.name}: ${String(error)}`);
        say(`fails: ${String(error)}`);
      })
      .finally(() => process.crash());
  }

  #ended(partitionId: string, process: SimulatedProcess, end: RecoverEnd): void {
    const why = end.kind === 'moved' ? `, ${end.cause}` : '';
    this.#world.trace.add(this.#world.time.nowMs, process.name, `ends: ${end.kind}${why}`);
    if (end.kind === 'done') this.#done.add(partitionId);
  }
}

/** The hub did not answer: the person begins again. */
function isExpected(error: unknown): boolean {
  return error instanceof Error && error.message === hubSilent;
}

const crashWithinMs = 90_000;
