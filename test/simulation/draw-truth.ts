import {drawCallsInHalves} from './calls-in-halves.ts';
import {drawCall, drawRows} from './drawn-call.ts';
import type {RunPlan} from './plan.ts';
import type {Random} from './random.ts';
import {drawRetellings} from './retellings.ts';
import type {StoredRow} from './simulated-lookup.ts';
import {bytesOf, type PlannedBody, type TrueRecord, type Truth} from './truth.ts';
import {slotsMax} from './usage.ts';

/** Draws all calls of a run, the bodies that carry them and the rows of diagnostics that come for them. */
export function drawTruth(plan: RunPlan, random: Random): Truth {
  const bodies: PlannedBody[] = [];
  const rows: StoredRow[] = [];
  let slot = 0;
  for (let i = 0; i < plan.bodies && slot < slotsMax; i++) {
    const atMs = plan.startMs + random.between(0, plan.sendingMs);
    const partitionId = String(random.between(0, plan.partitions - 1));
    const records: TrueRecord[] = [];
    for (let n = random.chance(0.2) ? random.between(2, 4) : 1; n > 0 && slot < slotsMax; n--) {
      if (random.chance(0.06)) records.push('malformed');
      else {
        const call = drawCall(slot++, atMs, random);
        records.push(call);
        if (call.requestId !== undefined) rows.push(...drawRows(call, atMs, plan, random));
      }
    }
    const body = {atMs, partitionId, records, bytes: bytesOf(records)};
    bodies.push(body);
    // A gateway that repeats sends the very same body, sometimes long after.
    for (let n = random.chance(plan.repeats) ? random.between(1, 2) : 0; n > 0; n--) {
      bodies.push({
        ...body,
        atMs: atMs + Math.floor(random.pick([0.01, 0.9, 1, 1.1, 3]) * plan.horizonMs * random.next()),
      });
    }
  }
  // With streams of their own, behind all others: the rest of a run is the same without them.
  for (const more of [drawCallsInHalves(plan, slot), drawRetellings(plan, slot + plan.callsInHalves)]) {
    bodies.push(...more.bodies);
    rows.push(...more.rows);
  }
  bodies.sort((a, b) => a.atMs - b.atMs);
  return {bodies, rows};
}
