import {expect, test} from 'vitest';
import {CosmosEmulator, type CosmosEmulatorOptions} from '../../../emulators/src/cosmos/emulator.ts';
import {CosmosConfigurationError, createCosmosClient} from './cosmos-client.ts';
import {prepareCosmos} from './prepare-cosmos.ts';

async function start(options: CosmosEmulatorOptions = {}) {
  const emulator = await CosmosEmulator.start(options);
  const client = createCosmosClient({
    endpoint: emulator.endpoint,
    credential: {key: emulator.key},
    endpointDiscovery: 'on',
  });
  const close = async (): Promise<void> => {
    client.dispose();
    await emulator.close();
  };
  return {emulator, client, [Symbol.asyncDispose]: close};
}

test('the database and both containers are made once', async () => {
  await using fixture = await start();
  const {client} = fixture;
  const first = await prepareCosmos({client, database: 'weir'});
  expect(first).toEqual({
    kind: 'ready',
    created: ['weir', 'weir/aggregates', 'weir/progress'],
    warnings: [],
  });
  expect(await prepareCosmos({client, database: 'weir'})).toEqual({kind: 'ready', created: [], warnings: []});
  const {resource} = await client.database('weir').container('aggregates').read();
  expect(resource).toMatchObject({partitionKey: {paths: ['/pk']}, defaultTtl: -1});
  expect(resource?.indexingPolicy?.excludedPaths?.[0]).toEqual({path: '/*'});
});

test('workers that prepare at the same time all succeed', async () => {
  await using fixture = await start();
  const {client} = fixture;
  const all = await Promise.all(Array.from({length: 4}, () => prepareCosmos({client, database: 'weir'})));
  expect(all.map(({kind}) => kind)).toEqual(['ready', 'ready', 'ready', 'ready']);
});

test('an account with several write regions is refused', async () => {
  await using fixture = await start({writeRegions: ['East', 'West']});
  const answer = await prepareCosmos({client: fixture.client, database: 'weir'});
  expect(answer).toMatchObject({kind: 'refused', reason: expect.stringContaining('several write regions')});
});

test('where containers may not be made, the reason is the command that makes them', async () => {
  await using fixture = await start();
  const {client, emulator} = fixture;
  await client.databases.create({id: 'weir'});
  // The first request on a container reads it, the second would create it.
  emulator.injectFault({kind: 'status', status: 404, operations: ['container']});
  emulator.injectFault({kind: 'status', status: 403, operations: ['container']});
  const answer = await prepareCosmos({client, database: 'weir'});
  expect(emulator.requests.filter(({operation}) => operation === 'container')).toHaveLength(2);
  expect(answer).toMatchObject({
    kind: 'refused',
    reason: expect.stringMatching(/az cosmosdb sql container create .*--name aggregates .*\/pk --ttl -1/),
  });
});

test('where nothing may be read, the reason is the missing role', async () => {
  await using fixture = await start();
  fixture.emulator.injectFault({kind: 'status', status: 403, operations: ['database']});
  const answer = await prepareCosmos({client: fixture.client, database: 'weir'});
  expect(answer).toMatchObject({
    kind: 'refused',
    reason: expect.stringContaining('Built-in Data Contributor'),
  });
});

test('another partition key is refused, a missing default TTL is a warning', async () => {
  await using fixture = await start();
  const {client} = fixture;
  const {database} = await client.databases.create({id: 'weir'});
  await database.containers.create({id: 'plain', partitionKey: {paths: ['/pk']}});
  await database.containers.create({id: 'other', partitionKey: {paths: ['/region']}});
  const plain = await prepareCosmos({client, database: 'weir', aggregates: 'plain'});
  expect(plain).toMatchObject({kind: 'ready', warnings: [expect.stringContaining('--ttl -1')]});
  const other = await prepareCosmos({client, database: 'weir', aggregates: 'other'});
  expect(other).toMatchObject({kind: 'refused', reason: expect.stringContaining('/region')});
});

test('a service that is down is unavailable, not refused', async () => {
  const emulator = await CosmosEmulator.start();
  const {endpoint, key} = emulator;
  await emulator.close();
  const client = createCosmosClient({endpoint, credential: {key}});
  expect(await prepareCosmos({client, database: 'weir'})).toEqual({
    kind: 'unavailable',
    cause: 'ECONNREFUSED',
  });
  client.dispose();
});

test.each([
  ['http://account.documents.azure.com/', 'https'],
  ['https://account.documents.azure.com/dbs', 'path'],
  ['account', 'URL'],
  ['ftp://localhost/', 'https'],
])('the endpoint %s is refused', (endpoint, part) => {
  const create = () => createCosmosClient({endpoint, credential: {key: 'a2V5'}});
  expect(create).toThrow(CosmosConfigurationError);
  expect(create).toThrow(part);
});

test('an Entra token is never sent over plain http', () => {
  const token = {getToken: async () => null};
  const create = () => createCosmosClient({endpoint: 'http://127.0.0.1:1/', credential: {token}});
  expect(create).toThrow('COSMOS_KEY');
});
