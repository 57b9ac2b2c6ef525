import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {EventHubConsumerClient} from '@azure/event-hubs';
import {startStack, type Stack} from '@weir/emulators';
import {afterAll, beforeAll, expect, test, vi} from 'vitest';
import {linesOf, loadSample, runWeir, type CommandEnd, type CommandOptions} from '../command-fixture.ts';

const hub = 'gateway-logs';
const sampleEvents = 1804;
const eventually = {timeout: 30_000, interval: 50};

let stack: Stack;
let folder = '';
/** Only what an inspection needs: it must not ask for anything else. */
let env: Readonly<Record<string, string>> = {};
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-'));
  stack = await startStack({hub, partitionCount: 4});
  loadSample(stack, {hub});
  env = {EVENT_HUBS_CONNECTION_STRING: stack.eventHubs.connectionString, EVENT_HUB_NAME: hub};
});
afterAll(async () => {
  await stack.close();
  rmSync(folder, {recursive: true});
});

function inspect(args: readonly string[], options: CommandOptions = {}): Promise<CommandEnd> {
  return runWeir(['inspect', ...args], {env, cwd: folder, ...options});
}

function arrayIn(name: string): Record<string, unknown>[] {
  return JSON.parse(readFileSync(join(folder, name), 'utf8')) as Record<string, unknown>[];
}

test('without a partition all events of all partitions come, each partition in its order', async () => {
  const {code, stdout, stderr} = await inspect(['--out', 'all.json']);
  expect([code, stdout]).toEqual([0, '']);
  expect(stderr).toBe('Wrote 1,804 of 1,804 events read from 4 partitions to all.json.\n');
  const events = arrayIn('all.json');
  expect(events).toHaveLength(sampleEvents);
  for (const [partition, own] of Map.groupBy(events, (event) => String(event['partition']))) {
    expect(own.map((event) => event['sequenceNumber'])).toEqual(own.map((_, index) => index));
    expect(own).toHaveLength(stack.eventHubs.facts(hub, partition).heldEvents);
  }
});

test('one event comes with its place, its body and how it is read', async () => {
  const {code, stdout} = await inspect(['--partition', '0', '--from-sequence', '2', '--count', '1']);
  expect(code).toBe(0);
  expect(linesOf(stdout)).toEqual([
    {
      partition: '0',
      sequenceNumber: 2,
      offset: expect.any(String),
      enqueuedTime: '2024-05-17T12:01:31.053Z',
      properties: {},
      body: expect.objectContaining({requestId: '4a4691eb-5078-4054-9d58-bddfa0d5b45d'}),
      reading: {
        shape: 'workload',
        outcome: 'event',
        reason: null,
        event: expect.objectContaining({region: 'eastus', status: 200, tokenSource: 'unknown'}),
      },
    },
  ]);
});

test('--json makes standard output an array, and an offset begins with the event that has it', async () => {
  const [first] = linesOf(
    (await inspect(['--partition', '1', '--from-sequence', '7', '--count', '1'])).stdout,
  );
  const {stdout} = await inspect([
    '--partition',
    '1',
    '--from-offset',
    String(first?.['offset']),
    '--count',
    '1',
    '--json',
  ]);
  expect(JSON.parse(stdout)).toEqual([first]);
});

test('a time window takes its start and leaves out its end', async () => {
  const window = ['--from', '2024-05-17T12:01:31.053Z', '--until', '2024-05-17T12:02:04.974Z'];
  const events = linesOf((await inspect(['--partition', '0', ...window])).stdout);
  expect(events.map((event) => event['sequenceNumber'])).toEqual([2]);
});

test('--malformed gives the events that Weir cannot count, with reason and parse error', async () => {
  const events = linesOf((await inspect(['--malformed'])).stdout);
  expect(events.length).toBeGreaterThan(20);
  for (const event of events) expect(event['reading']).toMatchObject({outcome: 'deadLetter'});
  const torn = events.find(({partition, sequenceNumber}) => partition === '1' && sequenceNumber === 151);
  expect(torn).toMatchObject({
    bodyText: expect.stringMatching(/^\[masked: \d+ characters\]$/),
    parseError: expect.stringContaining('position 300'),
    reading: {reason: 'truncated'},
  });
});

test('a pasted error of Stream Analytics leads to its event', async () => {
  const message =
    "Source 'EventHub' had 76 occurrences of kind 'InputDeserializerError.InvalidData' between processing times '2024-05-17T13:00:00Z' and '2024-05-17T13:01:00Z'. Partition: [1], Offset: [0:91284], SequenceNumber: [141]";
  const {stdout} = await inspect(['--error', message, '--count', '1']);
  expect(linesOf(stdout)).toMatchObject([
    {partition: '1', sequenceNumber: 141, reading: {outcome: 'deadLetter', reason: 'bad request id'}},
  ]);
});

