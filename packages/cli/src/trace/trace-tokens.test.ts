import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {createCosmosClient, prepareCosmos} from '@weir/azure';
import {startStack, type Stack} from '@weir/emulators';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {linesOf, runWeir, type CommandEnd} from '../command-fixture.ts';
import type {Reading} from '../inspect/reading.ts';

const hub = 'gateway-logs';
const shapes = new URL('../../../../test/fixtures/shapes/', import.meta.url);
const fixture = (name: string): string => fileURLToPath(new URL(`${name}.ndjson`, shapes));
const bodiesOf = (name: string): string[] => readFileSync(fixture(name), 'utf8').trim().split('\n');
/** The first tells 9 + 3 = 12 tokens, the second the same ones again, the third is a repeat of the first. */
const toldAgain = 'openai-logger/call-repeated-under-another-id';
const firstId = '3f6e2a10-0000-4000-8000-0000000000aa';
const againId = '3f6e2a10-0000-4000-8000-0000000000ac';
/** 14 + 6 by o200k_base, see test/fixtures/tokens. */
const withTexts = 'openai-logger/texts-without-counts';
const textsId = '7b000000-0000-4000-8000-000000000021';
const said = 'antidisestablishmentarianism';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-'));
});
afterAll(() => rmSync(folder, {recursive: true}));

