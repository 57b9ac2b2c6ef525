import {afterEach, expect, test} from 'vitest';

import {LogAnalyticsEmulator, type LogAnalyticsEmulatorOptions} from './log-analytics-emulator.ts';
import type {DiagnosticsInput} from './row-store.ts';
import {faultsMax} from './faults.ts';
import {requestBytesMax} from './query-endpoint.ts';
import {loggedTextMax, queriesLoggedMax} from './query-log.ts';

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: {
    tables: {columns: {name: string; type: string}[]; rows: unknown[][]}[];
    error?: {code: string; message: string; innererror?: {code: string; innererror?: object}};
    statistics?: object;
  };
}

interface AskOptions {
  readonly workspace?: string;
  readonly headers?: Record<string, string>;
  readonly timespan?: string;
  readonly workspaces?: string[];
}

const start = Date.parse('2024-05-17T12:00:00.000Z');
let nowMs = start;
let emulator: LogAnalyticsEmulator;

async function startEmulator(options: LogAnalyticsEmulatorOptions = {}): Promise<void> {
  nowMs = start;
  emulator = await LogAnalyticsEmulator.start({now: () => nowMs, ...options});
}

afterEach(() => emulator.close());

async function ask(query: string, options: AskOptions = {}): Promise<Answer> {
  const {workspace = 'ws', headers = {}, ...rest} = options;
  const response = await fetch(`${emulator.endpoint}/v1/workspaces/${workspace}/query`, {
    method: 'POST',
    headers: {'content-type': 'application/json', ...headers},
    body: JSON.stringify({query, ...rest}),
  });
  const body: Answer['body'] = JSON.parse(await response.text());
  return {status: response.status, headers: response.headers, body};
}

const row = (id: string, more: DiagnosticsInput = {}): DiagnosticsInput => ({
  TimeGenerated: '2024-05-17T11:59:57.4896793Z',
  Category: 'RequestResponse',
  CorrelationId: id,
  DurationMs: 1021,
  ...more,
});

const ids = 'AzureDiagnostics | project CorrelationId';

test('an answer has tables with typed columns, and keeps 100 ns of a datetime', async () => {
  await startEmulator();
  emulator.ingest([row('a')]);
  const {status, body} = await ask('AzureDiagnostics | project CorrelationId, TimeGenerated, DurationMs');
  expect(status).toBe(200);
  expect(body.tables[0]).toEqual({
    name: 'PrimaryResult',
    columns: [
      {name: 'CorrelationId', type: 'string'},
      {name: 'TimeGenerated', type: 'datetime'},
      {name: 'DurationMs', type: 'long'},
    ],
    rows: [['a', '2024-05-17T11:59:57.4896793Z', 1021]],
  });
});

test('a row is seen from its ingestion time on', async () => {
  await startEmulator();
  emulator.ingest([row('a', {_ingestedAt: '2024-05-17T12:01:00.000Z'})]);
  expect((await ask(ids)).body.tables[0]?.rows).toEqual([]);
  nowMs += 60_000;
  expect((await ask(ids)).body.tables[0]?.rows).toEqual([['a']]);
});

test('a row can become visible later than its ingestion time says', async () => {
  await startEmulator();
  emulator.ingest([
    row('late', {_ingestedAt: '2024-05-17T11:59:58.000Z', _visibleAt: '2024-05-17T12:02:00.000Z'}),
  ]);
  expect((await ask(ids)).body.tables[0]?.rows).toEqual([]);
  nowMs += 120_000;
  const found = await ask('AzureDiagnostics | project ing = ingestion_time()');
  expect(found.body.tables[0]?.rows).toEqual([['2024-05-17T11:59:58Z']]);
});

test('the timespan filters TimeGenerated, both ends included', async () => {
  await startEmulator();
  emulator.ingest([row('a'), row('b', {TimeGenerated: '2024-05-16T12:00:00Z'})]);
  const seen = async (timespan: string): Promise<unknown> =>
    (await ask(ids, {timespan})).body.tables[0]?.rows.flat();
  expect(await seen('2024-05-16T12:00:00Z/2024-05-16T13:00:00Z')).toEqual(['b']);
  expect(await seen('2024-05-16T12:00:00Z/PT1H')).toEqual(['b']);
  expect(await seen('PT1H')).toEqual(['a']);
  expect(await seen('P2D')).toEqual(['a', 'b']);
  expect((await ask(ids, {timespan: 'yesterday'})).status).toBe(400);
});

