import type {SourcePartition} from '@weir/pipeline';
import type {Trouble} from '../../packages/worker/src/trouble.ts';
import {Violations} from './checks.ts';
import {Ownership} from './ownership.ts';
import type {RunPlan} from './plan.ts';
import {SimulatedProcess} from './process.ts';
import {ProtocolWatch} from './protocol-watch.ts';
import {Random} from './random.ts';
import {ServiceCalls} from './service-calls.ts';
import {SimulatedBlobs} from './simulated-blobs.ts';
import {SimulatedDocuments} from './simulated-documents.ts';
import {SimulatedHub} from './simulated-hub.ts';
import {SimulatedLookup} from './simulated-lookup.ts';
import {SimulatedWorker} from './simulated-worker.ts';
import {appliedKey} from './stored-commit.ts';
import type {Trace} from './trace.ts';
import {bytesOf, drawTruth, type PlannedBody, type TrueRecord} from './truth.ts';
import {VirtualTime} from './virtual-time.ts';

/** All services of one run and the workers that use them. */
export class World {
  readonly plan: RunPlan;
  readonly trace: Trace;
  readonly violations = new Violations();
  readonly time: VirtualTime;
  readonly calls: ServiceCalls;
  readonly hub: SimulatedHub;
  readonly blobs: SimulatedBlobs;
  readonly aggregates: SimulatedDocuments;
  readonly progress: SimulatedDocuments;
  readonly lookup: SimulatedLookup;
  readonly ownership: Ownership;
  readonly troubles = new Map<string, number>();
  /** The partition whose journal somebody put back or deleted. */
  struck: string | undefined;
  #stopped = new Set<string>();
  /** What each process reported last; a repeat is not worth a line. */
  readonly #reported = new Map<SimulatedProcess, string>();
  readonly #watch: ProtocolWatch;
  readonly #sent = new Map<string, PlannedBody>();
  /** One place each; an incarnation that has crashed is replaced after a while. */
  readonly #workers: (SimulatedWorker | undefined)[];
  #bodiesLeft = 0;
  #incarnations = 0;

