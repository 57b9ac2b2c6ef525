import {expect, test} from 'vitest';
import {settle} from '../../../azure/src/cosmos/virtual-clock.ts';
import {received} from '../../../pipeline/src/event-fixture.ts';
import {noonMs} from '../commit-fixture.ts';
import {partition} from '../in-memory-ports.ts';
import {HandedLease} from '../partition/lease-fixture.ts';
import {partitionSettings, SessionWorld} from '../partition/session-fixture.ts';
import {Worker} from '../worker.ts';
import {decoderOf, loadDecoding} from './decoding.ts';
import {loadConfig} from './config.ts';
import {workerSettings} from '../settings.ts';

const basics = {
  EVENT_HUBS_NAMESPACE: 'contoso',
  EVENT_HUB_NAME: 'gateway-events',
  STORAGE_ACCOUNT_URL: 'https://contoso.blob.core.windows.net',
  LOG_ANALYTICS_WORKSPACE_ID: '11111111-2222-3333-4444-555555555555',
  COSMOS_ENDPOINT: 'https://contoso.documents.azure.com',
};

const text = `
shapes:
  - name: contoso-proxy
    recognise: {has: [callId], equals: {version: 2}}
    fields:
      requestId: answer.headers.apim-request-id
      eventTime: at
      region: answer.headers.x-ms-region
      usage: answer.usage
textShapes: apim-comma-joined
`;
const {config} = loadConfig({env: basics, file: {name: 'weir.yaml', text}});

const ownEvent = JSON.stringify({
  callId: 7,
  version: 2,
  at: new Date(noonMs).toISOString(),
  answer: {
    headers: {'apim-request-id': 'AA-1', 'x-ms-region': 'East US 2'},
    usage: {prompt_tokens: 9, completion_tokens: 3, total_tokens: 12},
  },
});
const commaJoined = '5/17/2024 12:00:00 PM,contoso.azure-api.net,e1,10.0.0.4,Creates a completion';

test('a worker counts the events of a shape from its configuration, and texts that it was told to read', async () => {
  const world = new SessionWorld();
  await world.clock.advance(noonMs);
  const {partition: configured, ...settings} = workerSettings(config, 'worker-1');
  const worker = new Worker({
    ports: world.ports,
    settings: {...settings, partition: {...partitionSettings, decoder: configured.decoder}},
    report: world.told.report,
    workers: () => 1,
    partitionCount: () => 1,
    observer: {sessionEnded: () => {}, committed: () => {}, applied: () => {}},
  });
  const {prelude} = await worker.beforeClaim(partition, new AbortController().signal);
  const lease = new HandedLease(prelude);
  worker.onLease(lease);
  lease.deliver(received(0, {body: ownEvent}), received(1), received(2, {body: commaJoined}));
  worker.start();
  await world.clock.advance(config.flush.intervalMs + 1_000);
  const documents = world.aggregates.all().filter(({view}) => view === 'usage');
  const byRegion = new Map(
    documents.map(({region, requests, totalTokens}) => [region, [requests, totalTokens]]),
  );
  expect(byRegion).toEqual(
    new Map([
      ['eastus2', [2, 12]],
      ['unknown', [1, 0]],
    ]),
  );
  lease.lose();
  await settle();
  await worker.stop();
});

test('without them the same bodies are dead letters', () => {
  const decoder = decoderOf({shapes: [], textShapes: 'none'});
  expect(decoder.decode(ownEvent, noonMs)).toMatchObject([{kind: 'malformed', reason: 'unknown shape'}]);
  expect(decoder.decode(commaJoined, noonMs)).toMatchObject([{kind: 'malformed', reason: 'not JSON'}]);
});

test('a shape of the user is asked before the built-in ones', () => {
  const own = 'shapes: [{name: own, recognise: {has: [apimRequestId]}, fields: {requestId: apimRequestId}}]';
  const {shapes} = loadDecoding({env: {}, file: {name: 'weir.yaml', text: own}});
  expect(shapes.find((shape) => shape.recognise({apimRequestId: 'a'}))?.name).toBe('own');
});
