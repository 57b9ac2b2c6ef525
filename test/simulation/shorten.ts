import {noFaults, type FaultRates, type RunPlan} from './plan.ts';
import {simulate} from './run.ts';

/** Each makes a plan smaller or quieter in one respect. */
function reductionsOf(plan: RunPlan): RunPlan[] {
  const smaller: RunPlan[] = [];
  if (plan.bodies > 1)
    smaller.push({...plan, bodies: Math.ceil(plan.bodies / 2)}, {...plan, bodies: plan.bodies - 1});
  if (plan.workers > 1) smaller.push({...plan, workers: plan.workers - 1});
  if (plan.partitions > 1) smaller.push({...plan, partitions: plan.partitions - 1});
  if (plan.callsInHalves > 0) smaller.push({...plan, callsInHalves: 0}, {...plan, callsInHalves: 1});
  if (plan.retellings > 0) smaller.push({...plan, retellings: 0});
  if (plan.repeats > 0) smaller.push({...plan, repeats: 0});
  for (const kind of Object.keys(noFaults) as (keyof FaultRates)[]) {
    if (plan.faults[kind] > 0) smaller.push({...plan, faults: {...plan.faults, [kind]: 0}});
  }
  if (plan.workerClockOffsetMaxMs > 0) smaller.push({...plan, workerClockOffsetMaxMs: 0});
  if (plan.lookupClockOffsetMs !== 0) smaller.push({...plan, lookupClockOffsetMs: 0});
  if (plan.batchMax > 1) smaller.push({...plan, batchMax: 1});
  return smaller;
}

/** Variants of one reduction: a smaller run draws differently, so it may need another seed to fail. */
const seedsPerReduction = 6;
const runsMax = 600;

/**
 * Looks for a smaller plan that still violates something, by trying one reduction after the other, each with a few
 * seeds. Not the smallest there is, but one that a person can read.
 */
export async function shorten(failing: RunPlan): Promise<RunPlan> {
  let plan = failing;
  let runs = 0;
  let hasShrunk = true;
  while (hasShrunk) {
    hasShrunk = false;
    for (const reduced of reductionsOf(plan)) {
      for (let variant = 0; variant < seedsPerReduction && !hasShrunk; variant++) {
        if (++runs > runsMax) return plan;
        const candidate = {...reduced, seed: plan.seed + variant * seedStep};
        if ((await simulate(candidate)).violations.length === 0) continue;
        plan = candidate;
        hasShrunk = true;
      }
      if (hasShrunk) break;
    }
  }
  return plan;
}

/** Far from the seeds that runs are numbered by. */
const seedStep = 2 ** 32;
