import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import type {CosmosClient} from '@azure/cosmos';
import {CosmosEmulator} from '../../../emulators/src/cosmos/emulator.ts';
import {createCosmosClient} from './cosmos-client.ts';
import {CosmosDocumentStore} from './cosmos-document-store.ts';
import type {CosmosMetrics} from './cosmos-metrics.ts';
import {prepareCosmos} from './prepare-cosmos.ts';
import {WriteGovernor} from './write-governor.ts';

const clock = {
  elapsed: Date.now,
  now: Date.now,
  sleep: (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms)),
};

let emulator: CosmosEmulator;
let client: CosmosClient;
let store: CosmosDocumentStore;
const onRequest = vi.fn<CosmosMetrics['onRequest']>();

beforeEach(async () => {
  emulator = await CosmosEmulator.start();
  client = createCosmosClient({
    endpoint: emulator.endpoint,
    credential: {key: emulator.key},
    requestTimeoutMs: 1_000,
  });
  await prepareCosmos({client, database: 'weir'});
  store = storeFor('aggregates');
  onRequest.mockClear();
});

afterEach(async () => {
  client.dispose();
  await emulator.close();
});

function storeFor(container: string): CosmosDocumentStore {
  const governor = new WriteGovernor({clock});
  return new CosmosDocumentStore({client, database: 'weir', container, governor, metrics: {onRequest}});
}

const document = {id: 'a', pk: 'p', requests: 1};
const key = {id: 'a', pk: 'p'};

async function created(): Promise<string> {
  const answer = await store.write(document, undefined);
  if (answer.kind !== 'written') throw new Error(`The first write was ${answer.kind}.`);
  return answer.etag;
}

test('a document is created, read back without system properties, and replaced under its ETag', async () => {
  expect(await store.read(key)).toEqual({kind: 'missing'});
  const etag = await created();
  expect(await store.read(key)).toEqual({kind: 'found', etag, document});
  const replaced = await store.write({...document, requests: 2}, etag);
  expect(replaced.kind).toBe('written');
  expect(await store.read(key)).toMatchObject({kind: 'found', document: {requests: 2}});
});

test('a second create, a stale replace and a replace of nothing are refused', async () => {
  const etag = await created();
  expect(await store.write(document, undefined)).toEqual({kind: 'refused'});
  await store.write(document, etag);
  expect(await store.write(document, etag)).toEqual({kind: 'refused'});
  expect(await store.write({...document, id: 'nobody'}, etag)).toEqual({kind: 'refused'});
});

test('a lost answer is unclear, although it was written', async () => {
  await created();
  emulator.injectFault({kind: 'answerLost', operations: ['create']});
  const answer = await store.write({...document, id: 'b'}, undefined);
  expect(answer).toEqual({kind: 'unclear', cause: 'CONNECTION_ECONNRESET'});
  expect(await store.read({id: 'b', pk: 'p'})).toMatchObject({kind: 'found'});
});

test('a reset read is unavailable at once; the SDK does not repeat it for ten seconds', async () => {
  const fault = emulator.injectFault({kind: 'reset', operations: ['read'], count: 10});
  expect(await store.read(key)).toEqual({kind: 'unavailable', cause: 'CONNECTION_ECONNRESET'});
  expect(fault.struck).toBe(1);
});

test('no answer within the request timeout is unclear', async () => {
  const etag = await created();
  emulator.injectFault({kind: 'latency', ms: 5_000});
  expect(await store.write(document, etag)).toEqual({kind: 'unclear', cause: 'TimeoutError'});
});

test('a read that the SDK would take from region to region ends at the deadline', async () => {
  const {endpoint, key} = emulator;
  const options = {endpoint, credential: {key}, requestTimeoutMs: 100, endpointDiscovery: 'on'} as const;
  const following = createCosmosClient(options);
  const governor = new WriteGovernor({clock});
  const place = {database: 'weir', container: 'aggregates'};
  const patient = new CosmosDocumentStore({client: following, ...place, governor, deadlineMs: 450});
  const fault = emulator.injectFault({kind: 'latency', ms: 5_000, operations: ['read'], count: 1000});
  expect(await patient.read({id: 'a', pk: 'p'})).toEqual({kind: 'unavailable', cause: 'AbortError'});
  expect(fault.struck).toBeLessThan(10);
  following.dispose();
});