test('slices and id lists find the same rows through the indexes as without them', async () => {
  await startEmulator();
  nowMs += 3_600_000;
  const rows = Array.from({length: 3000}, (_, index) => {
    // Out of order, some times shared, ids in both cases.
    const atMs = start + ((index * 7919) % 1000) * 1000;
    return row(index % 2 === 0 ? `id-${index}` : `ID-${index}`, {_ingestedAt: new Date(atMs).toISOString()});
  });
  emulator.ingest(rows);
  const count = async (where: string): Promise<unknown> =>
    (await ask(`AzureDiagnostics | where ${where} | summarize count()`)).body.tables[0]?.rows[0]?.[0];
  const lo = 'datetime(2024-05-17T12:01:00Z)';
  const hi = 'datetime(2024-05-17T12:02:00Z)';
  expect(await count(`ingestion_time() >= ${lo} and ingestion_time() < ${hi}`)).toBe(180);
  // Beginning with an `or` hides the bounds from the index.
  expect(await count(`(ingestion_time() >= ${lo} or false) and (ingestion_time() < ${hi} or false)`)).toBe(
    180,
  );
  expect(await count(`ingestion_time() between (${lo} .. ${hi})`)).toBe(183);
  expect(await count(`CorrelationId in~ ("id-1", "ID-2", "id-2", "none")`)).toBe(2);
  expect(await count(`CorrelationId in ("id-1", "id-2")`)).toBe(1);
  expect(await count(`CorrelationId =~ "id-1" and Category == "Audit"`)).toBe(0);
});

test('the oldest rows leave when the limit is reached, from the index too', async () => {
  await startEmulator({rowsKeptMax: 100});
  emulator.ingest(Array.from({length: 150}, (_, index) => row(`id-${index}`)));
  expect(emulator.rowCount).toBeLessThanOrEqual(100);
  expect((await ask('AzureDiagnostics | where CorrelationId == "id-0"')).body.tables[0]?.rows).toEqual([]);
  const last = await ask('AzureDiagnostics | where CorrelationId == "id-149" | project CorrelationId');
  expect(last.body.tables[0]?.rows).toEqual([['id-149']]);
});

test('a column that no row ever had is unknown, unless asked for with column_ifexists', async () => {
  await startEmulator();
  emulator.ingest([row('a')]);
  const refused = await ask('AzureDiagnostics | project properties_s');
  expect(refused.status).toBe(400);
  expect(refused.body.error).toMatchObject({
    code: 'BadArgumentError',
    innererror: {code: 'SemanticError', innererror: {code: 'SEM0100'}},
  });
  const asked = 'AzureDiagnostics | project p = column_ifexists("properties_s", "none") | order by p asc';
  expect((await ask(asked)).body.tables[0]?.rows).toEqual([['none']]);
  emulator.ingest([row('b', {properties_s: '{}'})]);
  expect((await ask(asked)).body.tables[0]?.rows).toEqual([[''], ['{}']]);
});

test('columns beyond 500 land in AdditionalFields', async () => {
  await startEmulator();
  const wide = Object.fromEntries(Array.from({length: 500}, (_, index) => [`c${index}_s`, 'x']));
  emulator.ingest([row('a', {...wide, properties_s: '{"streamType":"Streaming"}'})]);
  const {body} = await ask('AzureDiagnostics | project tostring(AdditionalFields.properties_s)');
  expect(body.tables[0]?.rows).toEqual([['{"streamType":"Streaming"}']]);
});

test('an answer over the row limit is cut and says PartialError', async () => {
  await startEmulator({answerRowsMax: 2});
  emulator.ingest([row('a'), row('b'), row('c')]);
  const {status, body} = await ask(ids);
  expect(status).toBe(200);
  expect(body.tables[0]?.rows).toEqual([['a'], ['b']]);
  expect(body.error?.code).toBe('PartialError');
  expect((await ask(`${ids} | take 2`)).body.error).toBeUndefined();
});

test('an answer over the size limit is cut, too', async () => {
  await startEmulator({answerBytesMax: 1000});
  emulator.ingest(Array.from({length: 10_000}, (_, index) => row(`id-${index}`)));
  const {body} = await ask(ids);
  expect(body.tables[0]?.rows.length).toBeLessThan(10_000);
  expect(body.error?.code).toBe('PartialError');
});

test('a small slice or a lookup among many rows costs only its own rows', async () => {
  await startEmulator();
  nowMs += 3_600_000;
  emulator.ingest(
    Array.from({length: 60_000}, (_, index) => {
      return row(`id-${index}`, {_ingestedAt: new Date(start + index).toISOString()});
    }),
  );
  await ask('AzureDiagnostics | take 1');
  const before = process.cpuUsage();
  for (let second = 0; second < 20; second += 1) {
    const lo = new Date(start + second * 1000).toISOString();
    const slice = `where ingestion_time() >= datetime(${lo}) and ingestion_time() < datetime(${lo}) + 10ms`;
    const sliced = await ask(`AzureDiagnostics | ${slice} | project CorrelationId`);
    expect(sliced.body.tables[0]?.rows).toHaveLength(10);
    const found = await ask(
      `AzureDiagnostics | where CorrelationId in~ ("ID-${second}") | project CorrelationId`,
    );
    expect(found.body.tables[0]?.rows).toEqual([[`id-${second}`]]);
  }
  const {user, system} = process.cpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(1000);
});

test('statistics come when they are preferred', async () => {
  await startEmulator();
  expect((await ask(ids)).body.statistics).toBeUndefined();
  const preferred = await ask(ids, {headers: {prefer: 'wait=5,include-statistics=true'}});
  expect(preferred.body.statistics).toHaveProperty('query');
});

