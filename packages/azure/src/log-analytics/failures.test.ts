import {once} from 'node:events';
import {createServer, type Server} from 'node:http';

import type {TokenCredential} from '@azure/core-auth';
import {afterEach, beforeEach, expect, test} from 'vitest';

import type {LookupAnswer} from '@weir/pipeline';
import {LogAnalyticsDiagnostics} from './log-analytics-diagnostics.ts';
import {rowColumns} from './queries.ts';

interface Canned {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Record<string, string>;
}

const times = {fromMs: 0, toMs: 60_000};
let server: Server;
let origin: string;
let canned: Canned;

beforeEach(async () => {
  server = createServer((request, response) => {
    request.resume();
    response
      .writeHead(canned.status, {'content-type': 'application/json', ...canned.headers})
      .end(canned.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server listens on a port');
  origin = `127.0.0.1:${address.port}`;
});

afterEach(async () => {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
});

function ask(answer: Canned): Promise<LookupAnswer> {
  canned = answer;
  return new LogAnalyticsDiagnostics({workspaceId: 'ws', endpoint: `http://${origin}`}).slice(times);
}

function errorBody(code: string, innermost: object): string {
  return JSON.stringify({
    error: {code, message: 'outer', innererror: {code: 'x', message: 'y', innererror: innermost}},
  });
}

function tableBody(rows: unknown[][], names: readonly string[] = rowColumns): string {
  const columns = names.map((name) => {
    const type = name === 'TimeGenerated' || name === 'serverNow' ? 'datetime' : 'string';
    return {name, type: name === 'DurationMs' ? 'real' : type};
  });
  return JSON.stringify({tables: [{name: 'PrimaryResult', columns, rows}]});
}

test('a 400 is forbidden, with the innermost message and no more than 200 characters of it', async () => {
  const inner = {code: 'SEM0100', message: `Failed to resolve column\n named 'nope' ${'x'.repeat(500)}`};
  const answer = await ask({status: 400, body: errorBody('BadArgumentError', inner)});
  expect(answer).toEqual({
    kind: 'forbidden',
    reason: expect.stringContaining("resolve column named 'nope' xxx"),
  });
  expect(JSON.stringify(answer).length).toBeLessThan(300);
});

test.each([401, 403, 404, 405, 410])('a %d is forbidden, whatever its body', async (status) => {
  expect(await ask({status, body: '<html>'})).toMatchObject({kind: 'forbidden'});
  expect(await ask({status})).toMatchObject({kind: 'forbidden'});
});

test.each([408, 500, 501, 502, 503, 507])('a %d is unavailable, whatever its body', async (status) => {
  expect(await ask({status, body: '<html>'})).toMatchObject({kind: 'unavailable'});
  expect(await ask({status})).toMatchObject({kind: 'unavailable'});
});

test('a 413 asks for less', async () => {
  expect(await ask({status: 413})).toMatchObject({kind: 'partial'});
});

test('a 204 is a workspace without data', async () => {
  expect(await ask({status: 204})).toEqual({kind: 'complete', rows: [], serviceNowMs: undefined});
});

test.each([
  ['retry-after-ms', '1500', 1500],
  ['x-ms-retry-after-ms', '10', 10],
  ['retry-after', '3', 3000],
])('%s: %s is a wait of %d ms', async (name, value, retryAfterMs) => {
  expect(await ask({status: 429, headers: {[name]: value}})).toEqual({kind: 'throttled', retryAfterMs});
});

test.each([
  ['an empty body', ''],
  ['a page', '<html></html>'],
  ['half of an answer', tableBody([]).slice(0, 40)],
  ['no tables', '{}'],
  ['an empty list of tables', '{"tables":[]}'],
  ['a table of other columns', tableBody([], ['a', 'b'])],
])('a 200 with %s is unavailable', async (_what, body) => {
  expect(await ask({status: 200, body})).toMatchObject({kind: 'unavailable'});
});

test('columns are found by name, in whatever order they come', async () => {
  const names = rowColumns.toReversed();
  const values = names.map((name) =>
    name === 'CorrelationId' ? ' ABC ' : name === 'streamType' ? 'STREAMING' : null,
  );
  expect(await ask({status: 200, body: tableBody([values], names)})).toMatchObject({
    kind: 'complete',
    rows: [{requestId: 'abc', streamType: 'streaming', durationMs: undefined, region: 'unknown', model: ''}],
  });
});

test('50,000 rows cost well under a second of CPU', async () => {
  const rows = Array.from({length: 50_000}, (_, index) => {
    const id = `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
    const time = '2024-05-17T12:00:57.4896793Z';
    const ticks = ['638515440286054569', '638515440545004569'];
    return [id, time, time, -1, ...ticks, 'Streaming', 'gpt-4o', '2024-08-06', 'user', 'East US'];
  });
  const body = tableBody(rows);
  const before = process.cpuUsage();
  const answer = await ask({status: 200, body});
  const {user, system} = process.cpuUsage(before);
  expect(answer).toMatchObject({kind: 'complete', serviceNowMs: Date.parse('2024-05-17T12:00:57.489Z')});
  expect(answer.kind === 'complete' && answer.rows.length).toBe(50_000);
  expect((user + system) / 1e6).toBeLessThan(1);
});

function overHttps(getToken: TokenCredential['getToken']): Promise<LookupAnswer> {
  const endpoint = `https://${origin}`;
  return new LogAnalyticsDiagnostics({
    workspaceId: 'ws',
    cloud: 'china',
    endpoint,
    credential: {getToken},
  }).slice(times);
}

test('the token is asked for the cloud, and never shows in a cause', async () => {
  let asked: string | string[] = [];
  const answer = await overHttps((scopes) => {
    asked = scopes;
    return Promise.resolve({token: 'the-secret-token', expiresOnTimestamp: Date.now() + 3_600_000});
  });
  expect([asked].flat()).toEqual(['https://api.loganalytics.azure.cn/.default']);
  // The server does not speak TLS.
  expect(answer).toMatchObject({kind: 'unavailable'});
  expect(JSON.stringify(answer)).not.toContain('the-secret-token');
});

test.each([
  [{name: 'AuthenticationError', statusCode: 401}, 'forbidden'],
  [{name: 'AuthenticationError', statusCode: 503}, 'unavailable'],
  [{name: 'AuthenticationRequiredError'}, 'unavailable'],
  [{name: 'CredentialUnavailableError'}, 'unavailable'],
  [{name: 'AggregateAuthenticationError'}, 'unavailable'],
])('a credential that fails with %j makes the answer %s, without its words', async (failure, kind) => {
  const answer = await overHttps(() =>
    Promise.reject(Object.assign(new Error('client_secret=abc'), failure)),
  );
  expect(answer).toMatchObject({kind});
  expect(JSON.stringify(answer)).not.toContain('abc');
});

test('an error that is no failure of the service is thrown', async () => {
  await expect(overHttps(() => Promise.reject(new RangeError('a bug')))).rejects.toThrow('a bug');
});