test('--where keeps the events for which it holds', async () => {
  const {stdout} = await inspect(['--where', 'region=eastus and status>=400 and body.stream=true']);
  const events = linesOf(stdout);
  expect(events.length).toBeGreaterThan(0);
  for (const event of events) {
    expect(event).toMatchObject({body: {stream: true}, reading: {event: {region: 'eastus'}}});
  }
});

test('content is masked unless it is asked for', async () => {
  const secret = 'what nobody else should read';
  const body = Buffer.from(JSON.stringify({messages: [{role: 'user', content: secret}]}));
  stack.eventHubs.append({hub, partitionId: '3', events: [{body, properties: {prompt: secret}}]});
  const from = ['--partition', '3', '--from', '2025-01-01T00:00:00Z'];
  const masked = await inspect(from);
  expect(masked.stdout).not.toContain(secret);
  expect(linesOf(masked.stdout)).toMatchObject([
    {body: {messages: [{role: 'user', content: '[masked: 28 characters]'}]}},
  ]);
  const [shown] = linesOf((await inspect([...from, '--show-content'])).stdout);
  expect(shown).toMatchObject({body: {messages: [{content: secret}]}, properties: {prompt: secret}});
});

test.each<[NodeJS.Signals, number | null]>([
  ['SIGINT', 130],
  ['SIGTERM', 130],
  ['SIGKILL', null],
])('after %s the file is valid JSON', async (name, expected) => {
  const file = `${name}.json`;
  const when = () => vi.waitFor(() => expect(arrayIn(file).length).toBeGreaterThan(100), eventually);
  const {code} = await inspect(['--seconds', '60', '--out', file], {signal: {name, when}});
  expect(code).toBe(expected);
  expect(arrayIn(file).length).toBeGreaterThan(100);
});

test('--seconds waits for events that are still to come', async () => {
  const when = async (): Promise<void> => {
    await vi.waitFor(() => expect(stack.eventHubs.receivingLinks()).toHaveLength(1), eventually);
    stack.eventHubs.append({hub, partitionId: '2', events: [{body: Buffer.from('"late"')}]});
  };
  const [end] = await Promise.all([
    inspect(['--partition', '2', '--from', 'latest', '--seconds', '20', '--count', '1']),
    when(),
  ]);
  expect(end.code).toBe(0);
  expect(linesOf(end.stdout)).toMatchObject([{body: 'late'}]);
});

test('beside an owner it is refused, takes nothing from it, and reads in a group of its own', async () => {
  const owner = new EventHubConsumerClient('$Default', stack.eventHubs.connectionString, hub);
  let received = 0;
  const errors: unknown[] = [];
  const subscription = owner.subscribe(
    '0',
    {
      processEvents: async (events) => void (received += events.length),
      processError: async (error) => void errors.push(error),
    },
    {startPosition: {offset: '-1'}, ownerLevel: 1, maxWaitTimeInSeconds: 1, maxBatchSize: 300},
  );
  try {
    await vi.waitFor(() => expect(received).toBeGreaterThan(0), eventually);
    const refused = await inspect(['--partition', '0', '--count', '1']);
    expect([refused.code, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr).toMatch(/^weir: Partition 0 is owned by a worker .*consumer group of your own/);
    const own = await inspect(['--partition', '0', '--count', '1', '--consumer-group', 'mine']);
    expect(linesOf(own.stdout)).toHaveLength(1);
    expect(errors).toEqual([]);
  } finally {
    await subscription.close();
    await owner.close();
  }
});

test('when nobody reads the output any more it ends, without a complaint', async () => {
  const {code, stderr} = await inspect(['--seconds', '50'], {stopReading: 'after the first part'});
  expect(code).toBe(0);
  expect(stderr).toMatch(/^Wrote [\d,]+ of [\d,]+ events read from 4 partitions\.\n$/);
});

test.each([
  [['--partition', '9'], 'weir: --partition: the hub has no partition 9. Its partitions are 0, 1, 2, 3.'],
  [['--from', 'ealiest'], 'did you mean earliest?'],
  [['--from', '12'], 'did you mean --from-sequence 12?'],
  [['--from-sequence', '2'], '--partition is needed with --from-sequence'],
  [['--from-sequence', '-2', '--partition', '0'], 'a whole number from 0'],
  [['--from', 'latest', '--from-offset', '2'], 'cannot be used with option'],
  [['--where', 'regio=x'], 'did you mean region?'],
  [['--error', 'no place'], 'it names no place'],
  [['--until', '2024-02-30T00:00:00Z'], 'give a time in ISO 8601'],
  [['--out', 'x.txt'], '--out: the name of x.txt'],
  [['--malforme'], 'did you mean --malformed?'],
])('%j is wrong usage: one line, exit code 2', async (args, words) => {
  const {code, stdout, stderr} = await inspect(args);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(words);
  expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(words.startsWith('Did') ? 2 : 1);
});

test('a number beyond the end is said, and nothing is written', async () => {
  const {code, stdout, stderr} = await inspect(['--partition', '1', '--from-sequence', '99999']);
  expect([code, stdout]).toEqual([0, '']);
  expect(stderr).toContain('Partition 1 has no event 99999: its last one was 436.');
});
