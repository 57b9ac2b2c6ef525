import type {TokenCredential} from '@azure/core-auth';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';

import {
  LogAnalyticsEmulator,
  type LogAnalyticsEmulatorOptions,
} from '../../../emulators/src/log-analytics/log-analytics-emulator.ts';
import type {DiagnosticsInput} from '../../../emulators/src/log-analytics/row-store.ts';
import type {LookupAnswer} from '@weir/pipeline';
import {LogAnalyticsDiagnostics, type LogAnalyticsOptions} from './log-analytics-diagnostics.ts';

const nowMs = Date.parse('2024-05-17T13:00:00.000Z');
const fromMs = Date.parse('2024-05-17T12:00:00.000Z');
const toMs = fromMs + 60_000;
const requestId = '3f6e2a10-0000-4000-8000-0000000000aa';

let emulator: LogAnalyticsEmulator;
let diagnostics: LogAnalyticsDiagnostics;

async function begin(
  emulated: LogAnalyticsEmulatorOptions = {},
  options: Partial<LogAnalyticsOptions> = {},
): Promise<void> {
  emulator = await LogAnalyticsEmulator.start({now: () => nowMs, ...emulated});
  diagnostics = connect(options);
}

function connect(options: Partial<LogAnalyticsOptions> = {}): LogAnalyticsDiagnostics {
  return new LogAnalyticsDiagnostics({
    workspaceId: 'ws-1',
    endpoint: emulator.endpoint,
    now: () => nowMs,
    ...options,
  });
}

afterEach(() => emulator.close());

const inner =
  '{"requestTime":638515487015394150,"responseTime":638515487025606520,"objectId":"user-1","streamType":"Non-Streaming","modelName":"gpt-4o","modelVersion":"1106"}';

function row(more: DiagnosticsInput = {}): DiagnosticsInput {
  return {
    TimeGenerated: '2024-05-17T12:00:20.4896793Z',
    Category: 'RequestResponse',
    OperationName: 'ChatCompletions_Create',
    ResultSignature: '200',
    DurationMs: 1021,
    CorrelationId: requestId,
    location_s: 'East US 2',
    properties_s: inner,
    _ingestedAt: '2024-05-17T12:00:30.000Z',
    ...more,
  };
}

const expectedRow = {
  requestId,
  timeGeneratedMs: Date.parse('2024-05-17T12:00:20.489Z'),
  durationMs: 1021,
  streamType: 'non-streaming',
  model: 'gpt-4o',
  modelVersion: '1106',
  principal: 'user-1',
  region: 'eastus2',
};

async function rowsOf(answer: Promise<LookupAnswer>): Promise<readonly object[]> {
  const settled = await answer;
  if (settled.kind !== 'complete') throw new Error(`not complete: ${JSON.stringify(settled)}`);
  return settled.rows;
}

const slice = (): Promise<LookupAnswer> => diagnostics.slice({fromMs, toMs});
const byIds = (ids: string[] = [requestId]): Promise<LookupAnswer> => diagnostics.byIds({ids, fromMs, toMs});

