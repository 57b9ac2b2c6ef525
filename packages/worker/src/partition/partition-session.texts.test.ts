import {builtInShapes, createDecoder, type CallTexts, type ReceivedEvent} from '@weir/pipeline';
import {beforeEach, expect, test} from 'vitest';
import {settle} from '../../../azure/src/cosmos/virtual-clock.ts';
import {diagnosticsRow, received} from '../../../pipeline/src/event-fixture.ts';
import {noonMs} from '../commit-fixture.ts';
import {SessionWorld} from './session-fixture.ts';

const decoder = createDecoder({shapes: builtInShapes, texts: 'kept'});

let world: SessionWorld;
/** Answers what was asked last: a character is a token. */
let answer: () => void;
let asked: number;
beforeEach(() => {
  world = new SessionWorld();
  asked = 0;
  world.estimate = (calls, signal) =>
    new Promise((resolve) => {
      asked += calls.length;
      answer = () => resolve(calls.map(countOf));
      signal.addEventListener('abort', () => resolve([]));
    });
});

function countOf({prompt, completion}: CallTexts): {prompt?: number; completion?: number} {
  return {prompt: prompt?.length ?? 0, completion: completion?.length ?? 0};
}

function said(sequenceNumber: number, fields: object = {}): ReceivedEvent {
  const headers = {'apim-request-id': `id-${sequenceNumber}`, 'x-ms-region': 'East US 2'};
  const texts = {prompt: 'private', completion: 'secret'};
  const body = {Type: 'openai-logger', model: 'gpt-4o', resp_headers: headers, ...texts, ...fields};
  return {...received(sequenceNumber), body: JSON.stringify(body)};
}

/** Of the documents of one view. */
function sumOf(view: string, field: string): number {
  const documents = world.aggregates.all().filter((document) => document['view'] === view);
  return documents.reduce((sum, document) => sum + Number(document[field]), 0);
}

test('estimates are awaited before their events are folded, and are in both kinds of views', async () => {
  const {session, lease} = await world.claim({decoder});
  lease.deliver(received(0), said(1), received(2));
  await world.flush(session);
  expect([world.commit().head.sequenceNumber, sumOf('usage', 'requests')]).toEqual([0, 1]);
  answer();
  await settle();
  world.join.offer([diagnosticsRow({requestId: 'id-1'})], noonMs);
  await world.flush(session);
  expect(sumOf('usage', 'requests')).toBe(3);
  for (const view of ['usage', 'latency']) {
    expect(sumOf(view, 'requestsTokensEstimated')).toBe(1);
    expect(sumOf(view, 'totalTokens')).toBe('private'.length + 'secret'.length);
  }
  lease.lose();
});

test('what nobody counted is unknown, and reading goes on', async () => {
  world.estimate = async () => [];
  const {session, lease} = await world.claim({decoder});
  lease.deliver(said(0), received(1));
  await world.flush(session);
  expect([sumOf('usage', 'requests'), sumOf('usage', 'requestsTokensUnknown')]).toEqual([2, 2]);
  lease.lose();
});

test('without anything said nobody is asked', async () => {
  const {session, lease} = await world.claim({decoder});
  lease.deliver(received(0), said(1, {prompt_tokens: 3, completion_tokens: 2}));
  await world.flush(session);
  expect([asked, sumOf('usage', 'totalTokens')]).toEqual([0, 5]);
  lease.lose();
});

test('of a batch whose partition is lost while its estimates are awaited nothing more is folded', async () => {
  const first = await world.claim({decoder});
  first.lease.deliver(received(0), said(1), received(2));
  await settle();
  first.lease.lose();
  await first.running;
  expect(first.session.pipeline?.counts).toMatchObject({inputEvents: 1, folded: 1});
  const second = await world.claim({decoder});
  second.lease.deliver(received(0), said(1), received(2));
  await settle();
  answer();
  await world.flush(second.session);
  expect(sumOf('usage', 'requests')).toBe(3);
  second.lease.lose();
});

test('what is counted after the last commit of a clean stop is left to the next owner', async () => {
  const first = await world.claim({decoder});
  first.lease.deliver(received(0), said(1), received(2));
  await settle();
  const handedOver = first.session.handOver();
  await world.clock.advance(1_000);
  await handedOver;
  answer();
  await settle();
  expect(first.session.pipeline?.counts.folded).toBe(1);
  first.lease.lose();
  await first.running;
  const second = await world.claim({decoder});
  second.lease.deliver(received(0), said(1), received(2));
  await settle();
  answer();
  await world.flush(second.session);
  expect([sumOf('usage', 'requests'), sumOf('usage', 'requestsTokensEstimated')]).toEqual([3, 1]);
  second.lease.lose();
});

test('an open call is counted again by the next owner, so that its resolved view knows its tokens', async () => {
  const first = await world.claim({decoder});
  first.lease.deliver(said(0));
  await settle();
  answer();
  await world.flush(first.session);
  first.lease.lose();
  await first.running;
  const second = await world.claim({decoder});
  second.lease.deliver(said(0));
  await settle();
  answer();
  await settle();
  world.join.offer([diagnosticsRow({requestId: 'id-0'})], noonMs);
  await world.flush(second.session);
  for (const view of ['usage', 'latency']) expect(sumOf(view, 'requestsTokensEstimated')).toBe(1);
  second.lease.lose();
});

test('nothing that was said is in journal, documents, dead letters or reports', async () => {
  const {session, lease} = await world.claim({decoder});
  lease.deliver(said(0), said(1, {resp_headers: 'private'}), said(2, {Type: 'private'}));
  await settle();
  answer();
  await world.flush(session);
  const stored = [world.commit(), world.aggregates.all(), [...world.deadLetters], world.told.troubles];
  expect(world.deadLetters.size).toBe(1);
  expect(JSON.stringify(stored)).not.toMatch(/private|secret/);
  lease.lose();
});
