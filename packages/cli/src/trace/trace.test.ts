import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {createCosmosClient, prepareCosmos} from '@weir/azure';
import {startStack, type Stack} from '@weir/emulators';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {loadSample, runWeir, type CommandEnd} from '../command-fixture.ts';

const hub = 'gateway-logs';
const fixtures = new URL('../../../../test/fixtures/', import.meta.url);
const sampleFile = (name: string): string => fileURLToPath(new URL(`sample/${name}.ndjson`, fixtures));
/** The sample's first event. */
const requestId = 'f68bbb2e-b1bb-4795-825a-cf716cbebc55';
const window = ['--from', '2024-05-17T12:00:00Z', '--until', '2024-05-17T16:00:00Z'];
const fromFiles = [
  ['--source', `ndjson:${sampleFile('gateway')}`],
  ['--diagnostics', `ndjson:${sampleFile('diagnostics')}`],
].flat();

let stack: Stack;
let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-'));
  stack = await startStack({hub, partitionCount: 4});
  loadSample(stack, {hub});
  const {endpoint, key} = stack.cosmos;
  const client = createCosmosClient({endpoint, credential: {key}});
  await prepareCosmos({client, database: 'weir', aggregates: 'aggregates'});
  client.dispose();
});
afterAll(async () => {
  await stack.close();
  rmSync(folder, {recursive: true});
});

/** With the services; or, for files, with nothing in its environment. */
function trace(args: readonly string[], services: 'services' | 'files' = 'services'): Promise<CommandEnd> {
  return runWeir(['trace', ...args], {cwd: folder, env: services === 'services' ? stack.variables : {}});
}

interface Traced {
  readonly events: readonly Record<string, unknown>[];
  readonly duplicates: number;
  readonly diagnostics: readonly Record<string, unknown>[];
  readonly join: Record<string, unknown>;
  readonly documents: readonly Record<string, unknown>[];
}

async function traced(args: readonly string[], services: 'services' | 'files' = 'services'): Promise<Traced> {
  const {code, stdout, stderr} = await trace([...args, '--json'], services);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as Traced;
}

const documentsOfFirst = [
  'region-usage_5m_1715947200_17Kaf31QwPt_E22JQWo72n',
  'region-usage_1h_1715947200_17Kaf31QwPt_E22JQWo72n',
  'region-latency_5m_1715947200_9PB6lPhI90FXgST0-erej6',
  'region-latency_1h_1715947200_9PB6lPhI90FXgST0-erej6',
  'region-latency_1d_1715904000_9PB6lPhI90FXgST0-erej6',
  'chargeback_1h_1715947200_Q6M6EDtHpTH-GVKm7Iyr5X',
  'chargeback_1d_1715904000_Q6M6EDtHpTH-GVKm7Iyr5X',
];

test('a request is followed from the hub to documents that no worker has written yet', async () => {
  const {events, join: joined, documents, diagnostics} = await traced([requestId.toUpperCase(), ...window]);
  expect(events).toMatchObject([
    {
      partition: '2',
      sequenceNumber: 0,
      enqueuedTime: '2024-05-17T12:00:34.759Z',
      readings: [{shape: 'workload', outcome: 'event', event: {requestId, region: 'japaneast'}}],
      worker: null,
    },
  ]);
  expect(diagnostics).toMatchObject([{requestId, durationMs: 1839, streamType: 'non-streaming'}]);
  expect(joined).toMatchObject({outcome: 'matched'});
  expect(documents.map(({id}) => id)).toEqual(documentsOfFirst);
  for (const document of documents) expect(document).toMatchObject({state: 'missing', adds: {requests: 1}});
});

test('the same comes out of files, without any service', async () => {
  const {join: joined, documents} = await traced([requestId, ...fromFiles], 'files');
  expect(joined).toMatchObject({outcome: 'matched', row: {durationMs: 1839, model: 'gpt-4o'}});
  expect(documents.map(({id}) => id)).toEqual(documentsOfFirst);
  for (const document of documents) expect(document).toMatchObject({state: 'not asked'});
});

test.each(['events.ndjson', 'shown.ndjson'])('it reads what inspect wrote to %s', async (name) => {
  const content = name === 'shown.ndjson' ? ['--show-content'] : [];
  const inspect = ['inspect', '--partition', '2', '--count', '20', '--out', name, ...content];
  await runWeir(inspect, {cwd: folder, env: stack.variables});
  const {events, join: joined, documents} = await traced([requestId, '--source', `ndjson:${name}`], 'files');
  expect(events).toMatchObject([{partition: '2', sequenceNumber: 0}]);
  expect(joined).toEqual({outcome: 'could not ask', cause: 'no --diagnostics were given'});
  expect(documents.map(({id}) => id)).toEqual(
    documentsOfFirst.filter((id) => !id.startsWith('region-latency')),
  );
});

