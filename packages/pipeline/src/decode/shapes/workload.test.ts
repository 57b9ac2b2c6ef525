import {describe, expect, test} from 'vitest';

import type {DecodedRecord, GatewayEvent} from '../gateway-event.ts';
import {workloadShape} from './workload.ts';

const enqueuedTimeMs = Date.UTC(2024, 4, 17, 12, 0, 34, 759);

const body = {
  schemaVersion: 1,
  requestId: 'f68bbb2e-b1bb-4795-825a-cf716cbebc55',
  timestamp: '2024-05-17T12:00:32.396Z',
  deployment: 'gpt-4o-main',
  model: 'gpt-4o',
  stream: false,
  status: 200,
  backend: 'aoai-japaneast-01',
  backendMs: 1849,
  subscriptionId: 'sub-chat-00',
  productId: 'genai-standard',
  appId: '0c4536a7-50c0-4459-800b-85721ffeb89c',
  usage: {prompt_tokens: 398, completion_tokens: 81, total_tokens: 479},
  headers: {
    'x-ms-region': 'Japan East',
    'x-request-id': '4a1c4625-60c6-438d-a054-34faa1b66045',
    'x-ratelimit-remaining-requests': '59',
    'x-ratelimit-remaining-tokens': '119521',
  },
};

function read(changes: Record<string, unknown>): DecodedRecord {
  const object = JSON.parse(JSON.stringify({...body, ...changes}));
  expect(workloadShape.recognise(object)).toBe(true);
  return workloadShape.read(object, enqueuedTimeMs);
}

function event(changes: Record<string, unknown>): GatewayEvent {
  const record = read(changes);
  if (record.kind !== 'event') throw new Error(`a ${record.kind} record, not an event`);
  return record.event;
}

test('a whole event is read with every field', () => {
  expect(event({})).toEqual({
    requestId: 'f68bbb2e-b1bb-4795-825a-cf716cbebc55',
    eventTimeMs: Date.UTC(2024, 4, 17, 12, 0, 32, 396),
    region: 'japaneast',
    deployment: 'gpt-4o-main',
    model: 'gpt-4o',
    consumer: '0c4536a7-50c0-4459-800b-85721ffeb89c',
    product: 'genai-standard',
    status: 200,
    stream: false,
    promptTokens: 398,
    completionTokens: 81,
    totalTokens: 479,
    cachedTokens: undefined,
    reasoningTokens: undefined,
    tokenSource: 'reported',
    remainingRequests: 59,
    remainingTokens: 119_521,
    shape: 'workload',
    missing: [],
  });
});

describe('a dead letter is made of', () => {
  test.each([
    ['bad request id', {requestId: 564}],
    ['bad request id', {requestId: {}}],
    ['bad time', {timestamp: 'yesterday'}],
    ['bad time', {timestamp: '2024-02-30T00:00:00.000Z'}],
    ['bad time', {timestamp: true}],
    ['bad status', {status: 'oops'}],
    ['bad status', {status: 1_000}],
    ['bad headers', {headers: 'none'}],
    ['bad headers', {headers: []}],
    ['bad headers', {headers: 5}],
  ])('a %s: %j', (reason, changes) => {
    expect(read(changes)).toEqual({kind: 'malformed', reason, shape: 'workload'});
  });
});

describe('an event still counts', () => {
  test('under unknown without an id', () => {
    for (const requestId of [undefined, null, '', 'a_b', 'a'.repeat(129)]) {
      expect(event({requestId})).toMatchObject({requestId: undefined, missing: ['requestId']});
    }
  });

  test('under unknown without a region', () => {
    for (const headers of [undefined, null, {}, {'x-ms-region': ''}, {'x-ms-region': null}]) {
      expect(event({headers})).toMatchObject({region: 'unknown', missing: ['region']});
    }
  });

  test('at its enqueued time without a time', () => {
    for (const timestamp of [undefined, null, '']) {
      expect(event({timestamp})).toMatchObject({eventTimeMs: enqueuedTimeMs, missing: ['eventTime']});
    }
  });

  test('without a status', () => {
    for (const status of [undefined, null, '']) {
      expect(event({status})).toMatchObject({status: undefined, missing: ['status']});
    }
  });

  test('with values of the wrong kind, which are absent and named', () => {
    const changes = {
      deployment: 5,
      model: {},
      appId: [],
      subscriptionId: 1,
      productId: true,
      stream: 'yes',
      usage: 'much',
    };
    expect(event(changes)).toMatchObject({
      deployment: 'unknown',
      model: 'unknown',
      consumer: 'unknown',
      product: 'unknown',
      stream: undefined,
      tokenSource: 'unknown',
      missing: ['usage', 'deployment', 'model', 'consumer', 'product', 'stream'],
    });
  });
});

