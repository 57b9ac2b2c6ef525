import * as fc from 'fast-check';
import {describe, expect, test} from 'vitest';

import {gatewayEvent, noonMs} from '../event-fixture.ts';
import type {EventRecord, GatewayEvent, PartKind} from './gateway-event.ts';
import {mergeHalves, withoutTokens} from './merge-halves.ts';

/** A part that says nothing but what is given. */
function part(kind: PartKind, fields: Partial<GatewayEvent> = {}): EventRecord {
  const nothing = {
    requestId: undefined,
    region: 'unknown',
    deployment: 'unknown',
    consumer: 'unknown',
    product: 'unknown',
    status: undefined,
    missing: ['requestId', 'status', 'region'],
  };
  return {kind: 'event', event: gatewayEvent({...nothing, ...fields}), part: {key: 'test a', kind}};
}

function merged(...parts: EventRecord[]): GatewayEvent {
  const record = mergeHalves(parts);
  if (record.kind !== 'event') throw new Error('an event was expected');
  return record.event;
}

test('a request alone is incomplete, however often it came', () => {
  const incomplete = {kind: 'malformed', reason: 'incomplete', shape: 'test'};
  expect(mergeHalves([part('request')])).toEqual(incomplete);
  expect(mergeHalves([part('request'), part('request')])).toEqual(incomplete);
});

test('a response or an error alone is itself, and no part any more', () => {
  for (const kind of ['response', 'error'] as const) {
    const alone = part(kind, {status: 200, model: 'gpt-4o', tokenSource: 'reported', totalTokens: 3});
    expect(mergeHalves([alone])).toEqual({kind: 'event', event: alone.event});
  }
});

test('what was asked is the request`s, what came of it the response`s, each filled in by the other', () => {
  const event = merged(
    part('response', {
      consumer: 'b',
      product: 'p',
      model: 'gpt-4o-2024-08-06',
      requestId: 'r-1',
      status: 200,
    }),
    part('request', {consumer: 'a', deployment: 'chat', model: 'chat', stream: true, region: 'eastus'}),
  );
  expect(event).toMatchObject({
    requestId: 'r-1',
    region: 'eastus',
    deployment: 'chat',
    model: 'gpt-4o-2024-08-06',
    consumer: 'a',
    product: 'p',
    status: 200,
    stream: true,
    missing: [],
  });
});

test('the status is the error`s, because the caller got that one', () => {
  const parts = [part('request'), part('response', {status: 200}), part('error', {status: 500})];
  expect(merged(...parts).status).toBe(500);
  expect(merged(part('error'), part('response', {status: 200})).status).toBe(200);
});

describe('the time', () => {
  test('is the earliest', () => {
    const parts = [part('response', {eventTimeMs: noonMs + 5}), part('request', {eventTimeMs: noonMs})];
    expect(merged(...parts).eventTimeMs).toBe(noonMs);
  });

  test('of a part that has none does not count while another states its own', () => {
    const timeless = part('request', {eventTimeMs: noonMs - 60_000, missing: ['eventTime']});
    const timed = part('response', {eventTimeMs: noonMs});
    expect(merged(timeless, timed)).toMatchObject({
      eventTimeMs: noonMs,
      missing: ['requestId', 'status', 'region'],
    });
    expect(merged(timeless, part('error', {eventTimeMs: noonMs, missing: ['eventTime']}))).toMatchObject({
      eventTimeMs: noonMs - 60_000,
      missing: ['eventTime'],
    });
  });
});

test('counts of one call told twice are not added, and the best told ones win', () => {
  const estimated = part('response', {tokenSource: 'estimated', completionTokens: 7, totalTokens: 9});
  const total = part('response', {tokenSource: 'reported', totalTokens: 11});
  const all = part('response', {
    tokenSource: 'reported',
    promptTokens: 9,
    completionTokens: 2,
    totalTokens: 11,
  });
  const expected = {tokenSource: 'reported', promptTokens: 9, completionTokens: 2, totalTokens: 11};
  expect(merged(part('request'), estimated, total, all)).toMatchObject(expected);
});

test('a field that one part could not read and another had is not missing; a tear stays said', () => {
  const event = merged(
    part('request', {missing: ['model', 'usage', 'truncated', 'status', 'requestId', 'region']}),
    part('response', {model: 'gpt-4o', status: 200, region: 'eastus', missing: ['requestId']}),
  );
  expect(event.missing).toEqual(['requestId', 'usage', 'truncated']);
});

test('what the texts of the parts were counted to is the call’s, where no part tells its tokens', () => {
  const asked = {...part('request'), counted: {prompt: 7}};
  const answered = {...part('response', {status: 200}), counted: {completion: 3}};
  const estimated = {tokenSource: 'estimated', promptTokens: 7, completionTokens: 3, totalTokens: 10};
  expect(merged(answered, asked)).toMatchObject(estimated);
  const counted = part('response', {tokenSource: 'reported', totalTokens: 2});
  expect(merged(asked, answered, counted)).toMatchObject({tokenSource: 'reported', totalTokens: 2});
});

test('one side alone is not the call’s tokens, and a call that failed has none', () => {
  const asked = {...part('request'), counted: {prompt: 7}};
  const answered = {...part('response', {status: 500}), counted: {completion: 3}};
  const unknown = {tokenSource: 'unknown', totalTokens: undefined};
  expect(merged(asked, part('response'))).toMatchObject(unknown);
  expect(merged(asked, answered)).toMatchObject(unknown);
  expect(merged(asked, {...answered, ...part('response')}, part('error'))).toMatchObject(unknown);
});

test('the order in which the parts of a call come does not show', () => {
  const time = fc.integer({min: 0, max: 1_000}).map((ms) => noonMs + ms);
  const parts = fc
    .tuple(time, time, time)
    .map(([asked, answered, failed]) => [
      part('request', {eventTimeMs: asked, consumer: 'a'}),
      part('response', {eventTimeMs: answered, status: 200, tokenSource: 'reported', totalTokens: 4}),
      part('error', {eventTimeMs: failed, status: 500}),
    ]);
  fc.assert(
    fc.property(parts, fc.shuffledSubarray([0, 1, 2], {minLength: 3}), (inOrder, order) => {
      const event = merged(...order.map((index) => inOrder[index]!));
      expect(event).toEqual(merged(...inOrder));
    }),
  );
});

test('counts that are another call`s are unknown', () => {
  const record = part('response', {
    tokenSource: 'reported',
    promptTokens: 1,
    totalTokens: 4,
    cachedTokens: 1,
  });
  expect(withoutTokens(record).event).toEqual({...part('response').event});
});