test.each([
  [503, 'unclear'],
  [408, 'unclear'],
  [449, 'unclear'],
  [401, 'forbidden'],
  [403, 'forbidden'],
])('a write answered %i is %s, after one request', async (status, kind) => {
  const etag = await created();
  const fault = emulator.injectFault({kind: 'status', status, count: 5});
  expect(await store.write(document, etag)).toMatchObject({kind});
  expect(fault.struck).toBe(1);
});

test('a 429 is told with its wait, after one request, and narrows the governor', async () => {
  const etag = await created();
  const governor = new WriteGovernor({clock, concurrency: 8});
  const throttledStore = new CosmosDocumentStore({
    client,
    database: 'weir',
    container: 'aggregates',
    governor,
  });
  const fault = emulator.injectFault({kind: 'throttled', retryAfterMs: 30, count: 5});
  expect(await throttledStore.write(document, etag)).toEqual({kind: 'throttled', retryAfterMs: 30});
  expect(fault.struck).toBe(1);
  expect(governor).toMatchObject({width: 4, throttles: 1});
});

test('what the service refuses for good is unacceptable, and its reason shows nothing of the document', async () => {
  const tooLarge = await store.write({...document, secret: 'x'.repeat(2 * 1024 * 1024)}, undefined);
  expect(tooLarge).toMatchObject({kind: 'unacceptable', reason: expect.stringContaining('413')});
  expect(JSON.stringify(tooLarge).length).toBeLessThan(200);
  expect(await store.write({...document, ttl: 0}, undefined)).toMatchObject({kind: 'unacceptable'});
  expect(await store.write({...document, id: 'a/b'}, undefined)).toMatchObject({kind: 'unacceptable'});
});

test('a missing container is forbidden for writes and never looks like a missing document', async () => {
  const nowhere = storeFor('nowhere');
  expect(await nowhere.read(key)).toMatchObject({kind: 'unavailable'});
  expect(await nowhere.write(document, undefined)).toMatchObject({kind: 'forbidden'});
  expect(await nowhere.write(document, '"etag"')).toMatchObject({kind: 'forbidden'});
});

test('an aborted request throws AbortError, in flight and before', async () => {
  const etag = await created();
  emulator.injectFault({kind: 'latency', ms: 5_000});
  const stop = new AbortController();
  const write = store.write(document, etag, stop.signal);
  await expect.poll(() => emulator.pendingRequests).toBe(1);
  stop.abort();
  await expect(write).rejects.toMatchObject({name: 'AbortError'});
  await expect(store.read(key, stop.signal)).rejects.toMatchObject({name: 'AbortError'});
});

test('each request is told to the metrics once, with its charge', async () => {
  const etag = await created();
  await store.write(document, etag);
  await store.write(document, etag);
  await store.read(key);
  expect(onRequest.mock.calls.map(([{operation, outcome}]) => [operation, outcome])).toEqual([
    ['create', 'written'],
    ['replace', 'written'],
    ['replace', 'refused'],
    ['read', 'found'],
  ]);
  expect(onRequest.mock.calls[1]?.[0].requestUnits).toBeGreaterThan(10);
});

test('many writers above a budget all get through, and the throttles stay few', async () => {
  const limited = await CosmosEmulator.start({requestUnitsPerSecond: 2_000});
  const ownClient = createCosmosClient({endpoint: limited.endpoint, credential: {key: limited.key}});
  await prepareCosmos({client: ownClient, database: 'weir'});
  const governor = new WriteGovernor({clock, concurrency: 64, requestUnitsPerSecond: 1_800});
  const options = {client: ownClient, database: 'weir', container: 'aggregates', governor};
  const limitedStore = new CosmosDocumentStore(options);
  const writeUntilWritten = async (id: string): Promise<void> => {
    for (;;) {
      const {kind} = await limitedStore.write({...document, id}, undefined);
      if (kind === 'written' || kind === 'refused') return;
    }
  };
  await Promise.all(Array.from({length: 500}, (_, n) => writeUntilWritten(`d${n}`)));
  expect(limited.documents('weir', 'aggregates')).toHaveLength(500);
  expect(governor.throttles).toBeLessThan(100);
  ownClient.dispose();
  await limited.close();
});
