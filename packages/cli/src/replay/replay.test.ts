import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {startStack, type Stack} from '@weir/emulators';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {expectedDocuments, type ExpectedDocument} from '../../../../test/oracle/expected-documents.ts';
import {readSample} from '../../../../test/oracle/sample.ts';
import {linesOf, loadSample, runWeir, type CommandEnd} from '../command-fixture.ts';
import {captureName, writeCapture} from './capture/capture-fixture.ts';

const hub = 'gateway-logs';
const sampleFile = (name: string): string =>
  fileURLToPath(new URL(`../../../../test/fixtures/sample/${name}.ndjson`, import.meta.url));
const window = {from: '2024-05-17T00:00:00Z', to: '2024-05-18T00:00:00Z'};
const ofTheDay = ['--from', window.from, '--to', window.to];
const eventsFile = ['--source', `ndjson:${sampleFile('gateway')}`];
const rowsFile = ['--diagnostics', `ndjson:${sampleFile('diagnostics')}`];

interface SampleLine {
  readonly partitionId: string;
  readonly sequenceNumber: number;
  readonly offset: string;
  readonly enqueuedTimeUtc: string;
  readonly body?: string;
  readonly bodyBase64?: string;
}
const sample = linesOf(readFileSync(sampleFile('gateway'), 'utf8')) as unknown as SampleLine[];

let stack: Stack;
let folder = '';
let expected: readonly ExpectedDocument[] = [];
/** What the file of the sample gives. */
let ofFile = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-'));
  stack = await startStack({hub, partitionCount: 4});
  loadSample(stack, {hub});
  // At the sample's own times.
  expected = expectedDocuments(readSample({nowMs: Date.parse(sample.at(-1)!.enqueuedTimeUtc)}), {
    nowMs: Date.parse(window.to),
  }).documents;
  const {stdout} = await replay([...ofTheDay, ...eventsFile, ...rowsFile, '--format', 'ndjson']);
  ofFile = stdout;
}, 60_000);
afterAll(async () => {
  await stack.close();
  rmSync(folder, {recursive: true});
});

/** With the services; or with nothing in its environment. */
function replay(args: readonly string[], services: 'services' | 'files' = 'files'): Promise<CommandEnd> {
  return runWeir(['replay', ...args], {cwd: folder, env: services === 'services' ? stack.variables : {}});
}

function count({length}: readonly unknown[]): string {
  return length.toLocaleString('en-US');
}

type Document = Readonly<Record<string, string | number>>;

function unlike(wanted: ExpectedDocument, found: Document | undefined): string[] {
  if (found === undefined) return [`${wanted.id} is missing`];
  const fields = Object.keys(wanted).filter((field) => field !== 'schemaVersion');
  expect(Object.keys(found).toSorted()).toEqual(fields.toSorted());
  return fields
    .filter((field) => !agrees(field, wanted[field]!, found[field]!))
    .map((field) => `${wanted.id}: ${field} is ${found[field]}, expected ${wanted[field]}`);
}

function agrees(field: string, wanted: string | number, found: string | number): boolean {
  if (typeof wanted === 'string' || typeof found === 'string') return wanted === found;
  if (field === 'durationMsMean') return Math.abs(found - wanted) <= wanted * 1e-9;
  if (field.startsWith('durationMsP')) return Math.abs(found - wanted) <= wanted * 0.01;
  return wanted === found;
}

test('a file of events gives what SQL over the same events gives', () => {
  const found = new Map((linesOf(ofFile) as Document[]).map((document) => [document['id'], document]));
  expect(found.size).toBe(expected.length);
  expect(expected.flatMap((document) => unlike(document, found.get(document.id)))).toEqual([]);
});

test('the hub and Log Analytics give the same as files', {timeout: 60_000}, async () => {
  const {code, stdout, stderr} = await replay([...ofTheDay, '--format', 'ndjson'], 'services');
  expect([code, stdout === ofFile]).toEqual([0, true]);
  expect(stderr).toBe(
    [
      'Reading events enqueued from 2024-05-16T23:50:00Z to 2024-05-18T01:02:00Z.',
      'Read 1,804 events: 1,768 calls, 23 repeats, 25 dead letters.',
      `The window has ${count(expected)} documents.`,
      '',
    ].join('\n'),
  );
});

test('the hub with a file of diagnostics gives the same', {timeout: 60_000}, async () => {
  const {stdout} = await replay([...ofTheDay, ...rowsFile, '--format', 'ndjson'], 'services');
  expect(stdout === ofFile).toBe(true);
});

test('a file of events with Log Analytics gives the same', {timeout: 60_000}, async () => {
  const args = [...ofTheDay, ...eventsFile, '--diagnostics', 'loganalytics', '--format', 'ndjson'];
  const {stdout} = await replay(args, 'services');
  expect(stdout === ofFile).toBe(true);
});