describe('rows', () => {
  beforeEach(() => begin());

  test('a slice and a lookup read the same row, with the clock of the service', async () => {
    emulator.ingest([row()]);
    const answer = {kind: 'complete', rows: [expectedRow], serviceNowMs: nowMs};
    expect(await slice()).toEqual(answer);
    expect(await byIds()).toEqual(answer);
  });

  test('an empty slice is complete and carries no clock', async () => {
    expect(await slice()).toEqual({kind: 'complete', rows: [], serviceNowMs: undefined});
  });

  test('the clock can be asked for alone', async () => {
    expect(await diagnostics.serviceNow()).toEqual({kind: 'complete', rows: [], serviceNowMs: nowMs});
  });

  test('a slice takes its first instant and leaves its last to the next', async () => {
    emulator.ingest([
      row({CorrelationId: 'before', _ingestedAt: '2024-05-17T11:59:59.9999999Z'}),
      row({CorrelationId: 'first', _ingestedAt: '2024-05-17T12:00:00Z'}),
      row({CorrelationId: 'last', _ingestedAt: '2024-05-17T12:00:59.9999999Z'}),
      row({CorrelationId: 'next', _ingestedAt: '2024-05-17T12:01:00Z'}),
    ]);
    expect(await rowsOf(slice())).toMatchObject([{requestId: 'first'}, {requestId: 'last'}]);
  });

  test('the shares of a slice together are the slice, without overlap', async () => {
    emulator.ingest(Array.from({length: 100}, (_, index) => row({CorrelationId: `id-${index}`})));
    const shares = await Promise.all(
      [0, 1, 2].map((index) => rowsOf(diagnostics.slice({fromMs, toMs, share: {index, of: 3}}))),
    );
    expect(Math.min(...shares.map((share) => share.length))).toBeGreaterThan(10);
    expect(new Set(shares.flat().map((each) => JSON.stringify(each))).size).toBe(100);
    expect(shares.flat()).toHaveLength(100);
  });

  test('other categories, rows without an id and list operations are left out', async () => {
    emulator.ingest([
      row({Category: 'Trace'}),
      row({CorrelationId: ''}),
      row({CorrelationId: '   '}),
      row({OperationName: 'Files_List'}),
      row({CorrelationId: 'kept', OperationName: 'Create_Thread', properties_s: '{"objectId":""}'}),
    ]);
    expect(await rowsOf(slice())).toEqual([
      {
        ...expectedRow,
        requestId: 'kept',
        streamType: 'unknown',
        model: '',
        modelVersion: '',
        principal: '',
      },
    ]);
    expect(await rowsOf(byIds())).toEqual([]);
  });

  test('an id in capitals is found by its lower-case form, and several rows for it are all returned', async () => {
    emulator.ingest([row({CorrelationId: requestId.toUpperCase()}), row({DurationMs: 2000}), row()]);
    const rows = await rowsOf(byIds());
    expect(rows).toHaveLength(3);
    expect(rows).toContainEqual({...expectedRow, durationMs: 2000});
    expect(rows.every((each) => Reflect.get(each, 'requestId') === requestId)).toBe(true);
  });

  test.each([-5, null, undefined])('a duration of %j is repaired from exact ticks', async (DurationMs) => {
    emulator.ingest([row({DurationMs})]);
    expect(await rowsOf(slice())).toEqual([{...expectedRow, durationMs: 1021}]);
  });

  test('a row with neither a duration nor ticks is a row without a duration', async () => {
    emulator.ingest([row({DurationMs: -1, properties_s: 'no json'})]);
    expect(await rowsOf(slice())).toMatchObject([{durationMs: undefined, streamType: 'unknown'}]);
  });

  test('a lookup of 5,000 ids finds those that are there', async () => {
    emulator.ingest(Array.from({length: 300}, (_, index) => row({CorrelationId: `id-${index * 100}`})));
    const ids = Array.from({length: 5000}, (_, index) => `id-${index}`);
    expect(await rowsOf(byIds(ids))).toHaveLength(50);
  });

  test('a hostile id throws and nothing is asked', async () => {
    await expect(byIds(['a") | take 1 //'])).rejects.toThrow(/not validated/);
    expect(emulator.queries).toEqual([]);
  });

  test('each query waits no longer than told, refuses cached answers and names every workspace', async () => {
    await connect({workspaceId: 'ws-1,ws-2', serverTimeoutMs: 7000}).slice({fromMs, toMs});
    expect(emulator.queries).toMatchObject([
      {
        workspaces: ['ws-1', 'ws-2'],
        headers: {prefer: 'wait=7', cacheControl: 'no-cache'},
        timespan: '2024-05-16T11:59:00.000Z/2024-05-17T13:02:00.000Z',
      },
    ]);
  });
});

describe('workspaces differ', () => {
  test.each(['long', 'real', 'string'] as const)(
    'a duration is read from a column of type %s',
    async (type) => {
      await begin({columnTypes: {DurationMs: type}});
      emulator.ingest([row()]);
      expect(await rowsOf(slice())).toEqual([expectedRow]);
    },
  );

  test.each<[string, DiagnosticsInput]>([
    ['text', {AdditionalFields: {properties_s: inner, location_s: 'eastus2'}}],
    ['an object', {AdditionalFields: `{"properties":${inner},"location":"EASTUS2"}`}],
  ])('properties that moved to AdditionalFields are read there, as %s', async (_form, overflow) => {
    await begin();
    emulator.ingest([row({properties_s: undefined, location_s: undefined, ...overflow})]);
    expect(await rowsOf(slice())).toEqual([expectedRow]);
  });

  test('before the first row of the kind, no column is missed', async () => {
    await begin();
    emulator.ingest([row({Category: 'Audit', properties_s: undefined, location_s: undefined})]);
    expect(await slice()).toMatchObject({kind: 'complete', rows: []});
  });
});

