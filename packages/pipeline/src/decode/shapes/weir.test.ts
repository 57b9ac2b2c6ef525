import {describe, expect, test} from 'vitest';

import type {DecodedRecord} from '../gateway-event.ts';
import {weirShape} from './weir.ts';

const enqueuedTimeMs = Date.UTC(2024, 4, 17, 12, 0, 34);

const body = {
  weirSchema: 1,
  apimRequestId: '3F6E2A10-0000-4000-8000-0000000000AA',
  gatewayRequestId: 'e1000000-0000-4000-8000-000000000001',
  timestamp: '2024-05-17T12:00:32.3961234Z',
  statusCode: 200,
  region: 'East US 2',
  backendId: 'openai-backend-2',
  attempt: 1,
  subscriptionId: 'team-a',
  productId: 'std',
  appId: '',
  deployment: 'chat',
  model: 'gpt-4o',
  operation: 'ChatCompletions_Create',
  stream: true,
  promptTokens: 9,
  completionTokens: 3,
  totalTokens: 12,
  cachedTokens: 0,
  reasoningTokens: 2,
  remainingRequests: '41',
  remainingTokens: '39120',
  retryAfter: '',
  gatewayMs: 1_284,
  backendMs: 1_280,
};

function read(changes: Record<string, unknown>): DecodedRecord {
  const object = JSON.parse(JSON.stringify({...body, ...changes}));
  expect(weirShape.recognise(object)).toBe(true);
  return weirShape.read(object, enqueuedTimeMs);
}

test('a whole event is read with every field', () => {
  expect(read({})).toEqual({
    kind: 'event',
    event: {
      requestId: '3f6e2a10-0000-4000-8000-0000000000aa',
      eventTimeMs: Date.UTC(2024, 4, 17, 12, 0, 32, 396),
      region: 'eastus2',
      deployment: 'chat',
      model: 'gpt-4o',
      consumer: 'team-a',
      product: 'std',
      status: 200,
      stream: true,
      promptTokens: 9,
      completionTokens: 3,
      totalTokens: 12,
      cachedTokens: 0,
      reasoningTokens: 2,
      tokenSource: 'reported',
      remainingRequests: 41,
      remainingTokens: 39_120,
      shape: 'weir',
      missing: [],
    },
  });
});

test('values copied from repeated headers are taken apart', () => {
  const changes = {apimRequestId: 'aa-1,AA-2', region: 'East US, East US', remainingRequests: '41,40'};
  expect(read(changes)).toMatchObject({event: {requestId: 'aa-2', region: 'eastus', remainingRequests: 41}});
});

test('an event with nothing but its marker counts under unknown', () => {
  expect(weirShape.read({weirSchema: 1}, enqueuedTimeMs)).toMatchObject({
    kind: 'event',
    event: {
      requestId: undefined,
      eventTimeMs: enqueuedTimeMs,
      region: 'unknown',
      consumer: 'unknown',
      status: undefined,
      tokenSource: 'unknown',
      missing: ['requestId', 'eventTime', 'status', 'region'],
    },
  });
});

describe('a dead letter is made of', () => {
  test.each([
    ['bad request id', {apimRequestId: 5}],
    ['bad time', {timestamp: 'yesterday'}],
    ['bad status', {statusCode: 'oops'}],
  ])('a %s', (reason, changes) => {
    expect(read(changes)).toEqual({kind: 'malformed', reason, shape: 'weir'});
  });
});

test('counts may be text, and bad ones are named', () => {
  expect(read({promptTokens: '9', completionTokens: -3, totalTokens: ''})).toMatchObject({
    event: {promptTokens: 9, completionTokens: undefined, totalTokens: 9, missing: ['completionTokens']},
  });
});