test(
  'files of Event Hubs Capture give the same, whatever order a folder lists them in',
  {timeout: 60_000},
  async () => {
    const fiveMinutesMs = 300_000;
    const byFile = Map.groupBy(sample, ({partitionId, enqueuedTimeUtc}) =>
      captureName(join(folder, 'captured'), {
        partition: partitionId,
        begunMs: Math.floor(Date.parse(enqueuedTimeUtc) / fiveMinutesMs) * fiveMinutesMs,
      }),
    );
    for (const [path, own] of byFile) {
      const events = own.map(({sequenceNumber, offset, enqueuedTimeUtc, body, bodyBase64}) => ({
        sequenceNumber,
        offset,
        enqueuedTimeMs: Date.parse(enqueuedTimeUtc),
        body: body === undefined ? Buffer.from(bodyBase64!, 'base64') : Buffer.from(body),
      }));
      await writeCapture(path, events, {codec: byFile.size % 2 === 0 ? 'deflate' : 'null'});
    }
    await writeCapture(
      captureName(join(folder, 'captured'), {partition: '0', begunMs: Date.parse('2024-05-17T20:00:00Z')}),
      [],
    );
    const args = [...ofTheDay, '--source', 'capture:captured', ...rowsFile, '--format', 'ndjson'];
    const {code, stdout} = await replay(args);
    expect([code, stdout === ofFile]).toEqual([0, true]);
  },
);

test('what inspect writes gives the same', {timeout: 60_000}, async () => {
  await runWeir(['inspect', '--show-content', '--out', 'events.ndjson'], {cwd: folder, env: stack.variables});
  const args = [...ofTheDay, '--source', 'ndjson:events.ndjson', ...rowsFile, '--format', 'ndjson'];
  const {code, stdout} = await replay(args);
  expect([code, stdout === ofFile]).toEqual([0, true]);
});

test('a part of the time gives the documents of the windows that lie whole in it', async () => {
  const part = ['--from', '2024-05-17T12:58:00Z', '--to', '2024-05-17T14:07:00Z'];
  const {stdout, stderr} = await replay([...part, ...eventsFile, ...rowsFile, '--format', 'ndjson']);
  const inside = linesOf(ofFile).filter(
    ({windowStart, windowEnd}) =>
      String(windowStart) >= '2024-05-17T13:00' && String(windowEnd) <= '2024-05-17T14:05:00.000Z',
  );
  expect(linesOf(stdout)).toEqual(inside);
  expect(stderr).toContain('No window of 1d lies whole in that time: these are left out.');
});

test('a view of one’s own adds up to the configured ones', async () => {
  const args = [...ofTheDay, ...eventsFile, ...rowsFile, '--group-by', 'all', '--window', '1d', '--json'];
  const {stdout} = await replay(args);
  const [own, ...others] = JSON.parse(stdout) as Document[];
  const days = linesOf(ofFile).filter(({view, grain}) => view === 'region-latency' && grain === '1d');
  const sum = (field: string): number => days.reduce((total, document) => total + Number(document[field]), 0);
  expect(others).toEqual([]);
  expect(own).toMatchObject({view: 'replay', grain: '1d', region: 'all'});
  for (const field of ['requests', 'matched', 'unmatched', 'totalTokens', 'durationCount', 'durationMsSum'])
    expect(own?.[field]).toBe(sum(field));
});

test('without diagnostics only views on arrival are counted', async () => {
  const {stdout} = await replay([...ofTheDay, ...eventsFile, '--format', 'ndjson']);
  expect(linesOf(stdout)).toEqual(linesOf(ofFile).filter(({view}) => view !== 'region-latency'));
  const {code, stderr} = await replay([...ofTheDay, ...eventsFile, '--view', 'region-latency']);
  expect([code, stderr]).toEqual([
    2,
    'weir: --view: region-latency counts what diagnostics say. Say where they are with --diagnostics.\n',
  ]);
});

test('the table has 80 columns, and says how to get what it cuts off', async () => {
  const {stdout} = await replay([...ofTheDay, ...eventsFile, ...rowsFile]);
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  expect(stdout).toContain(`${count(expected)} documents; --format csv, json or ndjson gives all of them.`);
});

test('a file gets the format that its name says', {timeout: 60_000}, async () => {
  for (const name of ['documents.csv', 'documents.json', 'documents.ndjson', 'documents.txt']) {
    const {code, stdout} = await replay([...ofTheDay, ...eventsFile, ...rowsFile, '--out', name]);
    expect([code, stdout]).toEqual([0, '']);
  }
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  expect(read('documents.ndjson')).toBe(ofFile);
  expect(JSON.parse(read('documents.json'))).toEqual(linesOf(ofFile));
  const [header, first, ...others] = read('documents.csv').trimEnd().split('\n');
  expect(header).toMatch(/^id,pk,view,grain,windowStart,/);
  expect([first?.split(',')[0], others.length + 1]).toEqual([linesOf(ofFile)[0]?.['id'], expected.length]);
  expect(read('documents.txt')).toContain('region-usage, 5m\n');
  expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
});