describe('failures', () => {
  beforeEach(() => begin());

  test.each([
    ['12', 12_000],
    ['Fri, 17 May 2024 13:00:30 GMT', 30_000],
    ['Fri, 17 May 2024 12:00:00 GMT', 0],
    ['86400', 120_000],
    ['soon', undefined],
    [undefined, undefined],
  ])(
    'a 429 with Retry-After %j is throttled for %j ms, and not tried again',
    async (retryAfter, retryAfterMs) => {
      emulator.inject({kind: 'throttled', ...(retryAfter === undefined ? {} : {retryAfter})});
      expect(await slice()).toEqual({kind: 'throttled', retryAfterMs});
      expect(emulator.queries).toHaveLength(1);
    },
  );

  test('a 504 is too slow', async () => {
    emulator.inject({kind: 'timedOut'});
    expect(await slice()).toEqual({kind: 'tooSlow'});
  });

  test.each([500, 502, 503] as const)('a %j is unavailable, and not tried again', async (status) => {
    emulator.inject({kind: 'unavailable', status});
    expect(await slice()).toEqual({kind: 'unavailable', cause: expect.stringContaining(String(status))});
    expect(emulator.queries).toHaveLength(1);
  });

  test('a garbled answer and a cut connection are unavailable', async () => {
    emulator.inject({kind: 'garbled'}, {requests: 1});
    expect(await slice()).toEqual({kind: 'unavailable', cause: 'The answer was garbled.'});
    emulator.inject({kind: 'reset'}, {requests: 1});
    expect(await slice()).toMatchObject({kind: 'unavailable'});
    expect(await slice()).toMatchObject({kind: 'complete'});
  });

  test('nobody listening is unavailable', async () => {
    await emulator.close();
    expect(await slice()).toMatchObject({
      kind: 'unavailable',
      cause: expect.stringContaining('ECONNREFUSED'),
    });
    await begin();
  });

  test('a partial answer is not believed', async () => {
    emulator.ingest([row(), row({CorrelationId: 'b'})]);
    emulator.inject({kind: 'partial'}, {requests: 1});
    expect(await slice()).toEqual({kind: 'partial', cause: expect.stringContaining('PartialError')});
    expect(await rowsOf(slice())).toHaveLength(2);
  });

  test('wrong rights are forbidden, with the role that is missing', async () => {
    emulator.inject({kind: 'forbidden'});
    expect(await slice()).toEqual({
      kind: 'forbidden',
      reason: expect.stringContaining('Log Analytics Data Reader'),
    });
  });

  test('an answer that never comes is unavailable after the client timeout', async () => {
    emulator.inject({kind: 'slow', delayMs: 60_000});
    diagnostics = connect({clientTimeoutMs: 50});
    expect(await slice()).toEqual({kind: 'unavailable', cause: 'No answer within the client timeout.'});
  });

  test('only our own signal makes an AbortError', async () => {
    emulator.inject({kind: 'slow', delayMs: 60_000});
    const stop = new AbortController();
    const pending = diagnostics.slice({fromMs, toMs}, stop.signal).catch((error: unknown) => error);
    await expect.poll(() => emulator.faultsTaken).toBe(1);
    stop.abort();
    expect(await pending).toMatchObject({name: 'AbortError'});
    await expect(diagnostics.serviceNow(stop.signal)).rejects.toMatchObject({name: 'AbortError'});
    expect(emulator.faultsTaken).toBe(1);
  });
});

test('an answer cut at the row limit is partial', async () => {
  await begin({answerRowsMax: 3});
  emulator.ingest(Array.from({length: 4}, (_, index) => row({CorrelationId: `id-${index}`})));
  expect(await slice()).toMatchObject({kind: 'partial'});
});

test('an unknown workspace is forbidden, and the variable named', async () => {
  await begin({workspaces: ['other']});
  expect(await slice()).toEqual({
    kind: 'forbidden',
    reason: expect.stringContaining('LOG_ANALYTICS_WORKSPACE_ID'),
  });
});

test('a column that the workspace lacks is named', async () => {
  await begin({columnTypes: {Category: 'long'}});
  expect(await slice()).toEqual({kind: 'forbidden', reason: expect.stringContaining('long and string')});
});

test('a service that wants a token refuses us on loopback, where none is ever sent', async () => {
  await begin({requireToken: true});
  const credential: TokenCredential = {
    getToken: () => Promise.reject(new Error('a token must not be asked for')),
  };
  diagnostics = connect({credential});
  expect(await slice()).toEqual({kind: 'forbidden', reason: expect.stringContaining('401')});
});

test('an endpoint over https needs an identity', async () => {
  await begin();
  expect(() => new LogAnalyticsDiagnostics({workspaceId: 'ws-1'})).toThrow(
    /needs a Microsoft Entra identity/,
  );
  expect(() => connect({endpoint: 'http://10.0.0.4'})).toThrow(/LOG_ANALYTICS_ENDPOINT/);
  expect(() => connect({serverTimeoutMs: 10})).toThrow(/timeout/);
});
