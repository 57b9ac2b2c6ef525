import {checkAtRest} from './at-rest.ts';
import {unleash} from './chaos.ts';
import {describeFates} from './fates.ts';
import type {RunPlan} from './plan.ts';
import {Trace} from './trace.ts';
import {World} from './world.ts';

export interface RunResult {
  readonly plan: RunPlan;
  readonly violations: readonly string[];
  readonly trace: string;
  readonly tasks: number;
  /** Virtual time until everything was settled, ms. */
  readonly virtualMs: number;
  readonly troubles: ReadonlyMap<string, number>;
  /** What became of the partitions that a disaster struck, for counting what the runs have tried. */
  readonly fates: readonly string[];
}

/** After the last fault everything is settled within this, or something is stuck. */
const settleMs = 25 * 60_000;
/** Quiet is looked for this often, and must last this long. */
const lookEveryMs = 2_000;
const lastingMs = 15_000;

/** Runs one plan to its end. The same plan gives the same run, task by task. */
export async function simulate(
  plan: RunPlan,
  {traceLines = 0}: {traceLines?: number} = {},
): Promise<RunResult> {
  const trace = new Trace(traceLines);
  const world = new World(plan, trace);
  const {time, violations} = world;
  const onRejection = (error: unknown): void =>
    violations.add(`unhandled rejection: ${error instanceof Error ? error.stack : String(error)}`);
  process.on('unhandledRejection', onRejection);
  try {
    unleash(world);
    const settledMs = await untilSettled(world);
    checkCounts(world);
    if (violations.found.length === 0) checkAtRest(world);
    return {
      plan,
      violations: violations.found,
      trace: trace.text(),
      tasks: time.tasksRun,
      virtualMs: settledMs - plan.startMs,
      troubles: world.troubles,
      fates: describeFates(world),
    };
  } finally {
    process.off('unhandledRejection', onRejection);
    world.dispose();
  }
}

async function untilSettled(world: World): Promise<number> {
  const {time, violations, plan} = world;
  let quietSinceMs: number | undefined;
  let isOver = false;
  const look = (): void => {
    checkBounds(world);
    if (world.calls.hasFaults || !world.isQuiet) quietSinceMs = undefined;
    else quietSinceMs ??= time.nowMs;
    isOver = quietSinceMs !== undefined && time.nowMs - quietSinceMs >= lastingMs;
    time.after(lookEveryMs, look);
  };
  time.after(plan.faultsMs, look);
  await time.run(plan.startMs + plan.faultsMs + settleMs, () => isOver || violations.found.length > 0);
  if (!isOver && violations.found.length === 0)
    violations.add(`not settled ${settleMs / 60_000} min after the last fault: ${world.describe()}`);
  return quietSinceMs ?? time.nowMs;
}

/** Bounds that hold at any moment. */
function checkBounds({workers, plan, violations}: World): void {
  for (const {worker, process} of workers) {
    // What one batch brings is not stopped half-way; a body has at most four records.
    // Any number of halves may have waited long enough at once.
    const waitingMax =
      plan.waitingMax + plan.partitions * plan.batchMax * recordsPerBody + plan.callsInHalves;
    violations.check(
      worker.join.waiting <= waitingMax,
      () => `${process.name}: ${worker.join.waiting} records wait, more than ${plan.waitingMax}`,
    );
    violations.check(
      worker.join.rowsAhead <= plan.join.rowsAheadMax,
      () => `${process.name}: ${worker.join.rowsAhead} rows are kept ahead`,
    );
  }
}

const recordsPerBody = 4;

/** Each record is counted once where it leaves. */
function checkCounts({workers, violations}: World): void {
  for (const {sessions, isAlive} of workers) {
    if (!isAlive) continue;
    for (const {pipeline, partitionId, state} of sessions) {
      if (pipeline === undefined) continue;
      const {records, folded, merged, duplicates, skipped, abandoned, deadLetters} = pipeline.counts;
      let letters = 0;
      for (const count of deadLetters.values()) letters += count;
      const inFlight = state === 'ended' ? 0 : pipeline.halvesWaiting;
      const sum = folded + merged + duplicates + skipped + letters + abandoned + inFlight;
      violations.check(
        records === sum,
        () => `p${partitionId}: ${records} records, but ${sum} are accounted for`,
      );
    }
  }
}