test('events whose order is lost are refused', async () => {
  const lines = readFileSync(sampleFile('gateway'), 'utf8').trimEnd().split('\n');
  writeFileSync(join(folder, 'turned.ndjson'), lines.toReversed().join('\n'));
  const {code, stdout, stderr} = await replay([...ofTheDay, '--source', 'ndjson:turned.ndjson']);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/weir: Event \d+ of partition \d comes after event \d+: sort the events/);
});

test('bare bodies count as enqueued at the end of the time', async () => {
  const bodies = sample.flatMap(({body}) => (body === undefined ? [] : [body]));
  writeFileSync(join(folder, 'bodies.ndjson'), bodies.filter((body) => !body.includes('\n')).join('\n'));
  const {code, stderr} = await replay([...ofTheDay, '--source', 'ndjson:bodies.ndjson']);
  expect(code).toBe(0);
  expect(stderr).toMatch(/Read 1,[67]\d\d events: 1,[67]\d\d calls/);
});

test('calls in halves count once, and what was said is counted where nobody told the tokens', async () => {
  const shapes = ['enterprise-logging/request-and-response', 'openai-logger/texts-without-counts'];
  const [halves, texts] = shapes.map((name) =>
    readFileSync(new URL(`../../../../test/fixtures/shapes/${name}.ndjson`, import.meta.url), 'utf8'),
  );
  writeFileSync(join(folder, 'shapes.ndjson'), halves! + texts!);
  const args = ['--from', '2023-06-20T00:00:00Z', '--to', '2023-06-21T00:00:00Z', '--window', '1d'];
  args.push('--source', 'ndjson:shapes.ndjson', '--format', 'ndjson');
  const {stdout} = await replay(args);
  const [told, ...others] = linesOf(stdout);
  expect(others).toEqual([]);
  // 31 tokens are told, 20 are counted; a model that thinks and a picture cost more than their texts.
  expect(told).toMatchObject({totalTokens: 51, requestsTokensReported: 1, requestsTokensEstimated: 1});
  expect(told).toMatchObject({requests: 4, requestsTokensUnknown: 2});
  const off = await replay([...args, '--tokens.estimate', 'false']);
  expect(linesOf(off.stdout)[0]).toMatchObject({totalTokens: 31, requestsTokensUnknown: 3});
});

test.each([
  [['--from', window.to, '--to', window.from], '--to: it is not after --from.'],
  [['--from', '2024-05-17', '--to', window.to], 'give a time in ISO 8601'],
  [['--to', window.to], "required option '--from <time>' not specified"],
  [[...ofTheDay, '--source', 'kafka:x'], 'give eventhubs, capture:DIR or ndjson:FILE'],
  [[...ofTheDay, '--group-by', 'regoin'], '"regoin" is no dimension; did you mean region?'],
  [[...ofTheDay, '--window', '10m'], '"10m" is no window'],
  [[...ofTheDay, '--group-by', 'region', '--view', 'chargeback'], 'cannot be used with option'],
  [[...ofTheDay, '--source', 'ndjson:none.ndjson'], 'none.ndjson cannot be read'],
  [[...ofTheDay, '--source', 'capture:none'], 'none cannot be read'],
  [[...ofTheDay, '--source', 'capture:empty'], 'holds no .avro files'],
  [[...ofTheDay, ...eventsFile, '--view', 'chargebck'], 'Did you mean chargeback?'],
  [[...ofTheDay, ...eventsFile, '--group-by', 'principal'], 'only diagnostics know principal'],
  [[...ofTheDay, ...eventsFile, '--out', 'x.xlsx'], 'does not end in .csv, .json, .ndjson or .txt'],
  [
    [...ofTheDay, ...eventsFile, '--out', 'none/x.csv'],
    '--out: none/x.csv cannot be written (there is no folder none)',
  ],
  [[...ofTheDay, '--read-after', '5 min'], 'give a duration'],
  [
    ['--from', '2024-05-17T12:01:00Z', '--to', '2024-05-17T12:09:00Z', ...eventsFile, '--window', '5m'],
    'no window of 5m lies whole between them',
  ],
])('%j is wrong usage', async (args, said) => {
  mkdirSync(join(folder, 'empty'), {recursive: true});
  const {code, stdout, stderr} = await replay(args);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(said);
  expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(3);
});