test('a request id may stand in the headers, the last of several', () => {
  const headers = {...body.headers, 'Apim-Request-Id': 'AA-1, AA-2'};
  expect(event({requestId: undefined, headers}).requestId).toBe('aa-2');
  expect(event({headers}).requestId).toBe(body.requestId);
  expect(event({requestId: '', headers: {...body.headers, 'apim-request-id': 5}}).requestId).toBeUndefined();
});

test('the consumer is the app, else the subscription', () => {
  expect(event({appId: ''}).consumer).toBe('sub-chat-00');
  expect(event({appId: undefined}).consumer).toBe('sub-chat-00');
});

test('headers are read in any case, as text, array or joined text', () => {
  const headers = {
    'X-MS-Region': ['', 'East US 2'],
    'X-RateLimit-Remaining-Requests': '41, 40',
    'x-ratelimit-remaining-tokens': 39_120,
  };
  expect(event({headers})).toMatchObject({region: 'eastus2', remainingRequests: 41, remainingTokens: 39_120});
});

test('a rate limit that was not sent is absent, a senseless one is missing', () => {
  const headers = {
    ...body.headers,
    'x-ratelimit-remaining-requests': '-1',
    'x-ratelimit-remaining-tokens': 'lots',
  };
  expect(event({headers})).toMatchObject({
    remainingRequests: undefined,
    remainingTokens: undefined,
    missing: ['remainingTokens'],
  });
});

describe('usage', () => {
  test('of the Responses API is read', () => {
    const usage = {
      input_tokens: 10,
      output_tokens: 20,
      total_tokens: 30,
      input_tokens_details: {cached_tokens: 4},
      output_tokens_details: {reasoning_tokens: 16},
    };
    expect(event({usage})).toMatchObject({
      promptTokens: 10,
      completionTokens: 20,
      totalTokens: 30,
      cachedTokens: 4,
      reasoningTokens: 16,
      tokenSource: 'reported',
    });
  });

  test('of chat is read with its details', () => {
    const usage = {
      ...body.usage,
      prompt_tokens_details: {cached_tokens: 128},
      completion_tokens_details: {reasoning_tokens: 64},
    };
    expect(event({usage})).toMatchObject({cachedTokens: 128, reasoningTokens: 64, missing: []});
  });

  test('without a total is summed from what is known', () => {
    expect(event({usage: {prompt_tokens: 9, completion_tokens: 3}}).totalTokens).toBe(12);
    expect(event({usage: {prompt_tokens: 9}}).totalTokens).toBe(9);
    expect(event({usage: {prompt_tokens: 9, completion_tokens: 3, total_tokens: -1}})).toMatchObject({
      totalTokens: 12,
      missing: ['totalTokens'],
    });
  });

  test('of a completion alone has no total: no call is without a prompt', () => {
    expect(event({usage: {completion_tokens: 3}})).toMatchObject({
      completionTokens: 3,
      totalTokens: undefined,
    });
  });

  test('whose sum is no safe integer has no total', () => {
    const usage = {prompt_tokens: Number.MAX_SAFE_INTEGER, completion_tokens: 1};
    expect(event({usage})).toMatchObject({totalTokens: undefined, missing: ['totalTokens']});
  });

  test('that is absent, null or without a usable count is unknown', () => {
    for (const usage of [undefined, null, {}, {prompt_tokens: null}]) {
      expect(event({usage})).toMatchObject({tokenSource: 'unknown', totalTokens: undefined, missing: []});
    }
    expect(event({usage: {prompt_tokens: -1, completion_tokens: 1.5, total_tokens: 2 ** 60}})).toMatchObject({
      tokenSource: 'unknown',
      missing: ['promptTokens', 'completionTokens', 'totalTokens'],
    });
  });

  test('may have details of a wrong kind', () => {
    expect(event({usage: {...body.usage, prompt_tokens_details: 5}})).toMatchObject({
      totalTokens: 479,
      cachedTokens: undefined,
      missing: ['cachedTokens'],
    });
  });
});

describe('recognition', () => {
  test.each([
    [{schemaVersion: 1, requestId: 'a'}, true],
    [{schemaVersion: 1, headers: {}}, true],
    [{requestId: 'a', headers: {}}, true],
    [{requestId: 'a', timestamp: '', status: 200}, true],
    [{timestamp: '', status: 'healthy'}, false],
    [{requestId: 'a', timestamp: ''}, false],
    [{schemaVersion: 1}, false],
    [{}, false],
  ])('of %j is %s', (object, recognised) => {
    expect(workloadShape.recognise(object)).toBe(recognised);
  });
});
