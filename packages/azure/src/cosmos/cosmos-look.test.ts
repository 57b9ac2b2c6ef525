import {afterEach, beforeEach, expect, test} from 'vitest';
import {CosmosEmulator} from '../../../emulators/src/cosmos/emulator.ts';
import {createCosmosClient} from './cosmos-client.ts';
import {lookAtAccount, lookAtContainers, tryToReplace} from './cosmos-look.ts';
import {prepareCosmos} from './prepare-cosmos.ts';

let emulator: CosmosEmulator;
let client: ReturnType<typeof createCosmosClient>;
beforeEach(async () => {
  emulator = await CosmosEmulator.start();
  client = createCosmosClient({endpoint: emulator.endpoint, credential: {key: emulator.key}});
});
afterEach(async () => {
  client.dispose();
  await emulator.close();
});

const names = {database: 'weir', aggregates: 'aggregates'};

test('what a worker makes has nothing to remark on', async () => {
  await prepareCosmos({client, ...names});
  expect(await lookAtAccount(client)).toMatchObject({kind: 'found', value: {writeRegions: ['Loopback']}});
  for (const {look} of await lookAtContainers(client, names)) {
    expect(look).toMatchObject({
      kind: 'found',
      value: {partitionKey: ['/pk'], indexedInVain: [], notIndexed: []},
    });
  }
});

test('what is missing is told with the command that makes it', async () => {
  const looks = await lookAtContainers(client, names);
  expect(looks.map(({name, look}) => [name, look.kind])).toEqual([
    ['aggregates', 'missing'],
    ['progress', 'missing'],
  ]);
  expect(looks[0]?.create).toContain('--partition-key-path /pk --ttl -1');
});

test('other paths in the index are told apart from missing ones', async () => {
  const {database} = await client.databases.create({id: 'weir'});
  const includedPaths = [{path: '/view/?'}, {path: '/status/?'}];
  const indexingPolicy = {indexingMode: 'consistent' as const, includedPaths, excludedPaths: [{path: '/*'}]};
  await database.containers.create({id: 'aggregates', partitionKey: {paths: ['/pk']}, indexingPolicy});
  const [found] = await lookAtContainers(client, names);
  expect(found?.look).toMatchObject({
    value: {indexedInVain: ['/status/?'], notIndexed: expect.arrayContaining(['/grain/?', '/region/?'])},
  });
});

test('a trial of writing is allowed or not, and writes nothing', async () => {
  await prepareCosmos({client, ...names});
  const place = {database: 'weir', container: 'aggregates'};
  expect(await tryToReplace(client, place)).toBe('allowed');
  emulator.injectFault({kind: 'status', status: 403, operations: ['replace']});
  expect(await tryToReplace(client, place)).toMatchObject({kind: 'forbidden'});
  expect(await tryToReplace(client, {...place, container: 'nowhere'})).toMatchObject({kind: 'unavailable'});
  expect(emulator.documents('weir', 'aggregates')).toEqual([]);
});
