import {progressDocument, type Commit, type Mark} from '@weir/pipeline';
import {settle} from '../../../azure/src/cosmos/virtual-clock.ts';
import {commit, noonMs, taken} from '../commit-fixture.ts';
import {partition} from '../in-memory-ports.ts';
import {SessionWorld} from '../partition/session-fixture.ts';
import type {WorkerPorts} from '../ports.ts';
import {adoptJournal, type WayOutEnd} from './adopt-journal.ts';
import {planBeginAnew} from './anew-plan.ts';
import {beginAnew} from './begin-anew.ts';
import {inspectPartition, isStopped, type Inspection, type StoppedPartition} from './inspect.ts';

const noRetention = {'5m': undefined, '1h': undefined, '1d': undefined};

export function mark(sequenceNumber: number): Mark {
  return {sequenceNumber, offset: `o${sequenceNumber}`, enqueuedTimeMs: noonMs + sequenceNumber};
}

/** For tests: one partition's fence, journal and documents in memory, and the ways out on them. */
export class RecoverWorld extends SessionWorld {
  readonly signal = new AbortController().signal;

  static async begin(): Promise<RecoverWorld> {
    const world = new RecoverWorld();
    await world.clock.advance(noonMs);
    return world;
  }

  putJournal(n: number, fields: Partial<Commit> = {}): Commit {
    const one = commit({n, ...fields});
    this.journal.put(taken(one).bytes);
    return one;
  }

  putFence(n: number, fields: Partial<Commit> = {}): void {
    const progress = {watermarks: {arrivalMs: 0, resolvedMs: 0}, lagMs: 0, owner: 'worker-1', nowMs: noonMs};
    this.progress.put(progressDocument(partition, commit({n, ...fields}), progress));
  }

  async inspect(): Promise<Inspection> {
    const inspecting = inspectPartition({
      ports: this.ports,
      partition,
      hubCreatedAt: this.hubFacts.createdAt,
      signal: this.signal,
      report: this.told.report,
    });
    await this.clock.advance(40_000);
    return inspecting;
  }

  async stopped(): Promise<StoppedPartition> {
    const inspection = await this.inspect();
    if (!isStopped(inspection)) throw new Error(`The partition is ${inspection.state.kind}.`);
    return inspection;
  }

  /** Does what a person would: looks, and begins anew if the partition is stopped. */
  async anew(
    start: Mark | undefined,
    ports: WorkerPorts = this.ports,
  ): Promise<WayOutEnd | 'not stopped' | 'died'> {
    const stopped = await this.inspect();
    if (!isStopped(stopped)) return 'not stopped';
    const {signal} = this;
    const {report} = this.told;
    const plan = planBeginAnew(stopped, start);
    return this.#finish(
      beginAnew({ports, retentionMs: noRetention, stopped, plan, owner: 'recover', signal, report}),
    );
  }

  async adopt(ports: WorkerPorts = this.ports): Promise<WayOutEnd | 'not stopped' | 'died'> {
    const stopped = await this.inspect();
    if (!isStopped(stopped)) return 'not stopped';
    const {signal} = this;
    return this.#finish(adoptJournal({ports, stopped, owner: 'recover', signal, report: this.told.report}));
  }

  /** What a worker does next: claims, applies, reads nothing, and commits what is due. */
  async runWorker(): Promise<'running' | 'stopped' | 'recovering' | 'ended'> {
    const {session, lease, running} = await this.claim();
    lease.deliver();
    await this.clock.advance(1_000);
    const {state} = session;
    if (state === 'running') await this.flush(session);
    lease.lose();
    await this.clock.advance(40_000);
    await running;
    return state;
  }

  /** A process that died never answers. */
  async #finish(work: Promise<WayOutEnd>): Promise<WayOutEnd | 'died'> {
    let end: WayOutEnd | 'died' = 'died';
    const ending = work.then((value) => (end = value));
    await this.clock.advance(20_000);
    await Promise.race([ending, settle()]);
    return end;
  }
}

/** Ports of a process that dies with its call number `at`: before it arrives, or after it took effect. */
export function dying(ports: WorkerPorts, {at, when}: {at: number; when: 'before' | 'after'}): WorkerPorts {
  let calls = 0;
  const forEver = new Promise<never>(() => {});
  const wrap = <T extends object>(port: T): T =>
    new Proxy(port, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return async (...args: unknown[]) => {
          calls += 1;
          if (calls > at || (calls === at && when === 'before')) return forEver;
          const answer: unknown = await Reflect.apply(member, target, args);
          return calls === at ? forEver : answer;
        };
      },
    });
  const {journal, deadLetters, aggregates, progress} = ports;
  return {
    ...ports,
    journal: wrap(journal),
    deadLetters: wrap(deadLetters),
    aggregates: wrap(aggregates),
    progress: wrap(progress),
  };
}
