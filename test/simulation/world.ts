import type {SourcePartition} from '@weir/pipeline';
import type {Trouble} from '../../packages/worker/src/trouble.ts';
import {Violations} from './checks.ts';
import type {Deployment} from './deployment.ts';
import {explains} from './disaster.ts';
import {drawTruth} from './draw-truth.ts';
import {Incident} from './incident.ts';
import {Ownership} from './ownership.ts';
import type {RunPlan} from './plan.ts';
import {SimulatedProcess, type Pause} from './process.ts';
import {ProtocolWatch} from './protocol-watch.ts';
import {Random} from './random.ts';
import {ServiceCalls} from './service-calls.ts';
import {isSettled} from './settled.ts';
import {SimulatedBlobs} from './simulated-blobs.ts';
import {SimulatedDocuments} from './simulated-documents.ts';
import {SimulatedHub} from './simulated-hub.ts';
import {SimulatedLookup} from './simulated-lookup.ts';
import {SimulatedOperator} from './simulated-operator.ts';
import {SimulatedWorker} from './simulated-worker.ts';
import type {Trace} from './trace.ts';
import {bytesOf, isHalf, type PlannedBody, type TrueRecord, type Truth} from './truth.ts';
import {VirtualTime} from './virtual-time.ts';

/** All services of one run and the workers that use them. */
export class World {
  readonly plan: RunPlan;
  readonly trace: Trace;
  readonly violations = new Violations();
  readonly time: VirtualTime;
  readonly calls: ServiceCalls;
  readonly hub: SimulatedHub;
  readonly aggregates: SimulatedDocuments;
  readonly progress: SimulatedDocuments;
  readonly lookup: SimulatedLookup;
  readonly deployments: [first: Deployment, second?: Deployment];
  readonly troubles = new Map<string, number>();
  /** Those begun so far. */
  readonly pauses: Pause[] = [];
  readonly incident: Incident;
  readonly watch: ProtocolWatch;
  readonly operator: SimulatedOperator;
  /** What each process reported last; a repeat is not worth a line. */
  readonly #reported = new Map<SimulatedProcess, string>();
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
    this.incident = new Incident(plan);
    const watch = (this.watch = new ProtocolWatch({
      violations: this.violations,
      plan,
      nowMs: () => this.time.nowMs,
      circumstances: this.incident,
    }));
    this.aggregates = new SimulatedDocuments(this.violations, (before, after) =>
      watch.aggregate(before, after),
    );
    this.progress = new SimulatedDocuments(this.violations, (before, after) => watch.fence(before, after));
    this.lookup = new SimulatedLookup(plan.lookupClockOffsetMs);
    this.deployments = [this.#newDeployment('first')];
    this.#workers = Array.from({length: plan.workers}, () => undefined);
    this.operator = new SimulatedOperator(this);
    this.operator.start();
    this.#send(drawTruth(plan, new Random(seed, 'truth')));
    for (let place = 0; place < plan.workers; place++) this.boot(place);
  }

  /** The storage that events are counted from. */
  get blobs(): SimulatedBlobs {
    return this.deployments[0].blobs;
  }

  /** The other deployment, while it runs. */
  get second(): Deployment | undefined {
    return this.deployments[1];
  }

  /** Begins a second deployment of one worker, with storage of its own. */
  deployAgain(): Deployment {
    const second = this.#newDeployment('second');
    this.deployments[1] = second;
    return second;
  }

