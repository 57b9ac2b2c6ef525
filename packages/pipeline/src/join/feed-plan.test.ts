import {expect, test} from 'vitest';
import {FeedPlan, type Slice} from './feed-plan.ts';

const options = {intervalMs: 15_000, settleMs: 45_000};
/** Service time at which everything stored before `ms` has settled. */
const settled = (ms: number): number => ms + options.settleMs;

function begun(atMs = 0): FeedPlan {
  const plan = new FeedPlan(options);
  plan.advance(settled(atMs));
  return plan;
}

/** Takes and answers slices while there are any. */
function readAll(
  plan: FeedPlan,
  {untilMs = Infinity, rows = 0, most = 10_000}: {untilMs?: number; rows?: number; most?: number} = {},
): Slice[] {
  const read: Slice[] = [];
  for (
    let slice = plan.next(untilMs);
    slice !== undefined && read.length < most;
    slice = plan.next(untilMs)
  ) {
    read.push(slice);
    plan.answered(slice, rows);
  }
  return read;
}

test('the feed begins where it stands: what was stored before is left to the sweep or to a claim', () => {
  const plan = begun(100_000);
  expect(plan.next(Infinity)).toBeUndefined();
  expect(plan.coveredUntilMs).toBe(100_000);
});

test('a slice is planned only once it has settled, in whole intervals', () => {
  const plan = begun();
  plan.advance(settled(14_999));
  expect(plan.next(Infinity)).toBeUndefined();
  plan.advance(settled(15_000));
  expect(plan.next(Infinity)).toEqual({fromMs: 0, toMs: 15_000});
  expect(plan.coveredUntilMs).toBe(0);
});

test('slices are half-open and follow one another', () => {
  const plan = begun();
  for (let ms = 15_000; ms <= 60_000; ms += 15_000) {
    plan.advance(settled(ms));
    expect(readAll(plan)).toEqual([{fromMs: ms - 15_000, toMs: ms}]);
    expect(plan.coveredUntilMs).toBe(ms);
  }
});

test('a clock that goes back plans nothing twice', () => {
  const plan = begun();
  plan.advance(settled(30_000));
  readAll(plan);
  plan.advance(settled(15_000));
  expect(readAll(plan)).toEqual([]);
});

test('nothing beyond the limit is read, and it is read once the limit has moved', () => {
  const plan = begun();
  plan.advance(settled(60_000));
  for (const slice of readAll(plan, {untilMs: 22_500})) expect(slice.toMs).toBeLessThanOrEqual(22_500);
  readAll(plan);
  expect(plan.coveredUntilMs).toBe(60_000);
});

test('catching up takes the oldest and the newest in turn', () => {
  const plan = begun(3_600_000);
  plan.readFrom(0, settled(3_600_000));
  const [first, second, third, fourth] = [1, 2, 3, 4].map(() => plan.next(Infinity)!);
  expect(first).toEqual({fromMs: 0, toMs: 15_000});
  expect(second).toEqual({fromMs: 3_585_000, toMs: 3_600_000});
  expect(third).toEqual({fromMs: 15_000, toMs: 30_000});
  expect(fourth).toEqual({fromMs: 3_570_000, toMs: 3_585_000});
});

test('a claim reads again from its oldest record on, what was read before included', () => {
  const plan = begun();
  plan.advance(settled(600_000));
  readAll(plan);
  plan.readFrom(300_500, settled(600_000));
  expect(plan.coveredUntilMs).toBe(300_000);
  const read = readAll(plan).sort((a, b) => a.fromMs - b.fromMs);
  expect(read[0]!.fromMs).toBe(300_000);
  expect(read.at(-1)!.toMs).toBe(600_000);
});

test('a claim whose records are younger than the edge changes nothing', () => {
  const plan = begun(100_000);
  plan.readFrom(200_000, settled(100_000));
  expect(plan.coveredUntilMs).toBe(100_000);
  expect(plan.next(Infinity)).toBeUndefined();
});

test('slices grow while they are nearly empty, by twice at a time and up to an hour', () => {
  const plan = begun(86_400_000);
  plan.readFrom(0, settled(86_400_000));
  const widths = readAll(plan).map(({fromMs, toMs}) => toMs - fromMs);
  expect(widths.slice(0, 4)).toEqual([15_000, 30_000, 60_000, 120_000]);
  expect(Math.max(...widths)).toBe(3_600_000);
});

