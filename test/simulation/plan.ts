import type {AssignPolicy, Grain, ShardedView} from '@weir/pipeline';
import {drawBegunAnew, drawDisaster, drawOperator, type Disaster, type Operator} from './disaster.ts';
import {Random} from './random.ts';
import {drawToldApart, type ToldApart} from './told-apart.ts';

/** How often each kind of trouble comes while faults last: shares of calls, or events per virtual minute. */
export interface FaultRates {
  /** Per call: applied and the answer lost, never applied, applied later than the answer. */
  readonly answerLost: number;
  readonly neverApplied: number;
  readonly appliedLate: number;
  readonly throttled: number;
  readonly unavailable: number;
  readonly slow: number;
  readonly staleRead: number;
  readonly lookupTrouble: number;
  /** Per minute and for the whole world. */
  readonly crashes: number;
  readonly pauses: number;
  readonly steals: number;
  readonly restarts: number;
  readonly storms: number;
  readonly linkDrops: number;
  readonly refusedDocuments: number;
  readonly expiries: number;
  /** Somebody sets a worker's clock. */
  readonly clockSteps: number;
}

/** Everything a run is made of, drawn from its seed. Reduced copies shorten a failing run. */
export interface RunPlan extends ToldApart {
  readonly seed: number;
  readonly startMs: number;
  readonly partitions: number;
  readonly workers: number;
  /** Bodies sent to the hub. */
  readonly bodies: number;
  /** Bodies are sent, and faults come, for this long. */
  readonly sendingMs: number;
  readonly faultsMs: number;
  readonly faults: FaultRates;
  readonly disaster: Disaster;
  readonly operator: Operator;
  /** How often a person begins the first partition's healthy journal anew, while a worker has it. */
  readonly begunAnew: number;
  /** Share of bodies that are sent more than once. */
  readonly repeats: number;
  readonly batchMax: number;
  readonly maxWaitMs: number;
  readonly latencyMs: number;
  readonly flushIntervalMs: number;
  readonly refreshMs: Readonly<Record<Grain, number>>;
  readonly retentionMs: Readonly<Record<Grain, number | undefined>>;
  readonly horizonMs: number;
  readonly assign: AssignPolicy;
  readonly join: {
    readonly feedIntervalMs: number;
    readonly settleMs: number;
    readonly sweepAfterMs: number | undefined;
    readonly sweepIntervalMs: number;
    readonly deadlineMs: number;
    readonly waitMaxMs: number;
    readonly rowsAheadMax: number;
    readonly concurrency: number;
  };
  readonly waitingMax: number;
  readonly commitBytesMax: number;
  readonly parkedDocumentsMax: number;
  readonly ownershipIntervalMs: number;
  readonly ownershipExpiryMs: number;
  readonly lookupClockOffsetMs: number;
  readonly workerClockOffsetMaxMs: number;
  readonly hubBeginsAt: number;
  readonly views: readonly ShardedView[];
}

export const views: readonly ShardedView[] = [
  {name: 'usage', on: 'arrival', groupBy: ['region', 'deployment'], windows: ['5m', '1h'], shards: 1},
  {
    name: 'latency',
    on: 'resolved',
    groupBy: ['region', 'modelVersion', 'streamType'],
    windows: ['5m', '1h', '1d'],
    shards: 1,
  },
  {name: 'chargeback', on: 'arrival', groupBy: ['consumer'], windows: ['1d'], shards: 2},
];

const moments = [
  '2024-05-17T12:58:30Z',
  '2024-05-17T13:04:10Z',
  '2024-05-17T23:59:00Z',
  '2024-05-31T23:58:00Z',
];

export const noFaults: FaultRates = {
  answerLost: 0,
  neverApplied: 0,
  appliedLate: 0,
  throttled: 0,
  unavailable: 0,
  slow: 0,
  staleRead: 0,
  lookupTrouble: 0,
  crashes: 0,
  pauses: 0,
  steals: 0,
  restarts: 0,
  storms: 0,
  linkDrops: 0,
  refusedDocuments: 0,
  expiries: 0,
  clockSteps: 0,
};

/** The furthest that somebody sets a worker's clock off, ms. */
export const clockStepMaxMs = 30_000;

function drawClockSteps(random: Random): number {
  return random.chance(0.1) ? random.pick([1, 4]) : 0;
}