  /** Whoever runs the second deployment has found out, and ends it. */
  endSecond(): void {
    this.deployments.pop();
    this.#workers[this.plan.workers]?.crash();
    this.#workers[this.plan.workers] = undefined;
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

  /** @param generation of the hub */
  recordsOf(
    partitionId: string,
    {generation, sequenceNumber}: {generation: number; sequenceNumber: number},
  ): readonly TrueRecord[] {
    return this.#sent.get(`${generation}/${partitionId}/${sequenceNumber}`)?.records ?? [];
  }

  /** Starts a fresh process in a place whose process is gone. The place behind the plan's is the second deployment's. */
  boot(place: number): void {
    if (this.#workers[place]?.isAlive === true) return;
    const deployment = place < this.plan.workers ? this.deployments[0] : this.second;
    if (deployment === undefined) return;
    const {seed, workerClockOffsetMaxMs} = this.plan;
    const name = `w${place}.${this.#incarnations++}`;
    const random = new Random(seed, `process ${name}`);
    const process = new SimulatedProcess(
      name,
      random.between(-workerClockOffsetMaxMs, workerClockOffsetMaxMs),
    );
    this.trace.add(this.time.nowMs, name, 'starts');
    this.#workers[place] = new SimulatedWorker(this, process, {random, deployment});
  }

  /** Ends every process, so that nothing of the run outlives it. */
  dispose(): void {
    for (const worker of this.#workers) worker?.crash();
    this.operator.dispose();
  }

  at(place: number): SimulatedWorker | undefined {
    return this.#workers[place];
  }

  onTrouble(
    process: SimulatedProcess,
    deployment: Deployment,
    {kind, message, layer, partitionId}: Trouble,
  ): void {
    this.troubles.set(kind, (this.troubles.get(kind) ?? 0) + 1);
    if (this.#reported.get(process) !== message)
      this.trace.add(this.time.nowMs, process.name, `reports ${layer} ${kind}: ${message}`);
    this.#reported.set(process, message);
    if (kind === 'stopped' && partitionId !== undefined) {
      const {incident, violations} = this;
      const journal = deployment.blobs.journal(partitionId) === undefined ? 'missing' : 'there';
      incident.stop(deployment, partitionId);
      violations.check(incident.isStruck(partitionId), () => `p${partitionId} is stopped: ${message}`);
      violations.check(
        explains(incident.disaster, {partitionId, message, journal}),
        () => `p${partitionId} does not say what stopped it (${incident.disaster}): ${message}`,
      );
    }
    this.violations.check(kind !== 'bug', () => `${process.name} reports a bug: ${message}`);
  }

  /** Whether every event has been read, settled, committed and applied. */
  get isQuiet(): boolean {
    if (this.#bodiesLeft > 0) return false;
    return this.hub.partitionIds.every((partitionId) => isSettled(this, partitionId));
  }

  /** Why the run is not over, for a person. */
  describe(): string {
    return this.hub.partitionIds
      .filter((partitionId) => !isSettled(this, partitionId))
      .map((partitionId) => {
        const commit = this.blobs.journal(partitionId)?.commit;
        const states = this.workers
          .flatMap(({sessions}) => [...sessions])
          .filter((session) => session.partitionId === partitionId);
        return `p${partitionId} ends at ${this.hub.end(partitionId) - 1}; journal ${commit === undefined ? 'missing' : `${commit.n}: head ${commit.head.sequenceNumber}, open ${JSON.stringify(commit.open)}, carry ${commit.carry.length}, parked ${commit.parked.length}`}; sessions: ${states.map(({state, pause, stoppedBecause}) => [state, pause, stoppedBecause].join(' ')).join(', ')}`;
      })
      .join('; ');
  }

  #newDeployment(name: Deployment['name']): Deployment {
    const {violations, incident, watch, aggregates} = this;
    const blobs = new SimulatedBlobs({
      name,
      violations,
      watch: (partition, before, after) => watch.journal(partition, {before, after, aggregates}),
      // An older journal that is taken for right counts on from its own number.
      mayDiffer: (partitionId) => incident.isAdopted(partitionId),
    });
    return {name, blobs, ownership: new Ownership(this.plan.ownershipExpiryMs)};
  }

  #send({bodies, rows}: Truth): void {
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
    this.#sent.set(`${this.hub.generation}/${partitionId}/${sequenceNumber}`, body);
    const slots = body.records.map((record) => {
      if (record === 'malformed') return record;
      return isHalf(record) ? `${record.part} of ${record.call.slot}` : record.slot;
    });
    this.trace.add(this.time.nowMs, 'hub', `p${partitionId}/${sequenceNumber}: ${slots.join(', ')}`);
  }
}
