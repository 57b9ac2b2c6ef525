import {afterAll, beforeAll, expect, test} from 'vitest';
import {startAzurite, type Azurite} from '../../../emulators/src/azurite/azurite.ts';
import {createBlobContainer, openBlobContainer, openObservedContainer} from './blob-container.ts';
import {lookAtContainer, tryToWrite} from './container-look.ts';

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.close());

const wrongKey = (text: string): string => text.replace(/AccountKey=[^;]+/, 'AccountKey=bm9wZQ==');

test('a container is found, and a trial of writing leaves nothing in it', async () => {
  const {client} = await createBlobContainer({connectionString: azurite.connectionString, name: 'weir'});
  expect(await lookAtContainer(client)).toEqual({kind: 'found', immutable: false});
  expect(await tryToWrite(client)).toEqual({kind: 'allowed'});
  const names: string[] = [];
  for await (const {name} of client.listBlobsFlat()) names.push(name);
  expect(names).toEqual([]);
});

test('a missing container is missing, not made, and shows the right to write all the same', async () => {
  const client = openBlobContainer({connectionString: azurite.connectionString, name: 'nowhere'});
  expect(await lookAtContainer(client)).toEqual({kind: 'missing'});
  expect(await tryToWrite(client)).toEqual({kind: 'allowed'});
  expect(await client.exists()).toBe(false);
});

test('a wrong key is forbidden both, and the refusal still carries the service’s time', async () => {
  const connectionString = wrongKey(azurite.connectionString);
  const now = (): number => Date.now() + 3_600_000;
  const {client, clock} = openObservedContainer({connectionString, name: 'weir', now});
  expect(await lookAtContainer(client)).toMatchObject({kind: 'forbidden'});
  expect(await tryToWrite(client)).toMatchObject({kind: 'forbidden'});
  expect(Math.round(clock.aheadMs() / 60_000)).toBe(60);
});
