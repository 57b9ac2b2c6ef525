import type {CallTexts, Clock} from '@weir/pipeline';
import {afterEach, expect, test} from 'vitest';
import {systemClock} from '../clock.ts';
import {reports} from '../commit-fixture.ts';
import {callBytesMax} from './count-calls.ts';
import {chatOf, publishedCounts} from './published-counts.ts';
import {ThreadedEstimator, type EstimatorOptions} from './threaded-estimator.ts';

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
/** Takes its time for what is slow. */
const slowAtTimes = threadOf(`parentPort.on('message', (calls) => {
  const slow = calls[0].prompt === 'slow';
  setTimeout(() => parentPort.postMessage(calls.map(() => ({prompt: 5}))), slow ? 400 : 0);
});`);

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

/** The machine's, and how long everybody has waited by it, in order. */
function watchedClock(): {clock: Clock; waits: number[]} {
  const waits: number[] = [];
  const sleep: Clock['sleep'] = (ms, until) => {
    if (ms > 0 && ms < silenceMs) waits.push(ms);
    return systemClock.sleep(ms, until);
  };
  return {clock: {...systemClock, sleep}, waits};
}
const silenceMs = 60_000;

test('who waits no longer takes his texts out of the queue', async () => {
  const {estimator, outcomes} = started({program: silent, queueBytesMax: 100_000});
  const end = new AbortController();
  const busy = estimator.estimate([said('the thread is busy with it')], end.signal);
  for (let round = 1; round <= 2; round++) {
    const lost = new AbortController();
    const counts = estimator.estimate([said('a'), said('a'.repeat(30_000))], lost.signal);
    lost.abort();
    expect(await counts).toEqual([undefined, undefined]);
    expect(outcomes).toEqual({'timed out': 2 * round});
  }
  end.abort();
  await busy;
});

test('what is not counted in time is unknown, and what comes behind it at once when the thread is long late', async () => {
  const {clock, waits} = watchedClock();
  let nowMs = 0;
  const limits = {waitMs: 20, loadMsMax: 0, silenceMaxMs: silenceMs};
  const {estimator, outcomes} = started({
    program: silent,
    clock: {...clock, now: () => nowMs},
    ...limits,
  });
  expect(await estimator.estimate([said('a')], signal)).toEqual([undefined]);
  nowMs = 9; // it has only just begun, as far as it knows
  expect(await estimator.estimate([said('a')], signal)).toEqual([undefined]);
  expect(waits).toEqual([20, 20]);
  nowMs = 10;
  expect(await estimator.estimate([said('a'), said('b')], signal)).toEqual([undefined, undefined]);
  expect(waits).toEqual([20, 20]);
  expect(outcomes).toEqual({'timed out': 4});
});

test('a reader that is answered at once hears the thread that has answered meanwhile', async () => {
  const {estimator, outcomes} = started({program: slowAtTimes, waitMs: 20, loadMsMax: 0});
  await estimator.estimate([said('slow')], signal);
  const until = Date.now() + patientMs;
  while (outcomes['estimated'] === undefined && Date.now() < until) {
    await estimator.estimate([said('a')], signal);
  }
  expect(outcomes).toMatchObject({estimated: 1});
});

test('an encoding that does not come is waited for once, by all who come in that time together', async () => {
  const {clock, waits} = watchedClock();
  const limits = {waitMs: 20, loadMsMax: 200, silenceMaxMs: silenceMs};
  const {estimator} = started({program: silent, clock, ...limits});
  const first = estimator.estimate([said('a')], signal);
  await clock.sleep(100);
  await Promise.all([first, estimator.estimate([said('a')], signal)]);
  await estimator.estimate([said('a')], signal);
  expect(waits[0]).toBeGreaterThan(200);
  expect(waits).toHaveLength(3);
  expect(waits[2]).toBeLessThan(20 + 110);
});

test('an encoding that was waited for in a thread that died is not waited for again in the next one', async () => {
  const {clock, waits} = watchedClock();
  const {estimator, told} = started({program: silent, clock, waitMs: 20, loadMsMax: 100, silenceMaxMs: 150});
  await estimator.estimate([said('a')], signal);
  await expect.poll(() => told.kinds(), {timeout: patientMs}).toHaveLength(1);
  waits.length = 0;
  await expect
    .poll(async () => (await estimator.estimate([said('a')], signal), waits), {timeout: patientMs})
    .toContain(20);
  expect(waits.filter((ms) => ms > 20 && ms < 150)).toEqual([]);
});

test('a thread that is late is waited for again once it has answered', async () => {
  const {estimator, outcomes} = started({program: slowAtTimes, waitMs: 20, loadMsMax: 0});
  expect(await estimator.estimate([said('slow')], signal)).toEqual([undefined]);
  await expect
    .poll(async () => await estimator.estimate([said('a')], signal), {timeout: patientMs})
    .toEqual([{prompt: 5}]);
  expect(outcomes).toMatchObject({estimated: 1});
});

test('closing answers at once, what waits and what comes after', async () => {
  const {estimator, outcomes} = started({program: silent, waitMs: silenceMs, silenceMaxMs: silenceMs});
  const waiting = ['a', 'b'].map((text) => estimator.estimate([said(text)], signal));
  await estimator.close();
  expect(await Promise.all(waiting)).toEqual([[undefined], [undefined]]);
  expect(await estimator.estimate([said('c')], signal)).toEqual([undefined]);
  expect(outcomes).toEqual({failed: 3});
});

test('the first call of an encoding has the time to load it, and none after it', async () => {
  const {estimator, outcomes} = started({program: slowAtTimes, waitMs: 10, loadMsMax: patientMs});
  expect(await estimator.estimate([said('slow')], signal)).toEqual([{prompt: 5}]);
  expect(await estimator.estimate([said('slow', 'gpt-4')], signal)).toEqual([{prompt: 5}]);
  expect(await estimator.estimate([said('slow')], signal)).toEqual([undefined]);
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
  const calls = [said('a'.repeat(callBytesMax)), said('a', 'llama-3')];
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
