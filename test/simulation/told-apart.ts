import {Random} from './random.ts';

/** What of a run's plan is about calls that take more than one event to tell. */
export interface ToldApart {
  /** How long one half of a call waits for the other, ms. */
  readonly mergeWaitMs: number;
  /** Calls that are told in halves. */
  readonly callsInHalves: number;
  /** Calls whose token counts are told again by a later one. */
  readonly retellings: number;
  /** Whether requests tell what was said, so that reading waits in the middle of a batch for it to be counted. */
  readonly waitsForEstimates: boolean;
}

export function drawToldApart(seed: number): ToldApart {
  const random = new Random(seed, 'told apart');
  return {
    mergeWaitMs: random.between(5_000, 40_000),
    callsInHalves: random.chance(0.35) ? random.pick([1, 3, 6, 10]) : 0,
    retellings: random.chance(0.15) ? random.between(1, 3) : 0,
    waitsForEstimates: random.chance(0.5),
  };
}
