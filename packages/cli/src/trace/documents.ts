import {CosmosDocumentStore, createCosmosClient, WriteGovernor} from '@weir/azure';
import {
  progressId,
  type DocumentRead,
  type DocumentStore,
  type DocumentTarget,
  type SourcePartition,
} from '@weir/pipeline';
import {lazyIdentity, systemClock, type Config} from '@weir/worker';

/** What Cosmos DB says of one document. */
export type DocumentState =
  | {readonly kind: 'there'; readonly requests: number; readonly updatedAt: string}
  | {readonly kind: 'missing'}
  | {readonly kind: 'not asked'}
  | {readonly kind: 'no answer'; readonly cause: string};

/** How far a worker has read a partition; undefined: no worker has, or it is not known. */
export interface ReadUpTo {
  readonly sequenceNumber: number;
  readonly updatedAt: string;
}

/** Reads aggregates and progress. */
export interface Documents {
  state(target: DocumentTarget): Promise<DocumentState>;
  readUpTo(partition: SourcePartition): Promise<ReadUpTo | undefined>;
  close(): void;
}

export const noDocuments: Documents = {
  state: async () => ({kind: 'not asked'}),
  readUpTo: async () => undefined,
  close: () => {},
};

/** Of Cosmos DB; makes and changes nothing. @throws {CosmosConfigurationError} */
export function openDocuments(config: Config, signal: AbortSignal): Documents {
  const {endpoint, key, database, container, concurrency} = config.cosmos;
  const credential = key === undefined ? {token: lazyIdentity()()} : {key};
  const client = createCosmosClient({endpoint, credential});
  const governor = new WriteGovernor({clock: systemClock, concurrency});
  const aggregates = new CosmosDocumentStore({client, database, governor, container});
  const progress = new CosmosDocumentStore({client, database, governor, container: 'progress'});
  return {
    state: async ({id, pk}) => stateOf(await read(aggregates, {id, pk}, signal)),
    async readUpTo(partition) {
      const id = progressId(partition);
      const answer = await read(progress, {id, pk: id}, signal);
      if (answer.kind !== 'found') return undefined;
      const {headSequenceNumber, updatedAt} = answer.document;
      return {sequenceNumber: Number(headSequenceNumber), updatedAt: String(updatedAt)};
    },
    close: () => client.dispose(),
  };
}

const tries = 3;
const retryMs = 1_000;
const retryAfterMsMax = 5_000;

async function read(
  store: DocumentStore,
  key: {id: string; pk: string},
  signal: AbortSignal,
): Promise<DocumentRead> {
  for (let tried = 1; ; tried += 1) {
    const answer = await store.read(key, signal);
    if (answer.kind === 'found' || answer.kind === 'missing' || tried === tries) return answer;
    await systemClock.sleep(Math.min(answer.retryAfterMs ?? retryMs, retryAfterMsMax), signal);
  }
}

function stateOf(answer: DocumentRead): DocumentState {
  switch (answer.kind) {
    case 'found': {
      const {requests, updatedAt} = answer.document;
      return {kind: 'there', requests: Number(requests), updatedAt: String(updatedAt)};
    }
    case 'missing':
      return answer;
    case 'throttled':
      return {kind: 'no answer', cause: 'throttled'};
    case 'unavailable':
      return {kind: 'no answer', cause: answer.cause};
  }
}
