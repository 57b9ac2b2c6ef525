import {BlobDeadLetterStore, createBlobContainer} from '@weir/azure';
import {startStack, type Stack} from '@weir/emulators';
import type {DeadLetter} from '@weir/pipeline';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {runWeir, type CommandEnd} from '../command-fixture.ts';

const hub = 'gateway-logs';
const enqueuedTimeMs = Date.parse('2024-05-17T13:15:02.000Z');
const source = {namespace: '127.0.0.1', hub, group: '$Default'};
const lineage = '0123456789abcdef0123456789abcdef';

let stack: Stack;
let env: Readonly<Record<string, string>> = {};
beforeAll(async () => {
  stack = await startStack({hub, partitionCount: 2});
  env = {
    EVENT_HUBS_CONNECTION_STRING: stack.eventHubs.connectionString,
    EVENT_HUB_NAME: hub,
    STORAGE_CONNECTION_STRING: stack.blob.connectionString,
  };
  await write('10', 2, [{reason: 'empty'}]);
  await write('1', 11, [
    {sequenceNumber: 148, reason: 'not JSON', detail: 'not JSON'},
    {sequenceNumber: 148, index: 3, reason: 'unknown shape', detail: 'unknown shape (closest is weir)'},
  ]);
  await write('1', 9, [
    {sequenceNumber: 20, reason: 'too late', layer: 'assign'},
    {sequenceNumber: 12, reason: 'lost', layer: 'source', offset: '', enqueuedTimeMs: 0},
  ]);
});
afterAll(() => stack.close());

async function write(partitionId: string, n: number, letters: readonly Partial<DeadLetter>[]): Promise<void> {
  const connectionString = stack.blob.connectionString;
  const {client} = await createBlobContainer({connectionString, name: 'weir'});
  const whole = letters.map((letter) => ({
    sequenceNumber: 7,
    index: 0,
    offset: '700',
    enqueuedTimeMs,
    layer: 'decode',
    ...letter,
  }));
  const bytes = Buffer.from(`${whole.map((letter) => JSON.stringify(letter)).join('\n')}\n`);
  await new BlobDeadLetterStore(client).write({...source, partitionId}, {lineage, n, bytes});
}

function deadLetters(...args: string[]): Promise<CommandEnd> {
  return runWeir(['dead-letters', ...args], {env});
}

test('the list is in the order of position, fits 80 columns, and is counted by reason', async () => {
  const {code, stdout, stderr} = await deadLetters('list');
  expect(code).toBe(0);
  expect(stdout.split('\n')).toEqual([
    'partition sequence         enqueued                 layer  reason',
    '1         12               -                        source lost',
    '1         20               2024-05-17T13:15:02.000Z assign too late',
    '1         148              2024-05-17T13:15:02.000Z decode not JSON',
    '1         148/3            2024-05-17T13:15:02.000Z decode unknown shape',
    '10        7                2024-05-17T13:15:02.000Z decode empty',
    '',
  ]);
  expect(stderr).toBe('5 dead letters: 1 empty, 1 lost, 1 not JSON, 1 too late, 1 unknown shape.\n');
});

test('--json gives programs everything, and the filters narrow it', async () => {
  const {stdout} = await deadLetters('list', '--json', '--partition', '1', '--reason', 'lost');
  expect(JSON.parse(stdout)).toEqual([
    {
      partition: '1',
      sequenceNumber: 12,
      index: 0,
      offset: null,
      enqueuedTime: null,
      reason: 'lost',
      layer: 'source',
      detail: null,
      commit: {lineage, n: 9},
      retried: null,
    },
  ]);
  const none = await deadLetters('list', '--partition', '0');
  expect([none.code, none.stdout, none.stderr]).toEqual([0, '', '0 dead letters.\n']);
});

test('one is shown with its reason, layer and position, and how to look at its event', async () => {
  const {code, stdout} = await deadLetters('show', '1/148/3');
  expect(code).toBe(0);
  expect(stdout.split('\n')).toEqual([
    'Record 3 of event 148 in partition 1 is in no aggregate: unknown shape.',
    '  Layer     decode (making an event of the body)',
    '  Detail    unknown shape (closest is weir)',
    '  Offset    700',
    '  Enqueued  2024-05-17T13:15:02.000Z',
    `  Commit    11 of ${lineage}`,
    '',
    'To see the event, while the hub still has it:',
    '  npx weir inspect --partition 1 --from-sequence 148 --count 1',
    '',
  ]);
  expect(JSON.parse((await deadLetters('show', '1/148', '--json')).stdout)).toHaveLength(2);
});

test('a place without a dead letter is said, with exit code 1', async () => {
  const {code, stdout, stderr} = await deadLetters('show', '0/5');
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toContain('there is no dead letter of event 5 in partition 0');
});

test.each([
  [['list', '--reason', 'not json'], 'did you mean "not JSON"?'],
  [
    ['list', '--partition', 'x'],
    "'--partition <id>' argument 'x' is invalid. give the number of a partition",
  ],
  [['show', 'x'], 'give partition and sequence number, for example 1/148.'],
  [['lst'], 'did you mean list?'],
  [['retry', '1/x'], 'give partition and sequence number, for example 1/148.'],
  [['retry', '--from-sequence', '7'], 'a sequence number is of one partition'],
])('%j is wrong usage, exit code 2', async (args, words) => {
  const {code, stdout, stderr} = await deadLetters(...args);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(words);
});

test('another container is not made, but said not to be there', async () => {
  const {code, stderr} = await deadLetters('list', '--storage.container', 'nowhere');
  expect(code).toBe(2);
  expect(stderr).toContain('There is no blob container "nowhere"');
});