/** Most runs have a few kinds of trouble at once: all of them together mostly hide one another. */
export function planOf(seed: number): RunPlan {
  const random = new Random(seed, 'plan');
  const some = (share: number, rate: readonly number[]): number =>
    random.chance(share) ? random.pick(rate) : 0;
  const expiries = some(0.08, [1, 3]);
  const deadlineMs = random.pick([30_000, 45_000, 90_000]);
  const disaster = drawDisaster(seed);
  return {
    seed,
    startMs: Date.parse(random.pick(moments)) + random.between(0, 60_000),
    partitions: random.between(1, 3),
    workers: random.between(1, 3),
    bodies: random.pick([4, 8, 14, 24]),
    sendingMs: random.pick([15_000, 40_000, 90_000]),
    faultsMs: random.pick([30_000, 60_000, 120_000]),
    faults: {
      answerLost: some(0.6, [0.02, 0.1, 0.3]),
      neverApplied: some(0.4, [0.02, 0.1]),
      appliedLate: some(0.4, [0.02, 0.1, 0.2]),
      throttled: some(0.3, [0.05, 0.3]),
      unavailable: some(0.3, [0.05, 0.3]),
      slow: some(0.5, [0.02, 0.2]),
      staleRead: some(0.3, [0.1, 0.5]),
      lookupTrouble: some(0.4, [0.1, 0.5]),
      crashes: some(0.6, [1, 3, 8]),
      pauses: some(0.5, [1, 3, 8]),
      steals: some(0.6, [1, 4, 10]),
      restarts: some(0.3, [1, 4]),
      storms: some(0.3, [1, 2]),
      linkDrops: some(0.3, [1, 4]),
      refusedDocuments: some(0.25, [1, 3]),
      expiries,
      clockSteps: drawClockSteps(new Random(seed, 'clock steps')),
    },
    disaster,
    ...drawToldApart(seed),
    operator: drawOperator(seed),
    begunAnew: drawBegunAnew(seed, disaster),
    // What a lost first sighting means for its repeats is told apart from everything else by leaving repeats out.
    repeats: expiries > 0 ? 0 : some(0.6, [0.2, 0.5]),
    batchMax: random.pick([1, 3, 20]),
    maxWaitMs: random.pick([1_000, 3_000]),
    latencyMs: random.pick([5, 50, 300]),
    flushIntervalMs: random.pick([700, 2_000, 5_000]),
    refreshMs: {
      '5m': random.pick([700, 5_000, 15_000]),
      '1h': random.pick([5_000, 20_000, 60_000]),
      '1d': random.pick([20_000, 60_000]),
    },
    retentionMs: random.chance(0.15)
      ? {'5m': random.pick([60_000, 1_200_000]), '1h': 7_200_000, '1d': undefined}
      : {'5m': undefined, '1h': undefined, '1d': undefined},
    horizonMs: random.pick([5_000, 20_000, 60_000]),
    assign: {
      earlyMaxMs: 300_000,
      lateMaxMs: random.chance(0.3) ? 3_600_000 : undefined,
      beyond: random.chance(0.3) ? 'clamp' : 'deadLetter',
    },
    join: {
      feedIntervalMs: random.pick([2_000, 8_000]),
      settleMs: random.pick([0, 3_000, 8_000]),
      sweepAfterMs: random.chance(0.3) ? undefined : random.pick([5_000, 12_000]),
      sweepIntervalMs: random.pick([8_000, 15_000]),
      deadlineMs,
      waitMaxMs: random.chance(0.1) ? deadlineMs + 30_000 : 3_600_000,
      rowsAheadMax: random.pick([2, 1_000]),
      concurrency: random.between(1, 3),
    },
    waitingMax: random.chance(0.15) ? 3 : 100_000,
    commitBytesMax: random.chance(0.15) ? 600 : 8 * 1024 * 1024,
    parkedDocumentsMax: random.chance(0.2) ? 2 : 1_000,
    ownershipIntervalMs: random.pick([1_500, 4_000]),
    ownershipExpiryMs: 12_000,
    lookupClockOffsetMs: random.pick([0, 0, -7_000, 7_000]),
    workerClockOffsetMaxMs: random.pick([0, 0, 4_000]),
    hubBeginsAt: random.pick([0, 0, 100]),
    views,
  };
}
