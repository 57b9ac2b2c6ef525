import {BlobJournalStore, CosmosDocumentStore, hostOf, WriteGovernor} from '@weir/azure';
import {
  describeFinding,
  progressId,
  type HubFacts,
  type Mark,
  type PartitionFacts,
  type SourcePartition,
} from '@weir/pipeline';
import {
  describeError,
  inspectPartitions,
  isStopped,
  systemClock,
  type Config,
  type Inspection,
} from '@weir/worker';
import {hubConnection} from '../hub-access.ts';
import type {CosmosReady} from './cosmos-checks.ts';
import type {StorageLook} from './storage-checks.ts';
import type {Subject} from './subject.ts';

/** What one partition's journal and fence say, without the journal. */
export interface PartitionSummary {
  readonly partitionId: string;
  readonly state:
    | {readonly kind: 'new'}
    | {readonly kind: 'runs'}
    | {readonly kind: 'stopped'; readonly why: string}
    | {readonly kind: 'not judged'; readonly why: string};
  /** Undefined without a journal. */
  readonly journal:
    | {
        readonly head: Mark;
        readonly resume: Mark;
        /** Documents whose deltas Cosmos DB refuses. */
        readonly parked: readonly {readonly view: string; readonly grain: string; readonly id: string}[];
      }
    | undefined;
  readonly facts: PartitionFacts;
}

/** Journals held at a time: each may take 8 MiB. */
const atATime = 8;
const concurrency = 8;
/** One fence says as much as all of them. */
const fencesMax = 32;
/**
 * A worker reads again for 30 s where a stale read may explain what was found. The doctor looks as often, at shorter
 * intervals: what it then calls stopped may still mend itself, which its words leave open.
 */
const readAgainEveryMsMax = 150;

/** Judges every partition as `weir recover` does; only reads. */
export async function summarizePartitions(
  {config}: Subject,
  {
    hub,
    partitions,
    storage,
    cosmos,
    signal,
  }: {
    hub: HubFacts;
    partitions: ReadonlyMap<string, PartitionFacts>;
    storage: StorageLook;
    cosmos: CosmosReady;
    signal: AbortSignal;
  },
): Promise<PartitionSummary[]> {
  const ports = {
    journal: new BlobJournalStore(storage.container.client),
    progress: progressStore(config, cosmos),
    clock: {
      ...systemClock,
      sleep: (ms: number, until?: AbortSignal) => systemClock.sleep(Math.min(ms, readAgainEveryMsMax), until),
    },
    random: Math.random,
  };
  const sources = sourcesOf(config, partitions.keys());
  const summaries: PartitionSummary[] = [];
  for (let at = 0; at < sources.length; at += atATime) {
    const some = sources.slice(at, at + atATime);
    const settled = await inspectPartitions(some, {
      ports,
      hubCreatedAt: hub.createdAt,
      signal,
      report: () => {},
    });
    for (const [index, answer] of settled.entries()) {
      const {partitionId} = some[index]!;
      const facts = partitions.get(partitionId)!;
      summaries.push(
        answer.status === 'fulfilled'
          ? summaryOf(answer.value, facts)
          : {
              partitionId,
              facts,
              state: {kind: 'not judged', why: describeError(answer.reason)},
              journal: undefined,
            },
      );
    }
  }
  return summaries;
}

/** How many of some partitions have a fence: a worker has run with these documents. */
export async function countFences(
  {config}: Subject,
  {partitionIds, cosmos, signal}: {partitionIds: readonly string[]; cosmos: CosmosReady; signal: AbortSignal},
): Promise<number> {
  const store = progressStore(config, cosmos);
  const answers = await Promise.all(
    sourcesOf(config, partitionIds.slice(0, fencesMax)).map((source) => {
      const id = progressId(source);
      return store.read({id, pk: id}, signal);
    }),
  );
  return answers.filter(({kind}) => kind === 'found').length;
}

function progressStore({cosmos: {database}}: Config, {client}: CosmosReady): CosmosDocumentStore {
  const governor = new WriteGovernor({clock: systemClock, concurrency});
  return new CosmosDocumentStore({client, database, governor, container: 'progress'});
}

function sourcesOf(config: Config, partitionIds: Iterable<string>): SourcePartition[] {
  const namespace = hostOf(hubConnection(config));
  const {hub, consumerGroup: group} = config.eventHubs;
  return [...partitionIds].map((partitionId) => ({namespace, hub, group, partitionId}));
}

function summaryOf(inspection: Inspection, facts: PartitionFacts): PartitionSummary {
  const {partition, claim} = inspection;
  const {partitionId} = partition;
  const commit = claim.journal?.commit;
  const parked = new Map(commit?.parked.map(({delta: {target}}) => [target.id, target]));
  return {
    partitionId,
    facts,
    state: isStopped(inspection)
      ? {kind: 'stopped', why: describeFinding(inspection.state.finding, partitionId)}
      : inspection.state.kind === 'new'
        ? {kind: 'new'}
        : {kind: 'runs'},
    journal: commit && {
      head: commit.head,
      resume: commit.resume,
      parked: [...parked.values()].map(({view, grain, id}) => ({view, grain, id})),
    },
  };
}
