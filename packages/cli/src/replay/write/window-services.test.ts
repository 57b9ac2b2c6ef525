import {createCosmosClient} from '@weir/azure';
import type {Stack} from '@weir/emulators';
import type {Config, Service} from '@weir/worker';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {countSample, hub, sampleEvents, settings} from '../../counted-sample-fixture.ts';
import {DemoProgress} from '../../demo/progress.ts';
import {runCompare} from '../compare/run-compare.ts';
import {runReplay} from '../run-replay.ts';
import {runWrite, type WriteRequest} from './run-write.ts';

const fromMs = Date.UTC(2024, 4, 17);
const untilMs = Date.UTC(2024, 4, 18);

let stack: Stack;
let service: Service;
let config: Config;
beforeAll(async () => {
  ({stack, config, service} = await countSample());
}, 120_000);
afterAll(async () => {
  await service.stop();
  await stack.close();
});

async function settled(events: number): Promise<void> {
  await new DemoProgress(service.worker, events).untilSettled();
}

interface Ran {
  readonly code: number;
  readonly out: Record<string, unknown>;
}

/** Beside the worker, in a consumer group of its own. */
async function replayed(then: 'compare' | 'write', changes: Partial<WriteRequest> = {}): Promise<Ran> {
  const {signal} = new AbortController();
  const readingGroup = 'replay';
  const reading: Config = {...config, eventHubs: {...config.eventHubs, consumerGroup: readingGroup}};
  const {window, views} = await runReplay(
    {
      window: {fromMs, untilMs},
      events: {kind: 'eventhubs'},
      rows: {kind: 'loganalytics'},
      views: {kind: 'configured', name: undefined},
      margins: {beforeMs: undefined, afterMs: undefined},
      readTo: 'end of the log',
    },
    {
      config: reading,
      configSource: {fileName: undefined, flags: settings, needs: []},
      signal,
      tell: () => {},
    },
  );
  let printed = '';
  const request: WriteRequest = {
    window,
    config,
    views,
    readingGroup,
    format: 'json',
    signal,
    print: (text) => void (printed += text),
    tell: () => {},
    shrinking: 'refused',
    mode: 'write',
    confirm: async () => 'yes',
    ...changes,
  };
  const code = await (then === 'compare' ? runCompare(request) : runWrite(request));
  return {code, out: JSON.parse(printed) as Record<string, unknown>};
}

type Stored = Record<string, string | number> & {id: string; pk: string};

/** A document of the arrival view `region-usage` as the emulator holds it. */
async function aDocument(): Promise<Stored> {
  const [first] = await documents();
  return first!;
}

async function documents(): Promise<Stored[]> {
  const client = createCosmosClient({endpoint: stack.cosmos.endpoint, credential: {key: stack.cosmos.key}});
  const query = "SELECT * FROM c WHERE c.view = 'region-usage' AND c.grain = '5m'";
  try {
    const {resources} = await client
      .database('weir')
      .container('aggregates')
      .items.query<Stored>(query, {partitionKey: 'region-usage|5m|2024-05-17'})
      .fetchAll();
    return resources;
  } finally {
    client.dispose();
  }
}

function change(document: Stored, fields: Record<string, number>): void {
  const changed = {...document, ...fields};
  for (const name of ['_rid', '_self', '_etag', '_attachments', '_ts']) delete changed[name];
  stack.cosmos.put({database: 'weir', container: 'aggregates', document: changed});
}

test('right after a live run nothing differs', {timeout: 60_000}, async () => {
  const {code, out} = await replayed('compare');
  expect(out).toMatchObject({different: [], onlyInCosmos: [], onlyInReplay: [], notComparable: []});
  expect([code, Number(out['same']) > 500]).toEqual([0, true]);
});

test(
  'a document that was changed is named, alone, and rebuilt beside the worker',
  {timeout: 120_000},
  async () => {
    const document = await aDocument();
    const requests = Number(document['requests']);
    change(document, {requests: requests - 1, succeeded: Number(document['succeeded']) - 1});
    const compared = await replayed('compare');
    expect(compared.code).toBe(1);
    expect(compared.out['different']).toMatchObject([{id: document.id, view: 'region-usage', grain: '5m'}]);

    const rebuilt = await replayed('write');
    expect(rebuilt.out).toMatchObject({
      written: true,
      documents: [{id: document.id, change: 'replaced', requests: {before: requests - 1, after: requests}}],
      refused: [],
    });
    expect(rebuilt.code).toBe(0);
    expect((await replayed('compare')).code).toBe(0);

    // Without an id nothing is waited for. The worker's next delta for the document is added to what was rebuilt.
    const late = {
      schemaVersion: 1,
      timestamp: String(document['windowStart']),
      status: 200,
      headers: {'x-ms-region': document['region']},
      deployment: document['deployment'],
    };
    stack.eventHubs.append({hub, partitionId: '1', events: [{body: Buffer.from(JSON.stringify(late))}]});
    await settled(sampleEvents + 1);
    const now = (await documents()).find(({id}) => id === document.id);
    expect(now?.['requests']).toBe(requests + 1);
    const {code, out} = await replayed('compare');
    expect([code, out['notComparable']]).toEqual([0, []]);
  },
);

test(
  'a window that would lose requests is left, and told, unless it is allowed to',
  {timeout: 60_000},
  async () => {
    const document = await aDocument();
    const requests = Number(document['requests']);
    change(document, {requests: requests + 2, succeeded: Number(document['succeeded']) + 2});
    const refused = await replayed('write');
    expect(refused.code).toBe(1);
    expect(refused.out['refused']).toMatchObject([{because: [expect.stringContaining('--allow-shrink')]}]);
    expect((await replayed('write', {shrinking: 'allowed'})).code).toBe(0);
    expect((await replayed('compare')).code).toBe(0);
  },
);
