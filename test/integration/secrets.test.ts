import assert from 'node:assert/strict';
import {randomBytes} from 'node:crypto';
import {expect, onTestFinished, test} from 'vitest';
import {BlobProxy} from './blob-proxy.ts';
import {diagnosticsRow, gatewayEvent} from './calls.ts';
import {eventually} from './eventually.ts';
import {hub, Scenario} from './scenario.ts';
import {readBlobs} from './stored-blobs.ts';

const partitionId = '0';
/** What callers wrote and keys that gateways put in their events; in no aggregate, log, page or blob. */
const prompt = `prompt-${randomBytes(8).toString('hex')}`;
const apiKey = `key-${randomBytes(8).toString('hex')}`;
/** Credentials in any request of the SDKs. */
const credentials = /SharedAccessSignature|SharedKey |[?&;]sig=|type%3Dmaster|Bearer /i;

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** Good and bad bodies, all with the markers in them. */
function markedBodies(): readonly {readonly body: Buffer; readonly properties: Record<string, unknown>}[] {
  const secret = {messages: [{role: 'user', content: prompt}], choices: prompt, subscriptionKey: apiKey};
  const headers = {'x-ms-region': 'East US', 'api-key': apiKey, authorization: `Bearer ${apiKey}`};
  return [
    json(gatewayEvent(0, {...secret, headers})),
    json(gatewayEvent(1, {...secret, usage: prompt})),
    json(gatewayEvent(2, {...secret, requestId: `"${prompt}"`})),
    json(gatewayEvent(3, {...secret, requestId: {text: prompt}})),
    json(gatewayEvent(4, {...secret, status: prompt})),
    json(gatewayEvent(5, {...secret, timestamp: prompt})),
    json(gatewayEvent(6, {...secret, headers: prompt})),
    json({...secret, [prompt]: prompt}),
    json([prompt, secret]),
    Buffer.from(prompt),
    Buffer.from(`{"messages":"${prompt}`),
  ].map((body) => ({body, properties: {prompt, apiKey}}));
}

test(
  'neither prompts nor keys reach logs, pages, blobs or documents, also in trouble',
  {timeout: 90_000},
  async () => {
    const scenario = await Scenario.start({partitionCount: 1});
    const {blob, cosmos, eventHubs, logAnalytics, variables} = scenario.stack;
    const proxy = await BlobProxy.start(blob.connectionString);
    onTestFinished(() => proxy.close());
    const worker = scenario.startWorker({
      settings: {'log.level': 'trace'},
      variables: {STORAGE_CONNECTION_STRING: proxy.connectionString},
    });
    await scenario.untilAllBegun(worker);

    cosmos.injectFault({kind: 'unavailable', operations: ['create', 'replace'], count: 4});
    cosmos.injectFault({kind: 'reset', operations: ['create', 'replace'], count: 2});
    logAnalytics.inject({kind: 'garbled'}, {requests: 1});
    logAnalytics.inject({kind: 'unavailable'}, {requests: 1});
    let blobFaults = 3;
    proxy.fateOf = ({path}) => (path.includes('/journal/') && (blobFaults -= 1) >= 0 ? 'answerLost' : 'pass');
    eventHubs.append({hub, partitionId, events: markedBodies()});
    eventHubs.dropConnections();
    scenario.ingest(Array.from({length: 3}, (_, number) => diagnosticsRow(number)));
    const enqueued = scenario.enqueuedEvents();
    await eventually(() => (scenario.settledEvents() === enqueued ? true : undefined), {
      within: 60_000,
      otherwise: () => `${scenario.settledEvents()} of ${enqueued} events are settled. ${worker.output()}`,
    });

    const places = new Map<string, string>();
    for (const path of ['/metrics', '/api/status', '/api/regions', '/', '/health/ready']) {
      places.set(path, (await worker.get(path)).text);
    }
    expect((await worker.stop()).code).toBe(0);
    places.set('standard output', worker.stdout);
    places.set('standard error', worker.stderr);
    for (const [name, text] of await readBlobs(blob.connectionString, {prefix: ''})) places.set(name, text);
    places.set('aggregates', JSON.stringify(scenario.documents()));
    places.set('progress', JSON.stringify([...scenario.progress()]));

    expect(worker.troubles.map(({layer}) => layer)).toEqual(
      expect.arrayContaining(['Cosmos DB', 'Log Analytics', 'Blob storage', 'Event Hubs']),
    );
    expect(
      [...places.keys()].filter((name) => /^(journal|dead-letters)\//.test(name)).length,
    ).toBeGreaterThan(1);
    const secrets = [prompt, apiKey, ...keysOf(variables)];
    for (const [name, text] of places) {
      for (const secret of secrets) assert(!text.includes(secret), `${name} holds ${secret}`);
      assert.equal(text.match(credentials)?.[0], undefined, name);
    }
  },
);

test.for<[string, (variables: Readonly<Record<string, string>>, key: string) => Record<string, string>]>([
  ['Cosmos DB', (_, key) => ({COSMOS_KEY: key})],
  [
    'Event Hubs',
    ({EVENT_HUBS_CONNECTION_STRING: given}, key) => ({
      EVENT_HUBS_CONNECTION_STRING: given!.replace(/SharedAccessKey=[^;]+/, `SharedAccessKey=${key}`),
    }),
  ],
  [
    'Blob storage',
    ({STORAGE_CONNECTION_STRING: given}, key) => ({
      STORAGE_CONNECTION_STRING: given!.replace(/AccountKey=[^;]+/, `AccountKey=${key}`),
    }),
  ],
])('a key that %s refuses ends the start, and is not told', {timeout: 60_000}, async ([, withKey]) => {
  const scenario = await Scenario.start({partitionCount: 1});
  const key = randomBytes(32).toString('base64');
  const worker = scenario.startWorker({variables: withKey(scenario.stack.variables, key)});
  const {code} = await worker.exited;
  assert.equal(code, 2, worker.output());
  expect(worker.stderr.trim()).not.toBe('');
  expect(`${worker.stdout}${worker.stderr}`).not.toContain(key);
});

/** The secret parts of what the stack's variables hold. */
function keysOf(variables: Readonly<Record<string, string>>): string[] {
  return Object.values(variables).flatMap((value) => {
    const inside = [...value.matchAll(/(?:SharedAccessKey|AccountKey)=([^;]+)/g)].map(([, key]) => key!);
    return value === variables['COSMOS_KEY'] ? [value] : inside;
  });
}
