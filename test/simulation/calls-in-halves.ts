import type {PartKind} from '@weir/pipeline';
import {drawCall, drawRows} from './drawn-call.ts';
import type {RunPlan} from './plan.ts';
import {Random} from './random.ts';
import type {StoredRow} from './simulated-lookup.ts';
import {bytesOf, type PlannedBody, type TrueHalf, type TrueRecord, type Truth} from './truth.ts';
import {slotsMax} from './usage.ts';

/** A part of a call, and how long after the call it is sent, ms. */
interface SentHalf {
  readonly half: TrueHalf;
  readonly afterMs: number;
}

/** Draws calls that are told in several events, at distances around the wait for the other half. */
export function drawCallsInHalves(plan: RunPlan, firstSlot: number): Truth {
  const {seed, startMs, sendingMs, partitions, callsInHalves} = plan;
  const random = new Random(seed, 'calls in halves');
  const bodies: PlannedBody[] = [];
  const rows: StoredRow[] = [];
  for (let slot = firstSlot; slot < Math.min(slotsMax, firstSlot + callsInHalves); slot++) {
    const atMs = startMs + random.between(0, sendingMs);
    const partitionId = String(random.between(0, partitions - 1));
    const call = drawCall(slot, atMs, random);
    if (call.requestId !== undefined) rows.push(...drawRows(call, atMs, plan, random));
    const halfOf = (part: PartKind, hasCounts = part !== 'request'): TrueHalf => {
      const eventTimeMs = call.eventTimeMs + (part === 'request' ? 0 : random.between(0, 5_000));
      return {part, call, eventTimeMs, hasCounts};
    };
    const send = (records: readonly TrueRecord[], afterMs: number): void =>
      void bodies.push({atMs: atMs + afterMs, partitionId, records, bytes: bytesOf(records)});
    if (random.chance(0.12)) {
      // All of it in one body, in either order, and perhaps behind something else.
      const both = [halfOf('request'), halfOf(random.pick(['response', 'error']))];
      if (random.chance(0.5)) both.reverse();
      send(random.chance(0.5) ? both : ['malformed', ...both], 0);
      continue;
    }
    for (const {half, afterMs} of drawEvents(plan, random, halfOf))
      send(random.chance(0.85) ? [half] : ['malformed', half], afterMs);
  }
  return {bodies, rows};
}

/** The events that tell one call: near one another, too far apart, some missing, some told twice. */
function drawEvents(
  plan: RunPlan,
  random: Random,
  halfOf: (part: PartKind, hasCounts?: boolean) => TrueHalf,
): SentHalf[] {
  const {mergeWaitMs, horizonMs, faults, disaster} = plan;
  const near = (): number => Math.floor(mergeWaitMs * (0.01 + 0.48 * random.next()));
  // Of answers that differ none may count again as another call: which of the two has the diagnostics nobody could tell.
  const soon = (): number => Math.ceil(Math.min(mergeWaitMs * 0.5, horizonMs * 0.9) * random.next());
  const far = (): number => Math.ceil(mergeWaitMs * (2 + random.next()));
  const answer = random.chance(0.2) ? 'error' : 'response';
  const pair: [PartKind, PartKind] = random.chance(0.6) ? ['request', answer] : [answer, 'request'];
  const events: SentHalf[] = [];
  const send = (half: TrueHalf, afterMs: number): void => void events.push({half, afterMs});
  // Where a wait may be cut short, the documents could not tell the ways apart that one of these can go then.
  const isCertain = faults.pauses + faults.clockSteps + faults.expiries === 0 && disaster === 'none';
  const sure = isCertain ? (['three', 'counts later'] as const) : [];
  const kind = random.pick(['near', 'near', 'near', 'far', 'one', ...sure]);
  switch (kind) {
    case 'near':
      send(halfOf(pair[0]), 0);
      send(halfOf(pair[1]), near());
      break;
    case 'far':
      send(halfOf(pair[0]), 0);
      send(halfOf(pair[1]), far());
      break;
    case 'one':
      send(halfOf(pair[0]), 0);
      break;
    case 'three':
      for (const part of shuffled(['request', 'response', 'error'] as const, random))
        send(halfOf(part), events.length === 0 ? 0 : soon());
      break;
    case 'counts later':
      send(halfOf('response', false), 0);
      send(halfOf('response'), near());
      if (random.chance(0.7)) send(halfOf('request'), near());
  }
  // What a lost first sighting means for its repeats is told apart from everything else by leaving repeats out.
  if (faults.expiries > 0) return events;
  const once = [...events];
  for (const {half, afterMs} of once) {
    const tellsAll = half.hasCounts || half.part === 'request';
    if (!tellsAll || !random.chance(0.15)) continue;
    const laterMs = afterMs + random.pick([near(), far(), Math.ceil(horizonMs * random.pick([0.5, 1.2]))]);
    if (kind === 'three') send(half, soon());
    else send(half, kind === 'counts later' ? near() : laterMs);
  }
  return events;
}

function shuffled<T>(of: readonly T[], random: Random): T[] {
  const rest = [...of];
  const drawn: T[] = [];
  while (rest.length > 0) drawn.push(...rest.splice(random.between(0, rest.length - 1), 1));
  return drawn;
}
