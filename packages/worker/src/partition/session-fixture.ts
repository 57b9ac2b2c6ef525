import {
  builtInShapes,
  createDecoder,
  decodeCommit,
  LookupJoin,
  type Commit,
  type PartitionFacts,
} from '@weir/pipeline';
import {settle, VirtualClock} from '../../../azure/src/cosmos/virtual-clock.ts';
import {DocumentWriter} from '../apply/document-writer.ts';
import {noonMs, reports} from '../commit-fixture.ts';
import {InMemoryDocuments, InMemoryJournal, partition} from '../in-memory-ports.ts';
import type {TokenEstimator, WorkerPorts} from '../ports.ts';
import {readClaim} from '../recover/claim.ts';
import {HandedLease} from './lease-fixture.ts';
import {GapMemory} from './gap-memory.ts';
import {PartitionSession} from './partition-session.ts';
import type {PartitionSettings} from './settings.ts';

const retentionMs = {'5m': undefined, '1h': undefined, '1d': undefined};

export const partitionSettings: PartitionSettings = {
  views: [
    {name: 'usage', on: 'arrival', groupBy: ['region'], windows: ['5m'], shards: 1},
    {name: 'latency', on: 'resolved', groupBy: ['region'], windows: ['5m'], shards: 1},
  ],
  assign: {earlyMaxMs: 300_000, lateMaxMs: undefined, beyond: 'deadLetter'},
  dedupe: {horizonMs: 10_000, idsMax: 1_000},
  mergeWaitMs: 120_000,
  refreshMs: {'5m': 0, '1h': 0, '1d': 0},
  retentionMs,
  decoder: createDecoder({shapes: builtInShapes}),
  commitBytesMax: 1_000_000,
  parkedDocumentsMax: 2,
  waitingMax: 1_000,
  ownershipIntervalMs: 10_000,
  owner: 'worker-1',
  startsAtTime: false,
};

/** For tests: everything outside one partition's session, in memory, and sessions on it one after another. */
export class SessionWorld {
  readonly clock = new VirtualClock();
  readonly journal = new InMemoryJournal();
  readonly aggregates = new InMemoryDocuments();
  readonly progress = new InMemoryDocuments();
  readonly deadLetters = new Map<string, string>();
  readonly checkpoints: number[] = [];
  readonly hubFacts = {createdAt: 'then', partitionIds: ['3']};
  readonly partitionFacts: PartitionFacts = {
    beginningSequenceNumber: 0,
    lastEnqueuedSequenceNumber: -1,
    lastEnqueuedOffset: '-1',
    lastEnqueuedTimeMs: 0,
    isEmpty: true,
  };
  readonly told = reports();
  readonly gaps = new GapMemory();
  readonly join = new LookupJoin({
    rowsAheadMax: 100,
    deadlineMs: 600_000,
    sweepIntervalMs: 60_000,
  });
  #ids = 0;

  readonly ports: WorkerPorts = {
    clock: this.clock,
    random: () => 0.5,
    newId: () => `id${(this.#ids += 1)}`.padEnd(32, '0'),
    journal: this.journal,
    deadLetters: {
      write: async (_, {lineage, n, bytes}) => {
        this.deadLetters.set(`${lineage}/${n}`, Buffer.from(bytes).toString());
        return {kind: 'written'};
      },
    },
    checkpoints: {
      write: async (_, {sequenceNumber}) => {
        this.checkpoints.push(sequenceNumber);
        return {kind: 'written'};
      },
    },
    aggregates: this.aggregates,
    progress: this.progress,
    diagnostics: {
      slice: async () => ({kind: 'unavailable', cause: 'a test'}),
      byIds: async () => ({kind: 'unavailable', cause: 'a test'}),
      serviceNow: async () => ({kind: 'unavailable', cause: 'a test'}),
    },
    hub: {hubFacts: async () => this.hubFacts, partitionFacts: async () => this.partitionFacts},
    estimator: {estimate: (calls, signal) => this.estimate(calls, signal)},
  };
  /** What was said is not counted, unless a test does. */
  estimate: TokenEstimator['estimate'] = async () => [];

  /** Claims the partition. The session runs once a first batch is delivered. */
  async claim(
    changes: Partial<PartitionSettings> = {},
  ): Promise<{session: PartitionSession; lease: HandedLease; running: Promise<void>}> {
    const {ports, join} = this;
    const {report} = this.told;
    if (this.clock.now() === 0) await this.clock.advance(noonMs);
    const prelude = await readClaim({ports, partition, signal: new AbortController().signal, report});
    const lease = new HandedLease(prelude);
    const session = new PartitionSession({
      ports,
      settings: {...partitionSettings, ...changes},
      lease,
      join,
      writer: new DocumentWriter({ports, retentionMs, report}),
      report,
      observer: undefined,
      gaps: this.gaps,
      onReadable: () => {},
    });
    return {session, lease, running: session.run()};
  }

  /** Lets a flush run to its end. */
  async flush(session: PartitionSession): Promise<void> {
    await settle();
    session.flush();
    await this.clock.advance(1_000);
  }

  commit(): Commit {
    return decodeCommit(this.journal.get() ?? new Uint8Array());
  }

  /** Requests by view in the documents. */
  requests(): Record<string, number> {
    const requests: Record<string, number> = {};
    for (const document of this.aggregates.all()) {
      const view = String(document['view']);
      requests[view] = (requests[view] ?? 0) + Number(document['requests']);
    }
    return requests;
  }
}
