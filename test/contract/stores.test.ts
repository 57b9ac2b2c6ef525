import {
  BlobJournalStore,
  CosmosDocumentStore,
  createBlobContainer,
  createCosmosClient,
  prepareCosmos,
  WriteGovernor,
} from '@weir/azure';
import {CosmosEmulator, startAzurite} from '@weir/emulators';
import {systemClock} from '@weir/worker';
import {InMemoryDocuments, InMemoryJournal} from '../../packages/worker/src/in-memory-ports.ts';
import {Violations} from '../simulation/checks.ts';
import {SimulatedBlobs} from '../simulation/simulated-blobs.ts';
import {SimulatedDocuments} from '../simulation/simulated-documents.ts';
import {documentStoreContract} from './document-store-contract.ts';
import {journalStoreContract} from './journal-store-contract.ts';

async function close(): Promise<void> {}

function stopIfFired(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new DOMException('The operation was aborted.', 'AbortError');
}

documentStoreContract('Cosmos DB', async () => {
  const emulator = await CosmosEmulator.start();
  const client = createCosmosClient({endpoint: emulator.endpoint, credential: {key: emulator.key}});
  await prepareCosmos({client, database: 'weir'});
  const governor = new WriteGovernor({clock: systemClock});
  return {
    store: new CosmosDocumentStore({client, database: 'weir', container: 'aggregates', governor}),
    close: async () => {
      client.dispose();
      await emulator.close();
    },
  };
});

documentStoreContract('in memory', () => ({store: new InMemoryDocuments(), close}));

documentStoreContract('simulated', () => {
  const documents = new SimulatedDocuments(new Violations(), () => {});
  return {
    store: {
      read: async (key, signal) => {
        stopIfFired(signal);
        return documents.read(key, 0, undefined);
      },
      write: async (document, ifMatch, signal) => {
        stopIfFired(signal);
        return documents.write(document, ifMatch, 0);
      },
    },
    close,
  };
});

journalStoreContract('Blob storage', async () => {
  const azurite = await startAzurite();
  const container = await createBlobContainer({connectionString: azurite.connectionString, name: 'weir'});
  return {store: new BlobJournalStore(container.client), close: () => azurite.close()};
});

journalStoreContract('in memory', () => ({store: new InMemoryJournal(), close}));

journalStoreContract('simulated', () => {
  const blobs = new SimulatedBlobs({
    name: 'contract',
    violations: new Violations(),
    watch: () => {},
    mayDiffer: () => false,
  });
  return {
    store: {
      read: async (partition, signal) => {
        stopIfFired(signal);
        return blobs.readJournal(partition);
      },
      etag: async (partition, signal) => {
        stopIfFired(signal);
        const read = blobs.readJournal(partition);
        return read.kind === 'found' ? {kind: 'found', etag: read.etag} : read;
      },
      write: async (partition, write, signal) => {
        stopIfFired(signal);
        return blobs.writeJournal(partition, write);
      },
    },
    close,
  };
});
