import {
  LookupJoin,
  mergeInto,
  PartitionPipeline,
  startMark,
  stateAppliedKey,
  type AggregateDelta,
  type Commit,
  type DeltaMap,
  type PartitionPipelineOptions,
  type ReceivedEvent,
  type SourcePartition,
} from '@weir/pipeline';
import {diagnosticsRow} from '../../../../pipeline/src/event-fixture.ts';
import {pipelineOptions} from '../../../../pipeline/src/partition-pipeline-fixture.ts';
import {DocumentWriter} from '../../../../worker/src/apply/document-writer.ts';
import {Committer} from '../../../../worker/src/partition/committer.ts';
import type {WorkerPorts} from '../../../../worker/src/ports.ts';
import {readClaim} from '../../../../worker/src/recover/claim.ts';
import {settings} from '../compare/window-fixture.ts';

const {retentionMs} = settings;
const {signal} = new AbortController();
const report = (): void => {};

/** Counts at arrival and once the model is known, at two grains that are carried. */
export function countingOptions(): PartitionPipelineOptions {
  return pipelineOptions({
    views: [
      {name: 'usage', on: 'arrival', groupBy: ['region'], windows: ['5m', '1h'], shards: 1},
      {name: 'latency', on: 'resolved', groupBy: ['model'], windows: ['5m', '1h'], shards: 1},
    ],
    refreshMs: {'5m': 30_000, '1h': 60_000, '1d': 0},
    join: new LookupJoin({rowsAheadMax: 100, deadlineMs: 600_000, sweepIntervalMs: 60_000}),
  });
}

/** For tests: one partition as a worker has it, with its commits and documents by the worker's own code. */
export class LivePartition {
  readonly #ports: WorkerPorts;
  readonly #partition: SourcePartition;
  readonly #log: readonly ReceivedEvent[];
  readonly #options = {current: countingOptions()};
  #pipeline: PartitionPipeline | undefined;
  #committer: Committer | undefined;
  #read = 0;
  readonly #applied: Commit[] = [];

  constructor(options: {ports: WorkerPorts; partition: SourcePartition; log: readonly ReceivedEvent[]}) {
    this.#ports = options.ports;
    this.#partition = options.partition;
    this.#log = options.log;
  }

  /** A new owner; the one before goes on with what it has sent, if it has. */
  async claim(): Promise<void> {
    const claim = await readClaim({ports: this.#ports, partition: this.#partition, signal, report});
    const committer = new Committer({
      ports: this.#ports,
      partition: this.#partition,
      writer: new DocumentWriter({ports: this.#ports, retentionMs, report}),
      signal,
      report,
      progress: () => ({watermarks: {arrivalMs: 0, resolvedMs: 0}, lagMs: 0, owner: 'a worker', nowMs: 0}),
      recovered: {etag: claim.journal?.etag, fence: claim.fence},
    });
    const commit = claim.journal?.commit;
    if (commit !== undefined && (await committer.apply(commit)).kind !== 'done') return this.claim();
    this.#options.current = countingOptions();
    this.#pipeline = new PartitionPipeline(
      this.#options.current,
      commit === undefined
        ? {kind: 'new', lineage: this.#ports.newId(), hubCreatedAt: 'then', at: startMark}
        : {kind: 'recovered', commit},
    );
    this.#committer = committer;
    this.#read = (commit?.resume.sequenceNumber ?? -1) + 1;
  }

  read(count: number): void {
    const batch = this.#log.slice(this.#read, this.#read + count);
    this.#pipeline?.receive(batch);
    this.#read += batch.length;
    if (this.#pipeline?.isRereading === false) this.#pipeline.takeLost(0);
  }

  get readCount(): number {
    return this.#read;
  }

  /** Diagnostics of everything that waits are found. */
  sweep(): void {
    if (this.#pipeline !== undefined) sweepAll(this.#options.current.join, this.#pipeline);
  }

  /** @returns whether there was anything to commit; the partition must be claimed again where it was lost */
  async commit(carries: 'as due' | 'hand over'): Promise<'committed' | 'nothing' | 'lost'> {
    const [pipeline, committer] = [this.#pipeline!, this.#committer!];
    const taken = pipeline.takeCommit({
      nowMs: this.#ports.clock.now(),
      author: this.#ports.newId(),
      carries,
    });
    if (taken === undefined) return 'nothing';
    const written = await committer.write(taken);
    if (written.kind !== 'done') return 'lost';
    if ((await committer.apply(taken.commit)).kind !== 'done') return 'lost';
    this.#applied.push(taken.commit);
    return 'committed';
  }

  /** An owner that was paused behind the fence of a commit applies it once more, long after. */
  async applyLate(chance: () => number): Promise<void> {
    const commit = this.#applied[Math.floor(chance() * this.#applied.length)];
    if (commit === undefined) return;
    const {lineage, n, deltas} = commit;
    const writer = new DocumentWriter({ports: this.#ports, retentionMs, report});
    const source = stateAppliedKey(this.#partition, lineage);
    await Promise.all(deltas.map((delta) => writer.add(delta.target, {source, n, delta}, signal)));
  }
}

/** What these events come to, each partition by itself. */
export function counted(logs: readonly (readonly ReceivedEvent[])[]): AggregateDelta[] {
  const sum: DeltaMap = new Map();
  for (const log of logs) {
    const options = countingOptions();
    const pipeline = new PartitionPipeline(options, {
      kind: 'new',
      lineage: '',
      hubCreatedAt: '',
      at: startMark,
    });
    pipeline.receive(log);
    sweepAll(options.join, pipeline);
    const taken = pipeline.takeCommit({nowMs: 0, author: '', carries: 'hand over'});
    for (const delta of taken?.commit.deltas ?? []) mergeInto(sum, delta);
  }
  return [...sum.values()];
}

function sweepAll(join: LookupJoin, pipeline: PartitionPipeline): void {
  const slots = join.due(pipeline.waiting, {enqueuedUntilMs: Infinity, nowMs: Infinity, max: 1_000});
  if (slots.length === 0) return;
  const rows = join.ask(slots).ids.map((requestId) => diagnosticsRow({requestId, model: modelOf(requestId)}));
  join.swept(slots, rows, 0, 0);
}

/** Which model served a request. */
export function modelOf(requestId: string): string {
  return requestId.endsWith('0') ? 'gpt-35' : 'gpt-4o';
}
