import assert from 'node:assert/strict';
import {parentPort} from 'node:worker_threads';
import type {CallTexts} from '@weir/pipeline';
import {countCalls} from './count-calls.ts';

/**
 * What a thread of the estimator runs: it answers each list of calls by the list of their counts, one after another. An
 * error ends it, and the estimator starts another one.
 */
assert(parentPort !== null, 'this is the program of a thread');
const port = parentPort;
port.on('message', (calls: readonly CallTexts[]) => {
  void countCalls(calls).then((counts) => port.postMessage(counts));
});
