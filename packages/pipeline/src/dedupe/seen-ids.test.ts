import fc from 'fast-check';
import {expect, test} from 'vitest';
import {guidOf, hashId} from './id-hash.ts';
import {SeenIds} from './seen-ids.ts';

const guid = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

test('a repeat within the horizon is not new, and renews the id', () => {
  const seen = new SeenIds({horizonMs: 100, idsMax: 1_000});
  expect(seen.sight(hashId(guid(1)), 0, 0)).toBe(true);
  expect(seen.sight(hashId(guid(1)), 0, 100)).toBe(false);
  expect(seen.sight(hashId(guid(1)), 0, 200)).toBe(false);
  expect(seen.sight(hashId(guid(1)), 0, 301)).toBe(true);
});

test('two parts of one call are two sightings', () => {
  const seen = new SeenIds({horizonMs: 100, idsMax: 1_000});
  expect(seen.sight(hashId(guid(1)), 0, 0)).toBe(true);
  expect(seen.sight(hashId(guid(1)), 1, 0)).toBe(true);
  expect(seen.sight(hashId(guid(1)), 1, 1)).toBe(false);
});

test('at the bound the oldest ids go, and are counted', () => {
  const seen = new SeenIds({horizonMs: 1e9, idsMax: 2_000});
  for (let n = 0; n < 10_000; n++) {
    seen.sight(hashId(guid(n)), 0, n);
    expect(seen.size).toBeLessThanOrEqual(2_000);
  }
  expect(seen.evicted).toBeGreaterThan(0);
  expect(seen.sight(hashId(guid(9_999)), 0, 10_000)).toBe(false);
  expect(seen.sight(hashId(guid(0)), 0, 10_000)).toBe(true);
});

test('agrees with a plain map whatever the order of sightings', () => {
  const ids = fc.oneof(
    fc.integer({min: 0, max: 3_000}).map(guid),
    fc.string({minLength: 1, maxLength: 40, unit: fc.constantFrom('a', 'b', '-', '1')}),
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(ids, fc.integer({min: 0, max: 50})), {minLength: 1, maxLength: 4_000}),
      (sightings) => {
        const horizonMs = 400;
        const seen = new SeenIds({horizonMs, idsMax: 100_000});
        const plain = new Map<string, number>();
        let timeMs = 0;
        for (const [id, stepMs] of sightings) {
          timeMs += stepMs;
          const before = plain.get(id);
          const isNew = before === undefined || timeMs - before > horizonMs;
          plain.set(id, timeMs);
          expect(seen.sight(hashId(id), 0, timeMs)).toBe(isNew);
        }
      },
    ),
    {numRuns: 30},
  );
});

test('looking is no sighting', () => {
  const seen = new SeenIds({horizonMs: 100, idsMax: 1_000});
  expect(seen.has(hashId(guid(1)), 0)).toBe(false);
  seen.sight(hashId(guid(1)), 0, 0);
  expect([seen.has(hashId(guid(1)), 100), seen.has(hashId(guid(1)), 101)]).toEqual([true, false]);
});

test('a GUID is its own hash', () => {
  fc.assert(
    fc.property(fc.uuid(), (id) => {
      const hash = hashId(id);
      expect([hash.isGuid, guidOf(hash)]).toEqual([true, id]);
    }),
  );
  expect(hashId('00000000-0000-4000-8000-00000000000g').isGuid).toBe(false);
});
