import {expect, test} from 'vitest';
import {apimCommaJoinedShape, builtInShapes, createDecoder, type CallTexts} from './decode/decode.ts';
import {diagnosticsRow, noonMs, received} from './event-fixture.ts';
import {newPipeline, pipelineOptions, takenFrom} from './partition-pipeline-fixture.ts';
import {PartitionPipeline, type ReadStop} from './partition-pipeline.ts';
import type {ReceivedEvent} from './ports.ts';
import {aheadCallsMax, aheadCharsMax, charsOf} from './read/decoded-ahead.ts';

const decoder = createDecoder({shapes: builtInShapes, textShapes: [apimCommaJoinedShape], texts: 'kept'});

/** A call whose texts are told instead of its tokens. */
function said(sequenceNumber: number, fields: object = {}): ReceivedEvent {
  const texts = {prompt: 'p'.repeat(10), completion: 'c'.repeat(4)};
  const headers = {'apim-request-id': `id-${sequenceNumber}`, 'x-ms-region': 'East US 2'};
  const body = {Type: 'openai-logger', model: 'gpt-4o', resp_headers: headers, ...texts, ...fields};
  const enqueuedTimeMs = noonMs + sequenceNumber * 1000;
  return {sequenceNumber, offset: `o${sequenceNumber}`, enqueuedTimeMs, body: JSON.stringify(body)};
}

/** A character is a token here. */
function countOf({prompt, completion}: CallTexts): {
  prompt: number | undefined;
  completion: number | undefined;
} {
  return {prompt: prompt?.length, completion: completion?.length};
}

/** Reads a batch to its end and counts everything that it asks for. */
function readAll(pipeline: PartitionPipeline, events: readonly ReceivedEvent[]): number[] {
  const asked: number[] = [];
  let stop: ReadStop | undefined = pipeline.receiveUpToTexts(events);
  while (stop !== undefined) {
    if (stop.kind === 'gap') pipeline.acceptGap(stop.gap);
    else {
      asked.push(stop.ahead.texts.length);
      stop.ahead.takeCounts(stop.ahead.texts.map(countOf));
    }
    stop = pipeline.receiveUpToTexts(events, stop);
  }
  return asked;
}

/** Tokens of the deltas of one kind of view. */
function tokensOf(pipeline: PartitionPipeline, view = 'usage') {
  const sums = {total: 0, estimated: 0, unknown: 0, reported: 0, requests: 0};
  for (const {target, measures} of takenFrom(pipeline).deltas) {
    if (target.view !== view) continue;
    sums.total += measures.totalTokens;
    sums.estimated += measures.requestsTokensEstimated;
    sums.unknown += measures.requestsTokensUnknown;
    sums.reported += measures.requestsTokensReported;
    sums.requests += measures.requests;
  }
  return sums;
}

test('a batch without texts is read in one step', () => {
  const pipeline = newPipeline(pipelineOptions({decoder}));
  expect(pipeline.receiveUpToTexts([0, 1, 2].map((n) => received(n)))).toBe(undefined);
});

test('what was said is counted before it is folded, the rest of the batch at once and in order', () => {
  const pipeline = newPipeline(pipelineOptions({decoder}));
  const batch = [received(0), said(1), received(2), said(3)];
  expect(readAll(pipeline, batch)).toEqual([2]);
  expect(pipeline.counts).toMatchObject({inputEvents: 4, records: 4, folded: 4});
  expect(pipeline.head.sequenceNumber).toBe(3);
  expect(tokensOf(pipeline)).toMatchObject({requests: 4, estimated: 2});
});

test('nothing behind the first text is folded while its counts are awaited', () => {
  const pipeline = newPipeline(pipelineOptions({decoder}));
  const stop = pipeline.receiveUpToTexts([received(0), said(1), received(2)]);
  expect(stop).toMatchObject({kind: 'texts', consumed: 1});
  expect(pipeline.counts).toMatchObject({inputEvents: 1, folded: 1});
  expect(takenFrom(pipeline).head.sequenceNumber).toBe(0);
});

test('what was not counted, and what nobody counts, is unknown', () => {
  const pipeline = newPipeline(pipelineOptions({decoder}));
  expect(pipeline.receive([said(0), said(1)])).toBe(undefined);
  const stop = pipeline.receiveUpToTexts([said(2), said(3)]);
  if (stop?.kind === 'texts') stop.ahead.takeCounts([undefined, {prompt: 5}]);
  expect(pipeline.receiveUpToTexts([said(2), said(3)], stop)).toBe(undefined);
  expect(tokensOf(pipeline)).toEqual({total: 0, estimated: 0, unknown: 4, reported: 0, requests: 4});
});

