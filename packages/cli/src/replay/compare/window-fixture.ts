import {
  addContributions,
  builtInShapes,
  createDecoder,
  encodeCommit,
  formatAggregate,
  newAggregate,
  noneOpen,
  progressDocument,
  stateAppliedKey,
  type AggregateDelta,
  type Commit,
  type PartitionFacts,
  type ReceivedEvent,
} from '@weir/pipeline';
import {VirtualClock} from '../../../../azure/src/cosmos/virtual-clock.ts';
import {noRecords} from '../../../../pipeline/src/read/record-counts.ts';
import {commit, delta, noonMs} from '../../../../worker/src/commit-fixture.ts';
import {InMemoryDocuments, InMemoryJournal, partition} from '../../../../worker/src/in-memory-ports.ts';
import type {ReplayedWindow} from '../replayed-window.ts';
import type {CompareOptions} from './comparing.ts';
import type {WindowPorts, WindowSettings} from './window-ports.ts';

export const windowMs = {fromMs: noonMs, untilMs: noonMs + 600_000};

/** One view, 5 minutes, by region. */
export const settings: WindowSettings = {
  source: {namespace: partition.namespace, hub: partition.hub, group: partition.group},
  views: [{name: 'usage', on: 'arrival', groupBy: ['region'], windows: ['5m'], shards: 1}],
  decoder: createDecoder({shapes: builtInShapes}),
  assign: {earlyMaxMs: 300_000, lateMaxMs: undefined, beyond: 'deadLetter'},
  retentionMs: {'5m': undefined, '1h': undefined, '1d': undefined},
};

/** A mark whose event was enqueued a second for each number after noon. */
export function mark(sequenceNumber: number): {
  sequenceNumber: number;
  offset: string;
  enqueuedTimeMs: number;
} {
  return {sequenceNumber, offset: '', enqueuedTimeMs: noonMs + sequenceNumber * 1000};
}

/** For tests: the services of one partition, 3, in memory. */
export class WindowWorld {
  readonly clock = new VirtualClock();
  readonly aggregates = new InMemoryDocuments();
  readonly progress = new InMemoryDocuments();
  readonly journal = new InMemoryJournal();
  /** The hub's log of partition 3, in order. */
  readonly log: ReceivedEvent[] = [];
  readonly signal = new AbortController().signal;
  readonly told: string[] = [];
  readonly report = ({message}: {message: string}): void => void this.told.push(message);
  readonly settings = settings;

  readonly ports: WindowPorts = {
    clock: this.clock,
    random: () => 0.5,
    aggregates: this.aggregates,
    progress: this.progress,
    windows: {
      page: async ({pk, view, grain, fromMs, untilMs}) => {
        const wanted = this.aggregates.all().filter((document) => {
          const startMs = Date.parse(String(document['windowStart']));
          const isOfKey = document.pk === pk && document['view'] === view && document['grain'] === grain;
          return isOfKey && startMs >= fromMs && startMs < untilMs;
        });
        const documents = [];
        for (const document of wanted) {
          const read = await this.aggregates.read(document);
          if (read.kind === 'found') documents.push({etag: read.etag, document: read.document});
        }
        return {kind: 'page', documents, continuation: undefined};
      },
    },
    journal: Object.assign(this.journal, {
      partitionIds: async () => (this.journal.get() === undefined ? [] : [partition.partitionId]),
    }),
    hub: {
      hubFacts: async () => ({createdAt: 'then', partitionIds: [partition.partitionId]}),
      partitionFacts: async () => this.facts(),
      events: (_, {from, through}) => {
        const wanted = this.log.filter(
          ({sequenceNumber, enqueuedTimeMs}) =>
            sequenceNumber <= through &&
            ('sequenceNumber' in from
              ? sequenceNumber >= from.sequenceNumber
              : enqueuedTimeMs >= from.enqueuedFromMs),
        );
        return batches(wanted);
      },
    },
  };

  get options(): CompareOptions {
    const {ports, settings: given, signal, report} = this;
    return {ports, settings: given, signal, report};
  }

  facts(): PartitionFacts {
    const last = this.log.at(-1);
    return {
      beginningSequenceNumber: this.log[0]?.sequenceNumber ?? 0,
      lastEnqueuedSequenceNumber: last?.sequenceNumber ?? -1,
      lastEnqueuedOffset: '',
      lastEnqueuedTimeMs: last?.enqueuedTimeMs ?? 0,
      isEmpty: last === undefined,
    };
  }

  /** What stands in a document, counted by this partition. */
  hold(
    counted: AggregateDelta,
    {n = 1, changes = {}}: {n?: number; changes?: Record<string, number | string>} = {},
  ): void {
    const state = newAggregate(counted.target);
    addContributions(state, [{source: stateAppliedKey(partition, 'lineage1'), n, delta: counted}]);
    this.aggregates.put({...formatAggregate(state, {nowMs: 0, retentionMs: undefined}), ...changes});
  }

  /** The partition's journal and, unless told otherwise, its fence. */
  stand(fields: Partial<Commit> = {}, fence: Partial<Commit> = {}): void {
    const standing = commit({n: 5, head: mark(9), open: noneOpen, ...fields});
    this.journal.put(encodeCommit(standing));
    const progress = {watermarks: standing.watermarks, lagMs: 0, owner: 'worker-1', nowMs: 0};
    this.progress.put(progressDocument(partition, {...standing, ...fence}, progress));
  }
}

async function* batches(events: readonly ReceivedEvent[]): AsyncGenerator<readonly ReceivedEvent[]> {
  yield events;
}

/** A replay that has read events 0 to `last`. */
export function replayed(
  deltas: readonly AggregateDelta[],
  fields: Partial<ReplayedWindow> & {last?: number} = {},
): ReplayedWindow {
  const {last = 9, ...rest} = fields;
  return {
    ...windowMs,
    documents: new Map(deltas.map((one) => [one.target.id, one])),
    read: new Map([[partition.partitionId, {first: mark(0), last: mark(last)}]]),
    undecided: 0,
    counts: noRecords(),
    ...rest,
  };
}

/** So many requests that succeeded, of one region and window. */
export function requestsOf(
  count: number,
  {region = 'eastus2', windowStartMs = noonMs}: {region?: string; windowStartMs?: number} = {},
): AggregateDelta {
  const counted = delta(count, {region, windowStartMs});
  counted.measures.succeeded = count;
  counted.measures.requestsTokensUnknown = count;
  return counted;
}
