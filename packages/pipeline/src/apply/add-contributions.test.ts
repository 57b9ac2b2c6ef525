import fc from 'fast-check';
import {expect, test} from 'vitest';
import {diagnosticsRow, gatewayEvent, noonMs} from '../event-fixture.ts';
import type {AggregateDelta, DeltaMap} from '../fold/aggregate-delta.ts';
import {Fold} from '../fold/fold.ts';
import {
  addContributions,
  formatAggregate,
  newAggregate,
  readAggregate,
  type AggregateState,
  type Contribution,
} from './aggregate-document.ts';

function deltaOf(durationMs: number, tokens = 1): AggregateDelta {
  const fold = new Fold([{name: 'v', on: 'resolved', groupBy: ['region'], windows: ['5m'], shards: 1}]);
  const event = gatewayEvent({
    tokenSource: 'reported',
    totalTokens: tokens,
    remainingRequests: tokens,
    remainingTokens: tokens,
  });
  fold.resolved(event, noonMs, diagnosticsRow({durationMs}));
  const deltas: DeltaMap = new Map();
  fold.take(deltas);
  return [...deltas.values()][0]!;
}

const from = (source: string, n: number, tokens = 1): Contribution => ({
  source,
  n,
  delta: deltaOf(100, tokens),
});
const start = (): AggregateState => newAggregate(deltaOf(0).target);

test('a contribution is added once, whatever it is repeated by', () => {
  const state = start();
  expect(addContributions(state, [from('a', 1)])).toBe(1);
  expect(addContributions(state, [from('a', 1)])).toBe(0);
  expect(state.sum.measures.requests).toBe(1);
  expect(state.revision).toBe(1);
});

test('one commit that two claims bring in one write is added once', () => {
  const state = start();
  expect(addContributions(state, [from('a', 3), from('a', 3)])).toBe(1);
  expect(state.sum.measures.requests).toBe(1);
});

test('numbers at or below what the document remembers are skipped, those above are added in their order', () => {
  const state = start();
  addContributions(state, [from('a', 5, 1)]);
  expect(addContributions(state, [from('a', 7, 100), from('a', 4, 1_000), from('a', 6, 10)])).toBe(2);
  expect(state.sum.measures.totalTokens).toBe(111);
  expect(state.applied.get('a')).toBe(7);
});

test('each source and lineage is remembered by itself', () => {
  const state = start();
  addContributions(state, [from('a/0/one', 9), from('a/0/two', 1), from('a/1/one', 1)]);
  expect(addContributions(state, [from('a/0/two', 2)])).toBe(1);
  expect([...state.applied]).toEqual([
    ['a/0/two', 2],
    ['a/1/one', 1],
    ['a/0/one', 9],
  ]);
  expect(state.sum.measures.requests).toBe(4);
});

test('a write that adds nothing is no revision', () => {
  const state = start();
  addContributions(state, [from('a', 2)]);
  addContributions(state, [from('a', 1), from('a', 2)]);
  expect(state.revision).toBe(1);
});

test('the contributions themselves are left as they were: a refused write must be able to use them again', () => {
  const contribution = from('a', 1, 7);
  addContributions(start(), [contribution, from('b', 1, 5)]);
  expect(contribution.delta.measures.totalTokens).toBe(7);
  expect(contribution.delta.sketch?.count).toBe(1);
});

/** Any interleaving of the sources, each in its own order, cut into writes anywhere, repeats included. */
const schedule = fc
  .array(
    fc.record({
      source: fc.constantFrom('a', 'b', 'c'),
      durationMs: fc.nat({max: 90_000}),
      tokens: fc.nat({max: 900}),
    }),
    {minLength: 1, maxLength: 12},
  )
  .chain((calls) => {
    const numbered = calls.map(({source, durationMs, tokens}, i) => {
      const n = calls.slice(0, i + 1).filter((call) => call.source === source).length;
      return {source, n, delta: deltaOf(durationMs, tokens)};
    });
    return fc.record({
      inOrder: fc.constant(numbered),
      mixed: fc.shuffledSubarray(numbered, {minLength: numbered.length}).map(keepSourcesInOrder),
      cuts: fc.array(fc.integer({min: 1, max: 4}), {minLength: 12, maxLength: 12}),
      repeats: fc.boolean(),
    });
  });

/** Where the shuffle put something of a source, that source's next one stands. */
function keepSourcesInOrder(shuffled: readonly Contribution[]): Contribution[] {
  const bySource = Map.groupBy(
    [...shuffled].sort((a, b) => a.n - b.n),
    ({source}) => source,
  );
  return shuffled.map(({source}) => bySource.get(source)!.shift()!);
}

test('whatever the order of sources and the cut into writes, the document is the same but for revision and time', () => {
  fc.assert(
    fc.property(schedule, ({inOrder, mixed, cuts, repeats}) => {
      const one = start();
      addContributions(one, inOrder);
      let other = start();
      for (let at = 0, i = 0; at < mixed.length; at += cuts[i++]!) {
        const write = mixed.slice(at, at + cuts[i]!);
        addContributions(other, repeats ? [...write, ...mixed.slice(0, at)] : write);
        const document = formatAggregate(other, {nowMs: noonMs, retentionMs: undefined});
        other = readAggregate(
          other.sum.target,
          JSON.parse(JSON.stringify(document)) as Record<string, unknown>,
        );
      }
      const {
        revision: _a,
        updatedAt: _b,
        ...expected
      } = formatAggregate(one, {nowMs: noonMs, retentionMs: undefined});
      const {
        revision: _c,
        updatedAt: _d,
        ...actual
      } = formatAggregate(other, {nowMs: noonMs, retentionMs: undefined});
      expect(actual).toEqual(expected);
    }),
  );
});