function trace(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CommandEnd> {
  return runWeir(['trace', ...args], {cwd: folder, env});
}

interface Traced {
  readonly events: readonly {readonly readings: readonly Record<string, unknown>[]}[];
  readonly documents: readonly {readonly adds: Record<string, number>}[];
}

/** What the event's first reading says of tokens, and what the call adds to its first document. */
async function tokensOf(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{event: unknown; note: unknown; adds: unknown}> {
  const {code, stdout, stderr} = await trace([...args, '--json'], env);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).not.toContain(said);
  const {events, documents} = JSON.parse(stdout) as Traced;
  const {event, tokensNote: note} = events[0]?.readings[0] ?? {};
  return {event, note, adds: documents[0]?.adds};
}

/** Lines as `weir inspect` writes them, of bodies that come minute by minute from sequence number `first` on. */
function eventFile(name: string, {bodies, first}: {bodies: readonly string[]; first: number}): string {
  const lines = bodies.map((body, nth) => ({
    partition: '0',
    sequenceNumber: first + nth,
    enqueuedTime: new Date(Date.parse('2024-05-17T12:00:00Z') + nth * 60_000).toISOString(),
    body: JSON.parse(body) as unknown,
  }));
  writeFileSync(join(folder, name), lines.map((line) => JSON.stringify(line)).join('\n'));
  return `ndjson:${name}`;
}

test('counts that an earlier call told are said to be counted with it, and are unknown here', async () => {
  const source = ['--source', `ndjson:${fixture(toldAgain)}`];
  const {code, stdout} = await trace([againId, ...source]);
  expect(code).toBe(0);
  expect(stdout).toContain(`
              tokens 9 + 3 = 12 (reported; counted with an earlier call)
              event 0 told them before, for
              3f6e2a10-0000-4000-8000-0000000000aa: here they count as unknown
`);
  expect(await tokensOf([againId, ...source])).toMatchObject({
    note: {kind: 'told before', by: {sequenceNumber: 0, requestId: firstId}},
    adds: {requests: 1, totalTokens: 0, requestsTokensReported: 0, requestsTokensUnknown: 1},
  });
});

test('the call that told them first has them, whatever repeats it', async () => {
  expect(await tokensOf([firstId, '--source', `ndjson:${fixture(toldAgain)}`])).toMatchObject({
    note: undefined,
    adds: {requests: 1, totalTokens: 12, requestsTokensReported: 1},
  });
});

test('a file that does not reach back by the horizon is said not to tell', async () => {
  const source = eventFile('later.ndjson', {bodies: bodiesOf(toldAgain).slice(1, 2), first: 7});
  const {stdout} = await trace([againId, '--source', source]);
  expect(stdout).toContain(`
              tokens 9 + 3 = 12 (reported)
              unless they are counted with an earlier call: not every event
              since 2024-05-17T11:55:00.000Z was looked at
`);
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
});

test('texts without counts are estimated, as a worker with time does it', async () => {
  const source = ['--source', `ndjson:${fixture(withTexts)}`];
  const {stdout} = await trace([textsId, ...source]);
  expect(stdout).toContain(`
              tokens 14 + 6 = 20 (estimated)
              a busy worker may have left them unknown
`);
  expect(await tokensOf([textsId, ...source])).toMatchObject({
    event: {totalTokens: 20, tokenSource: 'estimated'},
    adds: {totalTokens: 20, requestsTokensEstimated: 1},
  });
});

test('so are those of halves, which wait for counts no longer than join.mergeWait', async () => {
  const id = '9c000000-0000-4000-8000-000000000031';
  const halves = 'enterprise-logging/texts-without-counts';
  const {stdout} = await trace([id, '--source', `ndjson:${fixture(halves)}`]);
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  expect(stdout).toMatch(/Join +not yet: other parts of the call may come \(join.mergeWait\)/);
  const longAgo = eventFile('halves.ndjson', {bodies: bodiesOf(halves), first: 0});
  expect(await tokensOf([id, '--source', longAgo])).toMatchObject({
    event: {totalTokens: 20, tokenSource: 'estimated'},
    adds: {requests: 1, totalTokens: 20},
  });
});

test('with tokens.estimate off they stay unknown', async () => {
  const args = [textsId, '--source', `ndjson:${fixture(withTexts)}`, '--tokens.estimate', 'false'];
  expect(await tokensOf(args)).toMatchObject({event: {tokenSource: 'unknown'}, adds: {totalTokens: 0}});
});

describe('over the wire', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({hub, partitionCount: 1});
    const events = [...bodiesOf(toldAgain), ...bodiesOf(withTexts)].map((body) => ({
      body: Buffer.from(body),
    }));
    stack.eventHubs.append({hub, partitionId: '0', events});
    const {endpoint, key} = stack.cosmos;
    const client = createCosmosClient({endpoint, credential: {key}});
    await prepareCosmos({client, database: 'weir', aggregates: 'aggregates'});
    client.dispose();
  });
  afterAll(() => stack.close());

  test('the same is found in the hub', async () => {
    expect(await tokensOf([againId], stack.variables)).toMatchObject({
      event: {totalTokens: 12, tokenSource: 'reported'},
      note: {kind: 'told before', by: {sequenceNumber: 0, requestId: firstId}},
      adds: {totalTokens: 0, requestsTokensUnknown: 1},
    });
    expect(await tokensOf([textsId], stack.variables)).toMatchObject({
      event: {totalTokens: 20, tokenSource: 'estimated'},
      adds: {totalTokens: 20, requestsTokensEstimated: 1},
    });
  });

  test('what inspect has masked is not taken for what was said', async () => {
    await runWeir(['inspect', '--out', 'masked.ndjson'], {cwd: folder, env: stack.variables});
    const written = readFileSync(join(folder, 'masked.ndjson'), 'utf8');
    expect(written).not.toContain(said);
    // Of each event for itself: inspect does not know which others tell its counts.
    expect(linesOf(written).map(({reading}) => (reading as Reading).event?.tokenSource)).toEqual([
      'reported',
      'reported',
      'reported',
      'estimated',
      'unknown',
      'unknown',
    ]);
    const {stdout} = await trace([textsId, '--source', 'ndjson:masked.ndjson']);
    expect(stdout).toContain(`
              tokens unknown: its texts are masked here (weir inspect
              --show-content writes them)
`);
    expect(await tokensOf([textsId, '--source', 'ndjson:masked.ndjson'])).toMatchObject({
      note: {kind: 'texts masked'},
      adds: {totalTokens: 0, requestsTokensUnknown: 1},
    });
  });
});
