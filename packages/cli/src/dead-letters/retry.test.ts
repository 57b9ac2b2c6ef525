import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {startStack, type Stack} from '@weir/emulators';
import {createLogger, loadConfig, Service} from '@weir/worker';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {runWeir, type CommandEnd} from '../command-fixture.ts';
import {DemoProgress} from '../demo/progress.ts';
import {version} from '../version.ts';

const hub = 'gateway-logs';
const enqueuedTimeMs = Date.parse('2024-05-17T13:15:02.000Z');
/** The windows are long past: their documents would have expired. */
const kept = {'retention.5m': 'none', 'retention.1h': 'none'};
const settings = {
  ...kept,
  'flush.interval': '100ms',
  'refresh.5m': '100ms',
  'refresh.1h': '100ms',
  'refresh.1d': '100ms',
  'join.feedInterval': '500ms',
  'join.settle': '100ms',
  'join.sweepAfter': '500ms',
  'join.sweepInterval': '500ms',
  'join.deadline': '2s',
  'ownership.interval': '500ms',
  'ownership.expiry': '4s',
  'http.port': '0',
};

/** An event of a proxy that no built-in shape reads. */
function ownCall(callId: string, {region = 'East US', prompt = 9}: {region?: string; prompt?: number} = {}) {
  const usage = {prompt_tokens: prompt, completion_tokens: 3, total_tokens: prompt + 3};
  const call = {kind: 'llm-call', callId, at: '2024-05-17T13:14:59Z', status: 200, region, usage};
  return call;
}
function workloadCall(requestId: string) {
  const usage = {prompt_tokens: 1, completion_tokens: 1, total_tokens: 2};
  const headers = {'x-ms-region': 'East US'};
  return {schemaVersion: 1, requestId, timestamp: '2024-05-17T13:14:58Z', status: 200, headers, usage};
}
const shapes = `
shapes:
  - name: our-proxy
    recognise: {equals: {kind: llm-call}}
    fields: {requestId: callId, eventTime: at, status: status, region: region, usage: usage}
`;

let stack: Stack;
let service: Service | undefined;
let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-'));
  writeFileSync(join(folder, 'weir.yaml'), shapes);
  stack = await startStack({hub, partitionCount: 2});
  append('0', [
    workloadCall('live-1'),
    ownCall('own-1'),
    // Only the second record of this body is set aside.
    [workloadCall('live-2'), ownCall('own-2', {region: 'West US', prompt: 100}), workloadCall('live-3')],
    'not JSON at all',
  ]);
  append('1', [ownCall('own-1')]);
  stack.logAnalytics.ingest([row('own-1', 1_500)]);
  const {config} = loadConfig({env: {...stack.variables}, flags: settings});
  // It goes on, beside the retries.
  service = await Service.start({config, log: createLogger({level: 'silent'}), version});
  await new DemoProgress(service.worker, 5).untilSettled();
}, 60_000);
afterAll(async () => {
  await service?.stop();
  await stack.close();
  rmSync(folder, {recursive: true});
});

function append(partitionId: string, values: readonly unknown[]): void {
  const events = values.map((value) => ({
    body: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
    enqueuedTimeMs,
  }));
  stack.eventHubs.append({hub, partitionId, events});
}

function row(id: string, durationMs: number): Record<string, unknown> {
  return {
    TimeGenerated: '2024-05-17T13:15:00.0000000Z',
    Category: 'RequestResponse',
    OperationName: 'ChatCompletions_Create',
    ResultSignature: '200',
    DurationMs: durationMs,
    CorrelationId: id,
    Resource: 'AOAI-EASTUS-01',
    properties_s: '{"streamType":"Streaming","modelName":"gpt-4o","modelVersion":"2024-05-13"}',
    _ingestedAt: '2024-05-17T13:18:00.000Z',
  };
}

function retry(...args: string[]): Promise<CommandEnd> {
  const flags = Object.entries(kept).flatMap(([name, value]) => [`--${name}`, value]);
  const command = ['dead-letters', 'retry', '--config', 'weir.yaml', ...flags, '--consumer-group', 'looking'];
  return runWeir([...command, ...args], {cwd: folder, env: stack.variables});
}

/** Requests, prompt tokens, matched and ms of the 5-minute documents, by view and region. */
function counted(): Record<string, readonly number[]> {
  return Object.fromEntries(
    stack.cosmos
      .documents('weir', 'aggregates')
      .filter(({grain}) => grain === '5m')
      .map(({view, region, model, requests, promptTokens, matched, durationMsSum}) => [
        `${String(view)} ${String(region)} ${String(model)}`,
        [requests, promptTokens, matched, durationMsSum].map(Number),
      ])
      .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  );
}

