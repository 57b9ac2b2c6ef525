import type {CosmosClient} from '@azure/cosmos';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {CosmosEmulator} from '../../../emulators/src/cosmos/emulator.ts';
import {createCosmosClient} from './cosmos-client.ts';
import {CosmosDocumentStore} from './cosmos-document-store.ts';
import {CosmosWindowReader, type StoredAggregate} from './cosmos-window-reader.ts';
import {prepareCosmos} from './prepare-cosmos.ts';
import {WriteGovernor} from './write-governor.ts';

const noonMs = Date.UTC(2024, 4, 17, 12);
const query = {
  pk: 'usage|5m|2024-05-17',
  view: 'usage',
  grain: '5m',
  fromMs: noonMs,
  untilMs: noonMs + 600_000,
};

let emulator: CosmosEmulator;
let client: CosmosClient;
beforeEach(async () => {
  emulator = await CosmosEmulator.start();
  client = createCosmosClient({endpoint: emulator.endpoint, credential: {key: emulator.key}});
  await prepareCosmos({client, database: 'weir'});
});
afterEach(async () => {
  client.dispose();
  await emulator.close();
});

function put(id: string, windowStartMs: number, fields: Record<string, unknown> = {}): void {
  const windowStart = new Date(windowStartMs).toISOString();
  const document = {id, pk: query.pk, view: query.view, grain: query.grain, windowStart, ...fields};
  emulator.put({database: 'weir', container: 'aggregates', document});
}

function reader(container = 'aggregates'): CosmosWindowReader {
  return new CosmosWindowReader({client, database: 'weir', container});
}

async function all(): Promise<StoredAggregate[]> {
  const found: StoredAggregate[] = [];
  let continuation: string | undefined;
  do {
    const page = await reader().page(query, continuation, new AbortController().signal);
    if (page.kind !== 'page') throw new Error(page.kind);
    found.push(...page.documents);
    ({continuation} = page);
  } while (continuation !== undefined);
  return found;
}

test('documents of the view, grain, key and window are read, from its start and without its end', async () => {
  put('before', noonMs - 300_000);
  put('first', noonMs);
  put('last', noonMs + 300_000);
  put('behind', noonMs + 600_000);
  put('other view', noonMs, {view: 'latency'});
  put('other key', noonMs, {pk: 'usage|5m|2024-05-16'});
  const found = await all();
  expect(found.map(({document}) => document['id'])).toEqual(['first', 'last']);
  expect(Object.keys(found[0]!.document).filter((name) => name.startsWith('_'))).toEqual([]);
});

test('more documents than a page holds come page by page, each once', async () => {
  for (let n = 0; n < 450; n++) put(`d${n}`, noonMs);
  const ids = (await all()).map(({document}) => document['id']);
  expect([ids.length, new Set(ids).size]).toEqual([450, 450]);
});

test('a document is replaced under the ETag that it was read with', async () => {
  put('first', noonMs);
  const [found] = await all();
  const clock = {now: Date.now, elapsed: Date.now, sleep: async () => {}};
  const store = new CosmosDocumentStore({
    client,
    database: 'weir',
    container: 'aggregates',
    governor: new WriteGovernor({clock}),
  });
  const document = {id: 'first', pk: query.pk, requests: 1};
  expect((await store.write(document, found!.etag)).kind).toBe('written');
  expect((await store.write(document, found!.etag)).kind).toBe('refused');
});

test('a container that does not exist is said, and a stopped reading rejects', async () => {
  const signal = new AbortController().signal;
  expect(await reader('none').page(query, undefined, signal)).toMatchObject({kind: 'unavailable'});
  await expect(reader().page(query, undefined, AbortSignal.abort())).rejects.toMatchObject({
    name: 'AbortError',
  });
});
