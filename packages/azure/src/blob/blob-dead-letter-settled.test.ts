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
  expect(await store.write(partition, {lineage: 'abc', n: 1, letters: [letter(2), letter(1)]})).toEqual(
    written,
  );
  expect(await store.write(partition, {lineage: 'abc', n: 2, letters: [letter(4)]})).toEqual(written);
  const other = {...partition, group: 'other'};
  expect(await store.write(other, {lineage: 'abc', n: 1, letters: [letter(5)]})).toEqual(written);

  const read: SettledLetter[] = [];
  const marked: [string, number][] = [];
  for await (const {lineage, n, letters} of store.letters(source, signal)) {
    marked.push([lineage, n]);
    read.push(...letters);
  }
  expect(read).toEqual([letter(1), letter(2), letter(4)]);
  expect(marked).toEqual([
    ['abc', 1],
    ['abc', 2],
  ]);
  const all = {partitionId: undefined, signal};
  for await (const some of new BlobDeadLetterReader(client).letters(source, all)) expect(some).toEqual([]);
});

test('other letters under the number of a commit are told from a second attempt, and change nothing', async () => {
  const {client} = await createBlobContainer({connectionString: azurite.connectionString, name: 'differs'});
  const store = new BlobSettledLetters(client);
  await store.write(partition, {lineage: 'abc', n: 1, letters: [letter(1)]});
  const again = {lineage: 'abc', n: 1, letters: [letter(1), letter(3)]};
  expect(await store.write(partition, again)).toEqual({kind: 'differs'});
  for await (const {letters} of store.letters(source, signal)) expect(letters).toEqual([letter(1)]);
});
