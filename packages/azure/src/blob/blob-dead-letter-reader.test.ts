import {afterAll, beforeAll, expect, test} from 'vitest';
import {startAzurite, type Azurite} from '../../../emulators/src/azurite/azurite.ts';
import {createBlobContainer, openBlobContainer, StorageRefusedError} from './blob-container.ts';
import {BlobDeadLetterReader, type StoredDeadLetter} from './blob-dead-letter-reader.ts';
import {BlobDeadLetterStore} from './blob-dead-letter-store.ts';

const source = {namespace: 'Ns.Example', hub: 'Hub', group: '$Default'};
const letter = {
  sequenceNumber: 7,
  index: 0,
  offset: '70',
  enqueuedTimeMs: 1,
  reason: 'empty',
  layer: 'decode',
};

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.close());

async function lettersOf(name: string, partitionId?: string): Promise<StoredDeadLetter[]> {
  const container = openBlobContainer({connectionString: azurite.connectionString, name});
  const letters: StoredDeadLetter[] = [];
  const signal = AbortSignal.timeout(10_000);
  for await (const some of new BlobDeadLetterReader(container).letters(source, {partitionId, signal})) {
    letters.push(...some);
  }
  return letters;
}

test('what commits set aside is read back with their partition, lineage and number', async () => {
  const {client} = await createBlobContainer({connectionString: azurite.connectionString, name: 'weir'});
  const store = new BlobDeadLetterStore(client);
  for (const [partitionId, n, sequenceNumbers] of [
    ['1', 9, [7, 8]],
    ['10', 10, [9]],
  ] as const) {
    const lines = sequenceNumbers.map((sequenceNumber) => JSON.stringify({...letter, sequenceNumber}));
    const bytes = Buffer.from(`${lines.join('\n')}\n`);
    await store.write({...source, partitionId}, {lineage: 'abc', n, bytes});
  }
  await client.uploadBlockBlob('dead-letters/ns.example/hub/$default/1/abc/notes', 'x', 1);

  const all = await lettersOf('weir');
  expect(all.map(({partitionId, n, sequenceNumber}) => [partitionId, n, sequenceNumber])).toEqual([
    ['1', 9, 7],
    ['1', 9, 8],
    ['10', 10, 9],
  ]);
  expect(await lettersOf('weir', '1')).toEqual(all.slice(0, 2));
  expect(all[0]).toEqual({...letter, partitionId: '1', lineage: 'abc', n: 9});
});

test('a container that is not there is said, and not made', async () => {
  await expect(lettersOf('nowhere')).rejects.toThrow(StorageRefusedError);
  await expect(lettersOf('nowhere')).rejects.toThrow('There is no blob container "nowhere"');
});
