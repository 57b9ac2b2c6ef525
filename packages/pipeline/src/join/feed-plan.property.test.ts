import fc from 'fast-check';
import {expect, test} from 'vitest';
import {FeedPlan, type Slice} from './feed-plan.ts';

const settleMs = 45_000;

type Step =
  | {readonly do: 'advance'; readonly ms: number}
  | {readonly do: 'ask'; readonly aheadMs: number}
  | {readonly do: 'answered'; readonly which: number; readonly rows: number}
  | {readonly do: 'failed'; readonly which: number}
  | {readonly do: 'tooLarge'; readonly which: number};

const which = fc.nat({max: 5});
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({do: fc.constant('advance' as const), ms: fc.nat({max: 90_000})}),
  fc.record({do: fc.constant('ask' as const), aheadMs: fc.integer({min: -60_000, max: 60_000})}),
  fc.record({do: fc.constant('ask' as const), aheadMs: fc.constant(60_000)}),
  fc.record({
    do: fc.constant('answered' as const),
    which,
    rows: fc.oneof(fc.nat({max: 10}), fc.nat({max: 300_000})),
  }),
  fc.record({do: fc.constant('failed' as const), which}),
  fc.record({do: fc.constant('tooLarge' as const), which}),
);
const interval = fc.constantFrom(1_000, 2_500, 15_000);

/** Whether two slices have a row in common. */
function overlap(a: Slice, b: Slice): boolean {
  if (a.toMs <= b.fromMs || b.toMs <= a.fromMs) return false;
  const [x, y] = [a.share ?? {index: 0, of: 1}, b.share ?? {index: 0, of: 1}];
  const of = Math.min(x.of, y.of);
  return x.index % of === y.index % of;
}

function weight({fromMs, toMs, share}: Slice): number {
  return (toMs - fromMs) / (share?.of ?? 1);
}

/** A plan, the slices under way, those answered, and how far the service's clock stands. */
class Reading {
  readonly plan: FeedPlan;
  readonly underWay: Slice[] = [];
  readonly answered: Slice[] = [];
  /** What must never be. */
  readonly wrong: string[] = [];
  settledMs = 1_000_000;

  constructor(intervalMs: number) {
    this.plan = new FeedPlan({intervalMs, settleMs});
    this.plan.advance(this.settledMs + settleMs);
  }

  take(step: Step): void {
    if (step.do === 'advance') {
      this.settledMs += step.ms;
      this.plan.advance(this.settledMs + settleMs);
      return;
    }
    if (step.do === 'ask') {
      const untilMs = this.settledMs + step.aheadMs;
      const slice = this.plan.next(untilMs);
      if (slice === undefined) return;
      if (slice.fromMs >= slice.toMs) this.wrong.push('an empty slice');
      if (slice.toMs > untilMs) this.wrong.push('beyond the limit');
      if (slice.toMs > this.settledMs) this.wrong.push('not settled yet');
      if ([...this.underWay, ...this.answered].some((other) => overlap(slice, other)))
        this.wrong.push('read twice');
      this.underWay.push(slice);
      return;
    }
    if (this.underWay.length === 0) return;
    const [slice] = this.underWay.splice(step.which % this.underWay.length, 1);
    if (step.do === 'failed') this.plan.failed(slice!);
    else if (step.do === 'tooLarge') this.plan.tooLarge(slice!);
    else {
      this.plan.answered(slice!, step.rows);
      this.answered.push(slice!);
    }
  }
}

test('every moment of settled time is read exactly once, never beyond the limit, and in the end all of it', () => {
  fc.assert(
    fc.property(interval, fc.array(step, {maxLength: 80}), (intervalMs, steps) => {
      const reading = new Reading(intervalMs);
      for (const one of steps) reading.take(one);
      // All is well from here on: whole intervals settle, and every answer is complete.
      reading.take({do: 'advance', ms: 2 * intervalMs});
      for (let asked = 0; asked < 5_000; asked++) {
        const before = reading.underWay.length;
        reading.take({do: 'ask', aheadMs: 60_000});
        const isDone = reading.underWay.length === before;
        while (reading.underWay.length > 0) reading.take({do: 'answered', which: 0, rows: 10});
        if (isDone) break;
      }
      expect(reading.wrong).toEqual([]);
      const coveredMs = reading.plan.coveredUntilMs!;
      expect(coveredMs).toBeGreaterThan(reading.settledMs - intervalMs - 2_000);
      expect(reading.answered.reduce((sum, slice) => sum + weight(slice), 0)).toBeCloseTo(
        coveredMs - 1_000_000,
        3,
      );
    }),
    {numRuns: 300},
  );
});

test('what lies a second or more below the limit is never left while something younger is read', () => {
  fc.assert(
    fc.property(
      interval,
      fc.array(step, {maxLength: 60}),
      fc.nat({max: 200_000}),
      (intervalMs, steps, backMs) => {
        const reading = new Reading(intervalMs);
        for (const one of steps) reading.take(one);
        reading.take({do: 'advance', ms: 2 * intervalMs});
        const limitMs = reading.settledMs - backMs;
        for (let asked = 0; asked < 5_000; asked++) {
          while (reading.underWay.length > 0) reading.take({do: 'answered', which: 0, rows: 10});
          const before = reading.answered.length;
          reading.take({do: 'ask', aheadMs: -backMs});
          if (reading.underWay.length + reading.answered.length === before) break;
        }
        // The youngest span may wait until it is a whole interval.
        expect(reading.plan.coveredUntilMs!).toBeGreaterThan(limitMs - intervalMs - 2_000);
      },
    ),
    {numRuns: 200},
  );
});
