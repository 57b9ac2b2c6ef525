import fc from 'fast-check';
import {expect, test} from 'vitest';
import {diagnosticsRow, gatewayEvent, noonMs} from '../event-fixture.ts';
import {grains, type Grain, type ShardedView} from '../windows/view.ts';
import {decodeDelta, encodeDelta, type DeltaMap} from './aggregate-delta.ts';
import {Fold} from './fold.ts';

const call = fc.record({
  region: fc.constantFrom('eastus2', 'westeurope'),
  status: fc.constantFrom(200, 429, 500, undefined),
  tokenSource: fc.constantFrom('reported' as const, 'estimated' as const, 'unknown' as const),
  totalTokens: fc.nat({max: 5_000}),
  remainingRequests: fc.option(fc.nat({max: 100}), {nil: undefined}),
  remainingTokens: fc.nat({max: 100}),
  atMs: fc.integer({min: -3 * 86_400_000, max: 3 * 86_400_000}).map((ms) => noonMs + ms),
  durationMs: fc.option(fc.nat({max: 200_000}), {nil: undefined}),
  isMatched: fc.boolean(),
});
type Call = typeof call extends fc.Arbitrary<infer T> ? T : never;

function folded(windows: readonly Grain[], calls: readonly Call[]): DeltaMap {
  const shared = {groupBy: ['region', 'streamType'], windows, shards: 1} as const;
  const views: ShardedView[] = [
    {name: 'usage', on: 'arrival', ...shared},
    {name: 'latency', on: 'resolved', ...shared},
  ];
  const fold = new Fold(views);
  for (const {atMs, durationMs, isMatched, ...fields} of calls) {
    const event = gatewayEvent(fields);
    fold.arrived(event, atMs);
    fold.resolved(event, atMs, isMatched ? diagnosticsRow({durationMs}) : undefined);
  }
  const deltas: DeltaMap = new Map();
  fold.take(deltas);
  return deltas;
}

function encoded(deltas: DeltaMap): Map<string, object> {
  return new Map(
    [...deltas].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, delta]) => [id, encodeDelta(delta)]),
  );
}

test('rolling the finest windows up gives what folding each grain directly gives', () => {
  fc.assert(
    fc.property(
      fc.array(call, {maxLength: 60}),
      fc.shuffledSubarray([...grains], {minLength: 1}),
      (calls, windows) => {
        const apart: DeltaMap = new Map();
        for (const grain of windows) for (const [id, delta] of folded([grain], calls)) apart.set(id, delta);
        expect(encoded(folded(windows, calls))).toEqual(encoded(apart));
      },
    ),
  );
});

test('the order of events does not show', () => {
  fc.assert(
    fc.property(fc.array(call, {maxLength: 40}), (calls) => {
      expect(encoded(folded(['5m', '1d'], calls.toReversed()))).toEqual(encoded(folded(['5m', '1d'], calls)));
    }),
  );
});

test('every request is in every grain once, under one outcome and one token source', () => {
  fc.assert(
    fc.property(fc.array(call, {maxLength: 40}), (calls) => {
      const sums = new Map<string, number>();
      for (const {target, measures: m} of folded(grains, calls).values()) {
        expect(m.succeeded + m.throttled + m.failed).toBe(m.requests);
        expect(m.requestsTokensReported + m.requestsTokensEstimated + m.requestsTokensUnknown).toBe(
          m.requests,
        );
        expect(m.matched + m.unmatched).toBe(target.view === 'latency' ? m.requests : 0);
        const key = `${target.view} ${target.grain}`;
        sums.set(key, (sums.get(key) ?? 0) + m.requests);
      }
      for (const sum of sums.values()) expect(sum).toBe(calls.length);
    }),
  );
});

test('a delta comes back from the journal as it went in', () => {
  fc.assert(
    fc.property(fc.array(call, {maxLength: 20}), (calls) => {
      for (const delta of folded(['5m'], calls).values()) {
        const back = decodeDelta(
          JSON.parse(JSON.stringify(encodeDelta(delta))) as ReturnType<typeof encodeDelta>,
        );
        expect(back.target).toEqual(delta.target);
        expect(back.measures).toEqual(delta.measures);
        expect(back.sketch?.encode()).toBe(delta.sketch?.encode());
      }
    }),
  );
});