const live = {
  'region-latency eastus unknown': [3, 3, 0, 0],
  'region-usage eastus all': [3, 3, 0, 0],
};

test('a dry run shows what each letter would become and changes nothing', async () => {
  const {code, stdout, stderr} = await retry('--dry-run');
  expect(stdout.split('\n')).toEqual([
    'partition sequence         becomes',
    '0         1                an event: eastus, 200, matched in 1500 ms',
    '0         2/1              an event: westus, 200, unmatched',
    '0         3                left: still not JSON',
    '1         0                settled: a repeat of one that counts',
    '',
  ]);
  expect(stderr).toBe(
    '3 dead letters would count; nothing was changed. 1 dead letter is left: still a dead letter (1).\n',
  );
  expect(code).toBe(1);
  expect(counted()).toEqual(live);
});

test('without a terminal nothing is counted unless --yes is given', async () => {
  const {code, stderr} = await retry();
  expect([code, stderr]).toEqual([
    2,
    'weir: nothing was counted. Add --yes to go on without a terminal to ask on.\n',
  ]);
  expect(counted()).toEqual(live);
});

test('after a shape was added each event counts once, a second retry counts nothing, and lists tell it', async () => {
  const {code, stdout} = await retry('--reason', 'unknown shape', '--yes', '--json');
  const letters = JSON.parse(stdout) as Record<string, unknown>[];
  expect(letters.map(({outcome, settled}) => [outcome, settled])).toEqual([
    ['counts', true],
    ['counts', true],
    ['repeat', true],
  ]);
  expect(letters[0]).toMatchObject({
    partition: '0',
    sequenceNumber: 1,
    reason: 'unknown shape',
    left: null,
    event: {requestId: 'own-1', region: 'eastus', shape: 'our-proxy', join: 'matched', durationMs: 1500},
  });
  expect(code).toBe(0);
  const all = {
    'region-latency eastus gpt-4o': [1, 9, 1, 1500],
    'region-latency eastus unknown': [3, 3, 0, 0],
    'region-latency westus unknown': [1, 100, 0, 0],
    'region-usage eastus all': [4, 12, 0, 0],
    'region-usage westus all': [1, 100, 0, 0],
  };
  expect(counted()).toEqual(all);

  const again = await retry('--reason', 'unknown shape', '--yes');
  expect([again.code, again.stdout, again.stderr]).toEqual([0, '', '0 dead letters counted.\n']);
  const named = await retry('0/1', '--yes');
  expect([named.code, named.stderr]).toEqual([
    0,
    '0 dead letters counted.\nOf those named 1 was settled by an earlier retry.\n',
  ]);
  expect(counted()).toEqual(all);

  const weir = (...args: string[]) => runWeir(['dead-letters', ...args], {env: stack.variables});
  const open = await weir('list');
  expect(open.stdout).toContain('0         3 ');
  expect(open.stderr).toBe(
    '1 dead letter: 1 not JSON.\n3 more were settled by a retry; --retried lists them.\n',
  );
  expect((await weir('list', '--retried')).stderr).toBe('3 dead letters: 3 unknown shape.\n');
  expect((await weir('show', '0/2/1')).stdout).toMatch(/was counted by a retry[^]*Retried +20/);
});

test('a worker goes on in documents that a retry has written', async () => {
  append('0', [workloadCall('live-4')]);
  const usage = () => counted()['region-usage eastus all'];
  await expect.poll(usage, {timeout: 30_000}).toEqual([5, 13, 0, 0]);
});

test('the retry partition is judged like the others, once there is one', async () => {
  const {code, stdout} = await runWeir(['recover'], {env: stack.variables});
  expect(stdout).toMatch(/^Partition 0 .*\nPartition 1 .*\nPartition retry is not stopped: commit 2\.\n$/);
  expect(code).toBe(0);
});

test('in the worker’s own consumer group nothing is read or taken from it, and that is said', async () => {
  const {code, stderr} = await retry('--consumer-group', '$Default', '--yes');
  expect(stderr).toMatch(/^weir: Partition 0 is owned by a worker in the consumer group \$Default/m);
  expect(code).toBe(1);
});

test('a place without an open letter is said, with exit code 1', async () => {
  const {code, stderr} = await retry('1/77', '--yes');
  expect(stderr).toContain('weir: there is no open dead letter at 1/77.\n');
  expect(code).toBe(1);
});
