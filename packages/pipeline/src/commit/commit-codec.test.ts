import {gunzipSync, gzipSync} from 'node:zlib';
import fc from 'fast-check';
import {expect, test} from 'vitest';
import {emptyDelta, encodeDelta, type AggregateDelta} from '../fold/aggregate-delta.ts';
import {documentTarget} from '../fold/document-target.ts';
import {addDuration} from '../fold/measures.ts';
import {QuantileSketch} from '../fold/quantile-sketch.ts';
import {CommitFormatError, decodeCommit, encodeCommit} from './commit-codec.ts';
import type {Commit} from './commit.ts';

const mark = fc.record({
  sequenceNumber: fc.integer({min: -1, max: 2 ** 50}),
  offset: fc.string(),
  enqueuedTimeMs: fc.nat(),
});
const delta: fc.Arbitrary<AggregateDelta> = fc
  .record({
    group: fc.string({unit: 'grapheme', maxLength: 8}),
    durations: fc.array(fc.nat({max: 100_000}), {maxLength: 5}),
    requests: fc.nat(),
  })
  .map(({group, durations, requests}) => {
    const dimensions = [group, ...Array.from({length: 7}, () => 'all')];
    const built = emptyDelta(documentTarget({view: 'v', grain: '5m', windowStartMs: 300_000, dimensions}, 1));
    built.measures.requests = requests;
    if (durations.length > 0) built.sketch = new QuantileSketch();
    for (const ms of durations) {
      addDuration(built.measures, ms);
      built.sketch?.add(ms);
    }
    return built;
  });
const name = {lineage: fc.string(), n: fc.nat(), author: fc.string()};
const deadLetter = fc.record(
  {
    sequenceNumber: fc.nat(),
    index: fc.nat(),
    offset: fc.string(),
    enqueuedTimeMs: fc.nat(),
    reason: fc.string(),
    layer: fc.constant('decode' as const),
    detail: fc.string(),
  },
  {requiredKeys: ['sequenceNumber', 'index', 'offset', 'enqueuedTimeMs', 'reason', 'layer']},
);
const settled = fc.record(
  {
    partitionId: fc.string(),
    sequenceNumber: fc.nat(),
    index: fc.nat(),
    enqueuedTimeMs: fc.nat(),
    as: fc.constantFrom('counted' as const, 'repeat' as const),
    requestIdHash: fc.string(),
    settledMs: fc.nat(),
  },
  {requiredKeys: ['partitionId', 'sequenceNumber', 'index', 'enqueuedTimeMs', 'as', 'settledMs']},
);
const commit: fc.Arbitrary<Commit> = fc.record(
  {
    ...name,
    follows: fc.record(name),
    hubCreatedAt: fc.string(),
    head: mark,
    frontier: mark,
    resume: mark,
    open: fc.record({runs: fc.array(fc.nat()), others: fc.array(fc.nat())}),
    deltas: fc.array(delta, {maxLength: 3}),
    carry: fc.array(delta, {maxLength: 3}),
    parked: fc.array(fc.record({lineage: fc.string(), n: fc.nat(), delta}), {maxLength: 3}),
    deadLetters: fc.array(deadLetter, {maxLength: 3}),
    settles: fc.array(settled, {maxLength: 3}),
    watermarks: fc.record({arrivalMs: fc.nat(), resolvedMs: fc.nat()}),
  },
  {
    requiredKeys: [
      'lineage',
      'n',
      'author',
      'hubCreatedAt',
      'head',
      'frontier',
      'resume',
      'open',
      'deltas',
      'carry',
      'parked',
      'deadLetters',
      'watermarks',
    ],
  },
) as fc.Arbitrary<Commit>;

/** Sketches compare by what they encode. */
function plain({deltas, carry, parked, ...rest}: Commit): object {
  return {
    ...rest,
    deltas: deltas.map(encodeDelta),
    carry: carry.map(encodeDelta),
    parked: parked.map((entry) => ({...entry, delta: encodeDelta(entry.delta)})),
  };
}

test('a commit comes back as it was written', () => {
  const property = fc.property(commit, (one) => {
    expect(plain(decodeCommit(encodeCommit(one)))).toEqual(plain(one));
  });
  fc.assert(property, {numRuns: 60});
});

const sample = fc.sample(commit, {seed: 1, numRuns: 1})[0]!;

test('the bytes are a snapshot: what is folded into a carried delta afterwards does not reach them', () => {
  const carried = emptyDelta(
    documentTarget({view: 'v', grain: '1h', windowStartMs: 0, dimensions: ['a']}, 1),
  );
  carried.measures.requests = 1;
  const bytes = encodeCommit({...sample, carry: [carried]});
  carried.measures.requests = 99;
  expect(decodeCommit(bytes).carry[0]?.measures.requests).toBe(1);
});

test('a journal of another format is refused with what to do', () => {
  const other = gzipSync(
    JSON.stringify({...(JSON.parse(gunzipSync(encodeCommit(sample)).toString()) as object), format: 2}),
  );
  expect(() => decodeCommit(other)).toThrow(CommitFormatError);
  expect(() => decodeCommit(other)).toThrow(
    'The journal has format 2; this version reads 1. Run the version that wrote it.',
  );
});

test.each([
  ['nothing', new Uint8Array()],
  ['text', Buffer.from('{"format":1}')],
  ['compressed text that is no JSON', gzipSync('{"format":')],
  ['a journal cut short', encodeCommit(sample).slice(0, -9)],
  ['a flipped bit', encodeCommit(sample).map((byte, i) => (i === 40 ? byte ^ 1 : byte))],
  ['compressed null', gzipSync('null')],
])('%s is a damaged journal, told as such', (_, bytes) => {
  expect(() => decodeCommit(bytes)).toThrow(CommitFormatError);
});
