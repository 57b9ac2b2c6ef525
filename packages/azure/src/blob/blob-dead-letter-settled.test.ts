import type {SettledLetter} from '@weir/pipeline';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {startAzurite, type Azurite} from '../../../emulators/src/azurite/azurite.ts';
import {createBlobContainer} from './blob-container.ts';
import {BlobDeadLetterReader} from './blob-dead-letter-reader.ts';
import {BlobSettledLetters} from './blob-dead-letter-settled.ts';

const source = {namespace: 'Ns.Example', hub: 'Hub', group: '$Default'};
const partition = {...source, partitionId: 'retry'};
const signal = AbortSignal.timeout(30_000);

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.close());

function letter(sequenceNumber: number): SettledLetter {
  return {partitionId: '1', sequenceNumber, index: 0, enqueuedTimeMs: 1, as: 'counted', settledMs: 2};
}

test('what a commit settled is written once, read back, and is among no dead letters', async () => {
  const {client} = await createBlobContainer({connectionString: azurite.connectionString, name: 'weir'});
  const store = new BlobSettledLetters(client);
  const written = {kind: 'written'};
  expect(await store.write(partition, {lineage: 'abc', n: 1, letters: [letter(1), letter(2)]})).toEqual(
    written,
  );
  expect(await store.write(partition, {lineage: 'abc', n: 1, letters: [letter(3)]})).toEqual(written);
  expect(await store.write(partition, {lineage: 'abc', n: 2, letters: [letter(4)]})).toEqual(written);
  const other = {...partition, group: 'other'};
  expect(await store.write(other, {lineage: 'abc', n: 1, letters: [letter(5)]})).toEqual(written);

  const read: SettledLetter[] = [];
  for await (const some of store.letters(source, signal)) read.push(...some);
  expect(read).toEqual([letter(1), letter(2), letter(4)]);
  const all = {partitionId: undefined, signal};
  for await (const some of new BlobDeadLetterReader(client).letters(source, all)) expect(some).toEqual([]);
});
