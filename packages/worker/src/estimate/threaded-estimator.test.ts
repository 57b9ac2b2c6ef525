import type {CallTexts} from '@weir/pipeline';
import {afterEach, expect, test} from 'vitest';
import {systemClock} from '../clock.ts';
import {reports} from '../commit-fixture.ts';
import {chatOf, publishedCounts} from './published-counts.ts';
import {callCharsMax, ThreadedEstimator, type EstimatorOptions} from './threaded-estimator.ts';

const {signal} = new AbortController();
const open: ThreadedEstimator[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((estimator) => estimator.close()));
});

/** Long enough for a busy machine. */
const patientMs = 20_000;

function started(changes: Partial<EstimatorOptions> = {}) {
  const told = reports();
  const outcomes: Record<string, number> = {};
  const estimator = new ThreadedEstimator({
    clock: systemClock,
    random: () => 0,
    threads: 1,
    waitMs: patientMs,
    queueBytesMax: 4_194_304,
    report: told.report,
    onOutcome: (outcome, calls) => (outcomes[outcome] = (outcomes[outcome] ?? 0) + calls),
    ...changes,
  });
  open.push(estimator);
  return {estimator, outcomes, told};
}

/** A thread that runs this instead of counting. */
function threadOf(script: string): URL {
  const program = `const {parentPort} = require('node:worker_threads'); ${script}`;
  return new URL(
    `data:text/javascript,${encodeURIComponent(`import {createRequire} from 'node:module'; const require = createRequire('file:///'); ${program}`)}`,
  );
}
const silent = threadOf(`parentPort.on('message', () => {});`);

const said = (prompt: string, model = 'gpt-4o'): CallTexts => ({model, prompt, completion: 'Hello'});

test('calls are counted in a thread, each in its place', async () => {
  const {estimator, outcomes} = started({threads: 2});
  const [chat] = publishedCounts.chats;
  const calls = [
    said('antidisestablishmentarianism'),
    {model: 'gpt-4o', prompt: chatOf(chat!.messages), completion: '2 + 2 = 4'},
    ...Array.from({length: 500}, (_, n) => said('word '.repeat(n))),
  ];
  const counts = await estimator.estimate(calls, signal);
  expect(counts.slice(0, 2)).toEqual([
    {prompt: 6, completion: 1},
    {prompt: 124, completion: 7},
  ]);
  expect(counts).toHaveLength(502);
  expect(counts).not.toContain(undefined);
  expect(outcomes).toEqual({estimated: 502});
});

test('what is not counted in time is unknown, and its texts leave the queue', async () => {
  const {estimator, outcomes} = started({program: silent, waitMs: 20, loadMsMax: 0, queueBytesMax: 100_000});
  await estimator.estimate([said('the thread is busy with it')], signal);
  for (let round = 1; round <= 2; round++) {
    const calls = [said('a'), said('a'.repeat(30_000))];
    expect(await estimator.estimate(calls, signal)).toEqual([undefined, undefined]);
    expect(outcomes).toEqual({'timed out': 1 + 2 * round});
  }
});

test('the first call of an encoding has the time to load it, and none after it', async () => {
  const program = threadOf(`parentPort.on('message', (calls) => {
    const slow = calls[0].prompt === 'slow';
    setTimeout(() => parentPort.postMessage(calls.map(() => ({prompt: 5}))), slow ? 400 : 0);
  });`);
  const {estimator, outcomes} = started({program, waitMs: 10, loadMsMax: patientMs});
  expect(await estimator.estimate([said('slow')], signal)).toEqual([{prompt: 5}]);
  expect(await estimator.estimate([said('slow')], signal)).toEqual([undefined]);
  expect(await estimator.estimate([said('slow', 'gpt-4')], signal)).toEqual([{prompt: 5}]);
  expect(outcomes).toEqual({estimated: 2, 'timed out': 1});
});

test('a full queue is said at once and holds up nobody', async () => {
  const {estimator, outcomes} = started({queueBytesMax: 2_000});
  const counts = await estimator.estimate([said('a'), said('a'.repeat(1_000)), said('b')], signal);
  expect(counts).toEqual([{prompt: 1, completion: 1}, undefined, {prompt: 1, completion: 1}]);
  expect(outcomes).toEqual({estimated: 2, 'queue full': 1});
});

test('a call of too much text, or of a model whose texts do not tell its tokens, is not counted', async () => {
  const {estimator, outcomes} = started();
  const calls = [said('a'.repeat(callCharsMax)), said('a', 'llama-3')];
  expect(await estimator.estimate(calls, signal)).toEqual([undefined, undefined]);
  expect(outcomes).toEqual({'not countable': 2});
});

test('a partition that is lost waits no longer', async () => {
  const {estimator} = started({program: silent});
  const lost = new AbortController();
  const counts = estimator.estimate([said('a')], lost.signal);
  lost.abort();
  expect(await counts).toEqual([undefined]);
  expect(await estimator.estimate([said('a')], lost.signal)).toEqual([undefined]);
});

test('a thread that dies leaves its calls unknown, says so without their texts, and is started again', async () => {
  const program = threadOf(`parentPort.on('message', (calls) => {
    if (calls[0].prompt === 'secret') throw new Error('secret');
    parentPort.postMessage(calls.map(() => ({prompt: 5})));
  });`);
  const {estimator, outcomes, told} = started({program});
  expect(await estimator.estimate([said('secret')], signal)).toEqual([undefined]);
  expect(await estimator.estimate([said('a')], signal)).toEqual([undefined]);
  expect(outcomes).toEqual({failed: 2});
  expect(told.kinds()).toEqual(['token estimates']);
  expect(JSON.stringify(told)).not.toContain('secret');
  await expect
    .poll(async () => await estimator.estimate([said('a')], signal), {timeout: patientMs})
    .toEqual([{prompt: 5}]);
});

test('a thread that is silent for too long is ended, and what it had is unknown', async () => {
  const {estimator, outcomes, told} = started({program: silent, silenceMaxMs: 10});
  expect(await estimator.estimate([said('a')], signal)).toEqual([undefined]);
  expect(outcomes).toEqual({failed: 1});
  expect(told.kinds()).toEqual(['token estimates']);
});
