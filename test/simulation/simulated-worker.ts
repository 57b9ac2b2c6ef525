import {builtInShapes, createDecoder, type SourcePartition} from '@weir/pipeline';
import {Worker} from '../../packages/worker/src/worker.ts';
import type {PartitionSession} from '../../packages/worker/src/partition/partition-session.ts';
import type {Deployment} from './deployment.ts';
import type {SimulatedProcess} from './process.ts';
import type {Random} from './random.ts';
import {SimulatedLease} from './simulated-lease.ts';
import {portsOf} from './simulated-ports.ts';
import {simulationShape} from './simulation-shape.ts';
import type {World} from './world.ts';

const shapes = [simulationShape, ...builtInShapes];
const decoder = createDecoder({shapes});
const estimatingDecoder = createDecoder({shapes, texts: 'kept'});
/** What SIGTERM leaves for applying, as DESIGN.md has it. */
const handOverMs = 20_000;
/** A new link takes the old one's place this soon, or the old one goes on until its owner notices. */
const stealDelayMs = 400;

/** One process of Weir: the real worker on simulated ports, with a source that claims, renews and loses partitions. */
export class SimulatedWorker {
  readonly process: SimulatedProcess;
  readonly deployment: Deployment;
  readonly worker: Worker;
  readonly #world: World;
  readonly #random: Random;
  readonly #leases = new Map<string, SimulatedLease>();
  readonly #claiming = new Set<string>();
  #isDraining = false;
  #isStopped = false;

  constructor(
    world: World,
    process: SimulatedProcess,
    {random, deployment}: {random: Random; deployment: Deployment},
  ) {
    this.process = process;
    this.deployment = deployment;
    this.#world = world;
    this.#random = random;
    const {plan} = world;
    this.worker = new Worker({
      ports: portsOf(world, process, {random, blobs: deployment.blobs}),
      settings: {
        partition: {
          views: plan.views,
          assign: plan.assign,
          mergeWaitMs: plan.mergeWaitMs,
          refreshMs: plan.refreshMs,
          retentionMs: plan.retentionMs,
          decoder: plan.waitsForEstimates ? estimatingDecoder : decoder,
          commitBytesMax: plan.commitBytesMax,
          parkedDocumentsMax: plan.parkedDocumentsMax,
          waitingMax: plan.waitingMax,
          ownershipIntervalMs: plan.ownershipIntervalMs,
          // As a pod's name is: the same after a restart.
          owner: process.name.split('.')[0] ?? '',
          startsAtTime: false,
        },
        dedupe: {horizonMs: plan.horizonMs, idsMax: 1_000_000},
        lookup: {...plan.join, sweepAfterDefaultMs: {withFeed: 15_000, withoutFeed: 6_000}},
        flushIntervalMs: plan.flushIntervalMs,
      },
      report: (trouble) => world.onTrouble(process, deployment, trouble),
      workers: () => Math.max(1, deployment.ownership.counts(world.time.nowMs).size),
      partitionCount: () => plan.partitions,
    });
    this.worker.start();
    this.#round();
  }

  get isAlive(): boolean {
    return !this.process.isCrashed && !this.#isStopped;
  }

  get sessions(): Iterable<PartitionSession> {
    return this.worker.sessions;
  }

  get leases(): Iterable<SimulatedLease> {
    return this.#leases.values();
  }

  /** Memory goes; calls under way reach their services all the same. */
  crash(): void {
    this.process.crash();
    // Its session is gone; what the ownership list says stays until it lapses.
    this.#leases.clear();
  }