test('reported tokens win: such a call is not asked for', () => {
  const pipeline = newPipeline(pipelineOptions({decoder}));
  const usage = {prompt_tokens: 3, completion_tokens: 2};
  expect(readAll(pipeline, [said(0, usage)])).toEqual([]);
  expect(tokensOf(pipeline)).toMatchObject({total: 5, reported: 1});
});

test('one side of a call alone is not asked for, except of an embedding', () => {
  const pipeline = newPipeline(pipelineOptions({decoder}));
  const embedding = {model: 'text-embedding-3-small', completion: ''};
  expect(readAll(pipeline, [said(0, {completion: ''}), said(1, embedding)])).toEqual([1]);
  expect(tokensOf(pipeline)).toEqual({total: 10, estimated: 1, unknown: 1, reported: 0, requests: 2});
});

test('texts of a batch are counted in steps of at most so many calls, and so many characters and one call more', () => {
  const many = Array.from({length: aheadCallsMax + 1}, (_, n) => said(n));
  expect(readAll(newPipeline(pipelineOptions({decoder})), many)).toEqual([aheadCallsMax, 1]);
  const prompt = 'p'.repeat(aheadCharsMax / 2);
  const long = [0, 1, 2].map((n) => said(n, {prompt}));
  expect(readAll(newPipeline(pipelineOptions({decoder})), long)).toEqual([2, 1]);
});

test('a jump behind events that were decoded ahead is told at its place', () => {
  const pipeline = newPipeline(pipelineOptions({decoder}));
  expect(readAll(pipeline, [said(0), said(1), said(5), said(6)])).toEqual([4]);
  expect(pipeline.counts).toMatchObject({folded: 4, gapEvents: 3});
  expect(tokensOf(pipeline)).toMatchObject({estimated: 4, total: 56});
});

test('an event delivered twice within a batch is counted once', () => {
  const pipeline = newPipeline(pipelineOptions({decoder}));
  expect(readAll(pipeline, [said(0), said(1), said(1), said(2)])).toEqual([3]);
  expect(pipeline.counts).toMatchObject({inputEvents: 4, folded: 3});
});

test('of what is read again only open calls are counted again, so that the resolved view knows their tokens', () => {
  const events = Array.from({length: 6}, (_, n) => said(n));
  const options = pipelineOptions({decoder});
  const first = newPipeline(options);
  readAll(first, events.slice(0, 4));
  options.join.offer(
    [0, 1, 3].map((n) => diagnosticsRow({requestId: `id-${n}`})),
    noonMs,
  );
  const recovery = pipelineOptions({decoder});
  const next = new PartitionPipeline(recovery, {kind: 'recovered', commit: takenFrom(first)});
  expect(readAll(next, events)).toEqual([3]);
  recovery.join.offer([diagnosticsRow({requestId: 'id-2'})], noonMs);
  expect(tokensOf(next, 'latency')).toMatchObject({requests: 1, estimated: 1, total: 14});
});

test('halves keep what their texts were counted to while they wait for each other', () => {
  const pipeline = newPipeline(pipelineOptions({decoder}));
  const of = (n: number, body: object): ReceivedEvent => ({...said(n), body: JSON.stringify(body)});
  const common = {'event-time': '2024-05-17T12:00:00Z', 'message-id': 'a', model: 'gpt-4o'};
  const asked = {...common, 'event-type': 'Request', messages: [{role: 'user', content: 'private'}]};
  const answered = {...common, 'event-type': 'Response', choices: [{message: {content: 'secret'}}]};
  const stop = pipeline.receiveUpToTexts([of(0, asked), of(1, answered)]);
  if (stop?.kind === 'texts') stop.ahead.takeCounts([{prompt: 8}, {completion: 2}]);
  pipeline.receiveUpToTexts([of(0, asked), of(1, answered)], stop);
  expect(pipeline.halvesWaiting).toBe(2);
  readAll(pipeline, [received(2, {atMs: noonMs + 600_000})]);
  expect(tokensOf(pipeline)).toMatchObject({requests: 2, estimated: 1, total: 10});
});

test('once the counts are in, no text is among what was decoded ahead', () => {
  const stop = newPipeline(pipelineOptions({decoder})).receiveUpToTexts([said(0, {prompt: 'private'})]);
  if (stop?.kind !== 'texts') throw new Error('texts were expected');
  stop.ahead.takeCounts([{prompt: 1, completion: 1}]);
  expect(stop.ahead.texts).toEqual([]);
  expect(JSON.stringify(stop.ahead.take(0))).not.toContain('private');
});

test('the length of what was said is that of all its texts', () => {
  const prompt = [{role: 'user', name: 'ann', text: 'Hi'}];
  expect(charsOf({model: 'm', prompt, completion: 'Hello'})).toBe(10);
});