  constructor(plan: RunPlan, trace: Trace) {
    this.plan = plan;
    this.trace = trace;
    const {seed, startMs} = plan;
    this.time = new VirtualTime(startMs, new Random(seed, 'order'));
    this.calls = new ServiceCalls({
      time: this.time,
      random: new Random(seed, 'calls'),
      trace,
      latencyMs: plan.latencyMs,
      rates: plan.faults,
    });
    this.hub = new SimulatedHub({
      partitions: plan.partitions,
      beginsAt: plan.hubBeginsAt,
      createdAtMs: startMs - 86_400_000,
    });
    const watch = (this.#watch = new ProtocolWatch({
      violations: this.violations,
      plan,
      nowMs: () => this.time.nowMs,
      isStruck: (partitionId) => partitionId === this.struck,
    }));
    this.aggregates = new SimulatedDocuments(this.violations, (before, after) =>
      watch.aggregate(before, after),
    );
    this.progress = new SimulatedDocuments(this.violations, (before, after) => watch.fence(before, after));
    this.blobs = new SimulatedBlobs(this.violations, (partition, before, after) =>
      watch.journal(partition, {before, after, aggregates: this.aggregates}),
    );
    this.lookup = new SimulatedLookup(plan.lookupClockOffsetMs);
    this.ownership = new Ownership(plan.ownershipExpiryMs);
    this.#workers = Array.from({length: plan.workers}, () => undefined);
    this.#send(drawTruth(plan, new Random(seed, 'truth')));
    for (let place = 0; place < plan.workers; place++) this.boot(place);
  }

  get workers(): SimulatedWorker[] {
    return this.#workers.filter((worker) => worker !== undefined);
  }

  get bodiesLeft(): number {
    return this.#bodiesLeft;
  }

  partition(partitionId: string): SourcePartition {
    return {namespace: 'ns.example.net', hub: 'calls', group: '$default', partitionId};
  }

  recordsOf(partitionId: string, sequenceNumber: number): readonly TrueRecord[] {
    return this.#sent.get(`${partitionId}/${sequenceNumber}`)?.records ?? [];
  }

  /** Starts a fresh process in a place whose process is gone. */
  boot(place: number): void {
    if (this.#workers[place]?.isAlive === true) return;
    const {seed, workerClockOffsetMaxMs} = this.plan;
    const name = `w${place}.${this.#incarnations++}`;
    const random = new Random(seed, `process ${name}`);
    const process = new SimulatedProcess(
      name,
      random.between(-workerClockOffsetMaxMs, workerClockOffsetMaxMs),
    );
    this.trace.add(this.time.nowMs, name, 'starts');
    this.#workers[place] = new SimulatedWorker(this, process, random);
  }

  /** Ends every process, so that nothing of the run outlives it. */
  dispose(): void {
    for (const worker of this.#workers) worker?.crash();
  }

  at(place: number): SimulatedWorker | undefined {
    return this.#workers[place];
  }

  onTrouble(process: SimulatedProcess, {kind, message, layer, partitionId}: Trouble): void {
    this.troubles.set(kind, (this.troubles.get(kind) ?? 0) + 1);
    if (this.#reported.get(process) !== message)
      this.trace.add(this.time.nowMs, process.name, `reports ${layer} ${kind}: ${message}`);
    this.#reported.set(process, message);
    if (kind === 'stopped' && partitionId !== undefined) {
      this.#stopped.add(partitionId);
      this.violations.check(partitionId === this.struck, () => `p${partitionId} is stopped: ${message}`);
    }
    this.violations.check(kind !== 'bug', () => `${process.name} reports a bug: ${message}`);
  }

  /** Whether every event has been read, settled, committed and applied. */
  get isQuiet(): boolean {
    if (this.#bodiesLeft > 0) return false;
    return this.hub.partitionIds.every((partitionId) => this.#isSettled(partitionId));
  }

  /** Why the run is not over, for a person. */
  describe(): string {
    return this.hub.partitionIds
      .filter((partitionId) => !this.#isSettled(partitionId))
      .map((partitionId) => {
        const commit = this.blobs.journal(partitionId)?.commit;
        const states = this.workers
          .flatMap(({sessions}) => [...sessions])
          .filter((session) => session.partitionId === partitionId);
        return `p${partitionId} ends at ${this.hub.end(partitionId) - 1}; journal ${commit === undefined ? 'missing' : `${commit.n}: head ${commit.head.sequenceNumber}, open ${JSON.stringify(commit.open)}, carry ${commit.carry.length}, parked ${commit.parked.length}`}; sessions: ${states.map(({state, pause, stoppedBecause}) => [state, pause, stoppedBecause].join(' ')).join(', ')}`;
      })
      .join('; ');
  }

  #isSettled(partitionId: string): boolean {
    // Only a person can tell what happened, so this is as far as it goes.
    if (partitionId === this.struck && this.#stopped.has(partitionId)) return true;
    const last = this.hub.end(partitionId) - 1;
    if (this.hub.log(partitionId).length === 0) return true;
    const journal = this.blobs.journal(partitionId);
    if (journal === undefined) return this.hub.beginsAt(partitionId) > last;
    const {lineage, n, head, open, deltas, carry, parked} = journal.commit;
    const hasRead = head.sequenceNumber >= last || this.hub.beginsAt(partitionId) > last;
    const isOpen = open.runs.length + open.others.length + carry.length + parked.length > 0;
    if (!hasRead || isOpen) return false;
    const partition = this.partition(partitionId);
    const {namespace, hub, group} = partition;
    const hasPassed = this.progress.get(`${namespace}|${hub}|${group}|${partitionId}`)?.['n'] === n;
    const key = appliedKey(partition, lineage);
    return (
      hasPassed &&
      deltas.every(({id}) => this.#watch.isApplied(this.aggregates, {id, key, n})) &&
      this.blobs.hasDeadLetters(partitionId, journal.commit)
    );
  }

  #send({bodies, rows}: ReturnType<typeof drawTruth>): void {
    for (const row of rows) this.lookup.store(row);
    this.#bodiesLeft = bodies.length;
    for (const body of bodies) {
      this.time.after(body.atMs - this.plan.startMs, () => {
        this.#append(body);
        this.#bodiesLeft -= 1;
      });
    }
  }

  /** Traffic goes on: only a next event shows that those before it have expired. */
  sendLast(): void {
    for (const partitionId of this.hub.partitionIds) {
      this.#append({
        atMs: this.time.nowMs,
        partitionId,
        records: ['malformed'],
        bytes: bytesOf(['malformed']),
      });
    }
  }

  #append(body: PlannedBody): void {
    const {partitionId, bytes} = body;
    const sequenceNumber = this.hub.append(partitionId, {body: bytes, nowMs: this.time.nowMs});
    this.#sent.set(`${partitionId}/${sequenceNumber}`, body);
    const slots = body.records.map((record) => (record === 'malformed' ? record : record.slot));
    this.trace.add(this.time.nowMs, 'hub', `p${partitionId}/${sequenceNumber}: ${slots.join(', ')}`);
  }
}