test('a syntax error is a 400 with its place', async () => {
  await startEmulator();
  const {status, body} = await ask('AzureDiagnostics | wher x');
  expect(status).toBe(400);
  expect(body.error?.innererror).toMatchObject({code: 'SyntaxError', innererror: {code: 'SYN0002', line: 1}});
});

test('a query without a token is refused with 401 where tokens are required', async () => {
  await startEmulator({requireToken: true});
  expect((await ask(ids)).status).toBe(401);
  expect((await ask(ids, {headers: {authorization: 'Bearer x'}})).status).toBe(200);
});

test('a workspace that is not in the list is 404, and so is any other path', async () => {
  await startEmulator({workspaces: ['ws']});
  expect((await ask(ids, {workspace: 'other'})).status).toBe(404);
  expect((await ask(ids, {workspaces: ['other']})).status).toBe(404);
  expect((await ask(ids)).status).toBe(200);
  const path = await fetch(`${emulator.endpoint}/v1/$batch`, {method: 'POST', body: '{}'});
  expect(path.status).toBe(404);
  await path.text();
});

test('a row of one workspace is not seen by queries of another', async () => {
  await startEmulator();
  emulator.ingest([row('mine', {TenantId: 'ws'}), row('yours', {TenantId: 'other'}), row('any')]);
  expect((await ask(ids)).body.tables[0]?.rows.flat()).toEqual(['mine', 'any']);
  expect((await ask(ids, {workspaces: ['other']})).body.tables[0]?.rows.flat()).toHaveLength(3);
});

test('faults come one after the other, for as many queries as ordered', async () => {
  await startEmulator();
  emulator.inject({kind: 'throttled', retryAfter: '7'}, {requests: 2});
  emulator.inject({kind: 'throttled'}, {requests: 1});
  emulator.inject({kind: 'timedOut'}, {requests: 1});
  emulator.inject({kind: 'forbidden'}, {requests: 1});
  const answers: Answer[] = [];
  for (let index = 0; index < 6; index += 1) answers.push(await ask(ids));
  expect(answers.map(({status}) => status)).toEqual([429, 429, 429, 504, 403, 200]);
  expect(answers.map(({headers}) => headers.get('retry-after'))).toEqual(['7', '7', null, null, null, null]);
  expect(emulator.queries.map(({status}) => status)).toEqual([429, 429, 429, 504, 403, 200]);
});

test('faults that wait are bounded', async () => {
  await startEmulator();
  for (let index = 0; index < faultsMax; index += 1) emulator.inject({kind: 'timedOut'});
  expect(() => emulator.inject({kind: 'timedOut'})).toThrow(/at most/);
  emulator.clearFaults();
  expect((await ask(ids)).status).toBe(200);
});

test('an outage lasts as long as ordered, by the injected clock', async () => {
  await startEmulator();
  emulator.inject({kind: 'unavailable'}, {durationMs: 5000});
  expect((await ask(ids)).status).toBe(503);
  nowMs += 5000;
  expect((await ask(ids)).status).toBe(200);
});

test('a query slower than the request waits is a 504', async () => {
  await startEmulator();
  emulator.inject({kind: 'slow', delayMs: 60_000}, {requests: 1});
  expect((await ask(ids, {headers: {prefer: 'wait=0'}})).status).toBe(504);
});

test('closing ends a slow answer', async () => {
  await startEmulator();
  emulator.inject({kind: 'slow', delayMs: 60_000});
  const pending = ask(ids).catch((error: unknown) => error);
  await expect.poll(() => emulator.faultsTaken).toBe(1);
  await emulator.close();
  expect(await pending).toMatchObject({message: 'fetch failed'});
  await startEmulator();
});

test('rows can be posted as lines by other processes, all or none', async () => {
  await startEmulator();
  const post = async (body: string): Promise<number> => {
    const response = await fetch(`${emulator.endpoint}/emulator/rows`, {method: 'POST', body});
    await response.text();
    return response.status;
  };
  expect(await post(`${JSON.stringify(row('a'))}\n\n${JSON.stringify(row('b'))}\n`)).toBe(200);
  expect(await post(`${JSON.stringify(row('c'))}\n{"CorrelationId":"no time"}`)).toBe(400);
  expect(await post(`${JSON.stringify(row('c'))}\nno json`)).toBe(400);
  expect((await ask(ids)).body.tables[0]?.rows).toEqual([['a'], ['b']]);
});

test('a request over the size limit is refused', async () => {
  await startEmulator();
  expect((await ask(`print "${'x'.repeat(requestBytesMax)}"`)).status).toBe(413);
});

test('the log of queries is bounded, and so are its texts', async () => {
  await startEmulator();
  const long = `print 1 // ${'x'.repeat(loggedTextMax)}`;
  for (let index = 0; index < queriesLoggedMax + 3; index += 1) await ask(index === 0 ? 'print 0' : long);
  expect(emulator.queries).toHaveLength(queriesLoggedMax);
  expect(emulator.queries.every(({text}) => text.length <= loggedTextMax && text.startsWith('print 1'))).toBe(
    true,
  );
});
