import {createHash} from 'node:crypto';
import fc from 'fast-check';
import {expect, test} from 'vitest';
import {grains} from '../windows/view.ts';
import {documentTarget, spreadOf} from './document-target.ts';

const usage = ['eastus2', 'gpt-4o', 'all', 'all', 'all', 'all', 'all', 'all'];
const latency = ['eastus2', 'all', 'gpt-4o', '2024-08-06', 'streaming', 'all', 'all', 'all'];
const chargeback = ['all', 'gpt-4o', 'all', 'all', 'all', 'équipe "ü"', 'team-1', 'all'];

// The hashes were computed outside of this program: outside tools name documents by them.
test.each([
  [
    'usage',
    '5m',
    '2024-05-17T13:15:00Z',
    usage,
    'usage_5m_1715951700_3c2Po2rBIVTn9NF2dW-OLN',
    'usage|5m|2024-05-17',
  ],
  [
    'latency',
    '1h',
    '2024-05-17T13:00:00Z',
    latency,
    'latency_1h_1715950800_s3CF9qgnqDiZKVA-5Pe1H4',
    'latency|1h|2024-05',
  ],
  [
    'chargeback',
    '1d',
    '2024-05-17T00:00:00Z',
    chargeback,
    'chargeback_1d_1715904000_xr8T7xLdHFArQFgbh13B3B',
    'chargeback|1d|2024',
  ],
] as const)(
  '%s %s at %s has the id and partition key of the contract',
  (view, grain, start, dimensions, id, pk) => {
    const windowStartMs = Date.parse(start);
    expect(documentTarget({view, grain, windowStartMs, dimensions}, 1)).toEqual({
      id,
      pk,
      view,
      grain,
      windowStartMs,
      dimensions,
    });
  },
);

test('the id ends in the first 22 characters of the SHA-256 of the JSON array, whatever the dimensions hold', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({unit: fc.constantFrom('a', 'ü', '"', '\\', '\u2028', '😀', ' '), maxLength: 6}), {
        minLength: 8,
        maxLength: 8,
      }),
      (dimensions) => {
        const {id} = documentTarget({view: 'v', grain: '5m', windowStartMs: 0, dimensions}, 1);
        const hash = createHash('sha256').update(JSON.stringify(dimensions)).digest('base64url');
        expect(id).toBe(`v_5m_0_${hash.slice(0, 22)}`);
      },
    ),
  );
});

test('shards are a fourth part of the partition key, spread evenly and always the same for one group', () => {
  const counts = [0, 0, 0, 0];
  for (let n = 0; n < 400; n++) {
    const target = {
      view: 'v',
      grain: '5m',
      windowStartMs: 0,
      dimensions: [`region-${n}`, ...usage.slice(1)],
    } as const;
    const {pk} = documentTarget(target, 4);
    expect(pk).toMatch(/^v\|5m\|1970-01-01\|[0-3]$/);
    expect(documentTarget({...target, windowStartMs: 300_000}, 4).pk).toBe(pk);
    counts[Number(pk.at(-1))]! += 1;
  }
  expect(Math.min(...counts)).toBeGreaterThan(60);
});

test.each([
  ['5m', '2024-12-31T23:55:00Z', '2024-12-31'],
  ['1h', '2024-12-31T23:00:00Z', '2024-12'],
  ['1d', '2024-12-31T00:00:00Z', '2024'],
] as const)('the period of a %s window that starts at %s is %s', (grain, start, period) => {
  expect(documentTarget({view: 'v', grain, windowStartMs: Date.parse(start), dimensions: usage}, 1).pk).toBe(
    `v|${grain}|${period}`,
  );
});

test('two windows, grains or groups never share an id', () => {
  const ids = new Set<string>();
  for (const grain of grains)
    for (const windowStartMs of [0, 86_400_000])
      for (const dimensions of [usage, latency])
        ids.add(documentTarget({view: 'v', grain, windowStartMs, dimensions}, 1).id);
  expect(ids.size).toBe(12);
});

test('the spread of ids is a whole number below 2^32 and even over ten parts', () => {
  const counts = Array.from({length: 10}, () => 0);
  for (let n = 0; n < 2_000; n++) {
    const spread = spreadOf(
      documentTarget({view: 'v', grain: '5m', windowStartMs: n * 300_000, dimensions: usage}, 1).id,
    );
    expect(Number.isInteger(spread) && spread >= 0 && spread < 2 ** 32).toBe(true);
    counts[spread % 10]! += 1;
  }
  expect(Math.min(...counts)).toBeGreaterThan(140);
});