test('slices shrink to what fits well below an answer’s limit, in whole milliseconds', () => {
  const plan = begun(600_000);
  plan.readFrom(0, settled(600_000));
  const first = plan.next(Infinity)!;
  plan.answered(first, 60_001);
  for (const {fromMs, toMs} of readAll(plan, {rows: 50_000})) {
    expect(Number.isInteger(fromMs) && Number.isInteger(toMs)).toBe(true);
    expect(toMs - fromMs).toBeLessThan(15_000);
  }
  expect(plan.coveredUntilMs).toBe(600_000);
});

test('a slice that failed is asked for again', () => {
  const plan = begun();
  plan.advance(settled(15_000));
  const slice = plan.next(Infinity)!;
  expect(plan.next(Infinity)).toBeUndefined();
  plan.failed(slice);
  expect(plan.coveredUntilMs).toBe(0);
  expect(plan.next(Infinity)).toEqual(slice);
});

test('a slice that held too much comes back in two halves, down to a second, then in shares of the ids', () => {
  const plan = begun();
  plan.advance(settled(15_000));
  plan.tooLarge(plan.next(Infinity)!);
  plan.advance(settled(30_000));
  const halves = [plan.next(Infinity)!, plan.next(Infinity)!];
  expect(halves).toContainEqual({fromMs: 0, toMs: 7_000});
  for (const {fromMs, toMs} of halves) expect(toMs - fromMs).toBe(7_000);
  const second = begun();
  second.advance(settled(15_000));
  let slice = second.next(Infinity)!;
  while (slice.toMs - slice.fromMs > 1_000) {
    second.tooLarge(slice);
    slice = second.next(Infinity)!;
  }
  second.tooLarge(slice);
  const shares = readAll(second).filter(({share}) => share !== undefined);
  expect(new Set(shares.map(({share}) => share?.index))).toEqual(new Set([0, 1]));
  expect(new Set(shares.map(({fromMs}) => fromMs)).size).toBe(1);
});

test('however shares are split, each id is in exactly one of them', () => {
  const plan = begun();
  plan.advance(settled(15_000));
  const shares: {readonly index: number; readonly of: number}[] = [];
  for (let asked = 0; asked < 1_000; asked++) {
    const slice = plan.next(Infinity);
    if (slice === undefined) break;
    // The first second is split unevenly; everything else is answered at once.
    const isFirst = slice.fromMs === 0;
    if (isFirst && (slice.share === undefined || slice.share.of < (slice.share.index === 0 ? 16 : 4))) {
      plan.tooLarge(slice);
    } else {
      plan.answered(slice, 1);
      if (isFirst && slice.share !== undefined) shares.push(slice.share);
    }
  }
  expect(shares.length).toBeGreaterThan(5);
  for (let hash = 0; hash < 64; hash++) {
    expect(shares.filter(({index, of}) => hash % of === index)).toHaveLength(1);
  }
});

test('a share is not read either while the limit lies before its end', () => {
  const plan = new FeedPlan({...options, intervalMs: 1_000});
  plan.advance(settled(0));
  plan.advance(settled(1_000));
  plan.tooLarge(plan.next(Infinity)!);
  expect(plan.next(999)).toBeUndefined();
  expect(plan.next(1_000)?.share?.of).toBe(2);
});

test('shares are split on until a bound, then asked for as they are', () => {
  const plan = begun();
  plan.advance(settled(15_000));
  let finest = 0;
  for (let asked = 0; asked < 2_000; asked++) {
    const slice = plan.next(Infinity);
    if (slice === undefined) break;
    finest = Math.max(finest, slice.share?.of ?? 1);
    plan.tooLarge(slice);
  }
  expect(finest).toBe(64);
});

test('a feed that is switched off forgets what it had planned', () => {
  const plan = begun();
  plan.advance(settled(60_000));
  plan.forget();
  expect(plan.coveredUntilMs).toBeUndefined();
  expect(plan.next(Infinity)).toBeUndefined();
});
