import assert from 'node:assert/strict';
import {expect, test} from 'vitest';
import {largeBytes, largeHead, sendLarge} from './large-requests.ts';
import {listeningAt} from './listening.ts';
import {Scenario} from './scenario.ts';

/** What a server may hold of a request of 50 MiB: its own limit on a body, and what is on its way. */
const keptBytesMax = 20 * 1024 * 1024;

/** A SASL header, and a frame that announces 2 GiB. */
const hugeFrame = Buffer.from('414d5150030100007fffffff02010000', 'hex');

interface Target {
  readonly name: string;
  readonly port: (scenario: Scenario) => number;
  readonly head: Buffer | string;
  /** What it may say; an end of the connection without a word is right too. */
  readonly answer: RegExp;
}

const portOf = (url: string): number => Number(new URL(url).port);
const targets: readonly Target[] = [
  {
    name: 'Log Analytics',
    port: ({stack}) => portOf(stack.logAnalytics.endpoint),
    head: largeHead('POST', '/v1/workspaces/00000000-0000-4000-8000-000000000000/query'),
    answer: /^HTTP\/1\.1 413 /,
  },
  {
    name: 'Cosmos DB',
    port: ({stack}) => portOf(stack.cosmos.endpoint),
    head: largeHead('POST', '/dbs/weir/colls/aggregates/docs'),
    answer: /^HTTP\/1\.1 413 /,
  },
  {
    name: 'Blob storage',
    port: ({stack}) => portOf(stack.blob.blobEndpoint),
    head: largeHead('PUT', '/devstoreaccount1/weir/journal/x'),
    answer: /^HTTP\/1\.1 4\d\d /,
  },
  {name: 'Event Hubs', port: ({stack}) => stack.eventHubs.port, head: hugeFrame, answer: /^AMQP/},
];

test('the emulators listen on 127.0.0.1 alone', {timeout: 30_000}, async () => {
  const scenario = await Scenario.start({partitionCount: 1});
  const found = await Promise.all(
    targets.map(async ({name, port}) => [name, ...(await listeningAt(port(scenario)))]),
  );
  expect(found).toEqual(targets.map(({name}) => [name, '127.0.0.1']));
});

test.for(targets)('50 MiB sent to $name are refused and not kept', {timeout: 60_000}, async (target) => {
  const scenario = await Scenario.start({partitionCount: 1});
  const {text, sentBytes, heldBytes} = await sendLarge({port: target.port(scenario), head: target.head});
  assert(text === '' ? sentBytes < largeBytes : target.answer.test(text), text.slice(0, 200));
  expect(heldBytes).toBeLessThan(keptBytesMax);
});
