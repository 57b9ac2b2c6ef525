import {expect, test} from 'vitest';

import {gatewayEvent} from '../event-fixture.ts';
import {mayBeEstimated, withEstimate} from './call-texts-estimate.ts';
import type {CallTexts, EventRecord, GatewayEvent, PartKind} from './gateway-event.ts';

const both: CallTexts = {model: 'gpt-4o', prompt: 'private', completion: 'secret'};

function said(texts: CallTexts, fields: Partial<GatewayEvent> = {}, kind?: PartKind): EventRecord {
  const part = kind && {part: {key: 'test a', kind}};
  return {kind: 'event', event: gatewayEvent(fields), texts, ...part};
}

test.each([
  ['both sides', said(both), true],
  ['a call that failed', said(both, {status: 429}), false],
  ['a call whose status nobody tells', said(both, {status: undefined}), true],
  ['counts that are told', said(both, {tokenSource: 'reported', totalTokens: 3}), false],
  ['a prompt alone', said({model: 'gpt-4o', prompt: 'a'}), false],
  ['a completion alone', said({model: 'gpt-4o', completion: 'a'}), false],
  ['an embedding', said({model: 'text-embedding-ada-002', prompt: 'a'}), true],
  ['a deployment of an embedding', said({model: 'team-ada-002', prompt: 'a'}), true],
  ['the request of a call', said({model: 'gpt-4o', prompt: 'a'}, {}, 'request'), true],
  ['the response of a call', said({model: 'gpt-4o', completion: 'a'}, {}, 'response'), true],
  ['the error of a call', said(both, {}, 'error'), false],
])('whether %s may be estimated', (_, record, expected) => {
  expect(mayBeEstimated(record)).toBe(expected);
});

test('the texts are gone once they are counted, and once nobody will', () => {
  for (const counts of [{prompt: 2, completion: 1}, {prompt: 2}, undefined])
    expect(JSON.stringify(withEstimate(said(both), counts))).not.toMatch(/private|secret/);
  const half = withEstimate(said(both, {}, 'response'), {prompt: 2, completion: 1});
  expect(half).toMatchObject({event: {tokenSource: 'unknown'}, counted: {prompt: 2, completion: 1}});
  expect(JSON.stringify(half)).not.toMatch(/private|secret/);
});

test('a whole call is estimated by both sides, an embedding by the one it has', () => {
  const estimated = {promptTokens: 2, completionTokens: 1, totalTokens: 3, tokenSource: 'estimated'};
  expect(withEstimate(said(both), {prompt: 2, completion: 1}).event).toMatchObject(estimated);
  expect(withEstimate(said(both), {prompt: 2}).event).toEqual(gatewayEvent());
  const embedding = said({model: 'text-embedding-3-small', prompt: 'a'});
  expect(withEstimate(embedding, {prompt: 2}).event).toMatchObject({completionTokens: 0, totalTokens: 2});
});