test('a call that is told in halves is found with both of them', async () => {
  const path = fileURLToPath(new URL('shapes/enterprise-logging/request-and-response.ndjson', fixtures));
  const id = '9c000000-0000-4000-8000-000000000001';
  const {events, join: joined, documents} = await traced([id, '--source', `ndjson:${path}`], 'files');
  expect(events).toMatchObject([
    {sequenceNumber: 0, readings: [{shape: 'enterprise-logging', event: {totalTokens: 31}}]},
    {sequenceNumber: 1, readings: []},
  ]);
  expect(joined).toEqual({outcome: 'no id'});
  for (const document of documents) expect(document).toMatchObject({adds: {requests: 1}});
});

test('a repeat is found, and said to count once', async () => {
  const line = readFileSync(sampleFile('gateway'), 'utf8').split('\n')[0]!;
  const record = JSON.parse(line) as {sequenceNumber: number};
  writeFileSync(
    join(folder, 'twice.ndjson'),
    [0, 5].map((n) => JSON.stringify({...record, sequenceNumber: n})).join('\n'),
  );
  const {events, duplicates, documents} = await traced(
    [requestId, '--source', 'ndjson:twice.ndjson'],
    'files',
  );
  expect(events.map((event) => event['sequenceNumber'])).toEqual([0, 5]);
  expect(duplicates).toBe(1);
  for (const document of documents) expect(document).toMatchObject({adds: {requests: 1}});
});

test('an event without diagnostics is said to wait for them', async () => {
  const id = '00000000-0000-4000-8000-000000000001';
  const body = Buffer.from(
    JSON.stringify({
      schemaVersion: 1,
      requestId: id,
      timestamp: new Date().toISOString(),
      status: 200,
      headers: {'x-ms-region': 'East US'},
    }),
  );
  stack.eventHubs.append({hub, partitionId: '0', events: [{body}]});
  const {code, stdout, stderr} = await trace([id]);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/Join +waits for its diagnostics until 20/);
  expect(stdout).toMatch(
    /Documents +it goes into 4, of which Cosmos DB has 0\n {4}region-usage_5m_\d+_[\w-]{22} {2}missing\n/,
  );
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
});

test('a request that only the service knows is said so, with exit code 1', async () => {
  const {code, stdout, stderr} = await trace([
    requestId,
    '--from',
    '2024-05-17T12:10:00Z',
    '--until',
    '2024-05-17T12:12:00Z',
  ]);
  expect(code).toBe(1);
  expect(stdout).toContain('1839 ms, non-streaming');
  expect(stderr).toContain(
    'no event of this request is among the events enqueued between 2024-05-17T12:10:00.000Z',
  );
});

test('it reads in a consumer group of its own, and asks for the progress of the worker’s', async () => {
  const args = [requestId, ...window, '--consumer-group', 'looking', '--partition', '2'];
  const id = `127.0.0.1|${hub}|$Default|2`;
  const progress = {id, pk: id, headSequenceNumber: 444, updatedAt: '2024-05-17T16:00:00.000Z'};
  const {endpoint, key} = stack.cosmos;
  const client = createCosmosClient({endpoint, credential: {key}});
  await client.database('weir').container('progress').items.create(progress);
  client.dispose();
  const {events} = await traced(args);
  expect(events).toMatchObject([{worker: {headSequenceNumber: 444}}]);
});

test('documents that cannot be looked up are said so, with the cause', async () => {
  const {code, stdout} = await trace([requestId, ...window, '--cosmos.database', 'nowhere']);
  expect(code).toBe(0);
  expect(stdout).toContain(`${documentsOfFirst[0]}  no answer`);
  expect(stdout.replaceAll(/\s+/g, ' ')).toContain('the database or the container does not exist');
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
});

test.each([
  [['not an id'], 'give an id of letters'],
  [[requestId, '--source', 'nd:x'], 'give eventhubs, or ndjson:FILE'],
  [[requestId, '--source', 'ndjson:nowhere.ndjson'], '--source: nowhere.ndjson cannot be read'],
  [[requestId, '--from', 'noon'], 'give a time in ISO 8601'],
  [[requestId, '--untill', 'x'], 'did you mean --until?'],
  [[], "missing required argument 'request-id'"],
])('%j is wrong usage, exit code 2', async (args, words) => {
  const {code, stdout, stderr} = await trace(args);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(words);
});