  /** What SIGTERM does. */
  async stop(): Promise<void> {
    if (this.#isDraining) return;
    this.#isDraining = true;
    await this.worker.handOver(handOverMs);
    this.#isStopped = true;
    for (const lease of this.#leases.values()) lease.end('closing', 'The source is closing.');
    await this.worker.stop();
    this.process.crash();
  }

  /** Takes a partition from whoever has it. */
  claim(partitionId: string): void {
    const {time, plan} = this.#world;
    const {ownership} = this.deployment;
    if (!this.isAlive || this.#isDraining || this.#claiming.has(partitionId)) return;
    this.#world.trace.add(time.nowMs, this.process.name, `claims p${partitionId}`);
    ownership.claim(partitionId, this.process.name, time.nowMs);
    this.#claiming.add(partitionId);
    const partition = this.#world.partition(partitionId);
    const claimedMs = time.nowMs;
    const timeUp = new AbortController();
    time.after(plan.ownershipExpiryMs / 4, () => timeUp.abort(), this.process);
    this.worker
      .beforeClaim(partition, timeUp.signal)
      .then((claim) => this.#attach(partition, claim, claimedMs))
      .catch(() => ownership.release(partitionId, this.process.name)) // as the source does: claimed again in a later round
      .finally(() => this.#claiming.delete(partitionId));
  }

  #attach(
    partition: SourcePartition,
    {start, prelude}: Awaited<ReturnType<Worker['beforeClaim']>>,
    claimedMs: number,
  ): void {
    const {partitionId} = partition;
    const {time, hub, plan} = this.#world;
    const {ownership} = this.deployment;
    this.#leases.get(partitionId)?.end('failed', 'A newer claim of this partition replaced it.');
    if (!this.isAlive) return;
    this.process.claimedMs.set(partitionId, claimedMs);
    const lease = new SimulatedLease({
      partition,
      prelude,
      start,
      process: this.process,
      hub,
      time,
      random: this.#random,
      batchMax: plan.batchMax,
      maxWaitMs: plan.maxWaitMs,
      latencyMs: plan.latencyMs,
      isOwned: () => ownership.isOwner(partitionId, this.process.name),
      onEnd: () => this.#ended(partitionId, lease),
    });
    this.#leases.set(partitionId, lease);
    const before = ownership.attach(partitionId, lease);
    if (before !== undefined && !before.signal.aborted && before.process !== this.process) {
      const isLeftAlone = this.#world.calls.hasFaults && this.#random.chance(0.5);
      if (!isLeftAlone)
        time.after(
          this.#random.next() * stealDelayMs,
          () => before.end('stolen', 'The link was taken.'),
          before.process,
        );
    }
    this.worker.onLease(lease);
  }

  #ended(partitionId: string, lease: SimulatedLease): void {
    if (this.#leases.get(partitionId) !== lease) return;
    this.#leases.delete(partitionId);
    this.#world.trace.add(
      this.#world.time.nowMs,
      this.process.name,
      `lease of p${partitionId} ended: ${String(lease.signal.reason)}`,
    );
    if (!this.#claiming.has(partitionId)) this.deployment.ownership.release(partitionId, this.process.name);
  }

  /** One round of load balancing, and the next one later. */
  #round(): void {
    const {time, plan, calls} = this.#world;
    const {ownership} = this.deployment;
    if (this.#isStopped) return;
    for (const [partitionId, lease] of this.#leases) {
      if (ownership.isOwner(partitionId, this.process.name)) ownership.renew(partitionId, time.nowMs);
      else if (!calls.hasFaults || this.#random.chance(0.7))
        lease.end('lost', 'Another worker owns the partition.');
    }
    if (!this.#isDraining) this.#claimFree();
    time.after(
      plan.ownershipIntervalMs * (0.7 + 0.6 * this.#random.next()),
      () => this.#round(),
      this.process,
    );
  }

  #claimFree(): void {
    const {time, hub} = this.#world;
    const {ownership} = this.deployment;
    for (const partitionId of hub.partitionIds) {
      const isForgotten = ownership.isOwner(partitionId, this.process.name) && !this.#leases.has(partitionId);
      if (ownership.isFree(partitionId, time.nowMs) || isForgotten) return this.claim(partitionId);
    }
    const counts = ownership.counts(time.nowMs);
    const mine = counts.get(this.process.name)?.length ?? 0;
    for (const [, theirs] of counts) {
      const [first] = theirs;
      if (theirs.length > mine + 1 && first !== undefined) return this.claim(first);
    }
  }
}
