import type {DiagnosticsSource, LookupAnswer} from '@weir/pipeline';
import type {SimulatedProcess} from './process.ts';
import type {Random} from './random.ts';
import type {CallFault} from './service-calls.ts';
import type {World} from './world.ts';

/** Log Analytics as one process sees it: slow, throttled, down or answering in part; and its bounds are watched. */
export function lookupOf(world: World, process: SimulatedProcess, random: Random): DiagnosticsSource {
  const {calls, lookup, time, plan, violations} = world;
  let underWay = 0;
  /** When queries were sent within the last window. */
  let sentMs: number[] = [];

  const ask = async (
    what: string,
    act: () => LookupAnswer,
    signal: AbortSignal | undefined,
  ): Promise<LookupAnswer> => {
    underWay += 1;
    sentMs = [...sentMs.filter((ms) => time.nowMs - ms < windowMs), time.nowMs];
    violations.check(
      underWay <= plan.join.concurrency,
      () => `${process.name} has ${underWay} queries under way`,
    );
    violations.check(
      sentMs.length <= queriesPerWindow,
      () => `${process.name} sent ${sentMs.length} queries in 30 s`,
    );
    try {
      return await calls.make<LookupAnswer>(process, {
        service: 'lookup',
        what: `lookup ${what}`,
        faults: ['unavailable', 'throttled'],
        act,
        failed: (fault) => failed(fault, random),
        signal,
      });
    } finally {
      underWay -= 1;
    }
  };

  return {
    slice: (range, signal) =>
      ask(
        `slice ${range.toMs - range.fromMs} ms until ${new Date(range.toMs).toISOString()}`,
        () => lookup.slice(range, time.nowMs),
        signal,
      ),
    byIds: (query, signal) => ask(`byIds ${query.ids.length}`, () => lookup.byIds(query, time.nowMs), signal),
    serviceNow: (signal) =>
      ask('service now', () => lookup.byIds({ids: [], fromMs: 0, toMs: 0}, time.nowMs), signal),
  };
}

/** What the whole fleet allows itself. */
const queriesPerWindow = 60;
const windowMs = 30_000;

function failed(fault: CallFault, random: Random): LookupAnswer {
  if (fault === 'throttled') {
    return {kind: 'throttled', retryAfterMs: random.chance(0.5) ? random.between(0, 5_000) : undefined};
  }
  return random.pick<LookupAnswer>([
    {kind: 'unavailable', cause: 'simulated'},
    {kind: 'partial', cause: 'simulated'},
    {kind: 'tooSlow'},
  ]);
}
