import {drawCall, drawRows} from './drawn-call.ts';
import type {RunPlan} from './plan.ts';
import {Random} from './random.ts';
import type {StoredRow} from './simulated-lookup.ts';
import {bytesOf, type PlannedBody, type TrueCall, type Truth} from './truth.ts';
import {slotsMax} from './usage.ts';

/** A region of its own for the call of a slot that no digit of the sums can show. */
export function regionOf(slot: number): string {
  return `retold-${slot}`;
}

/** The slot that the region is of; undefined for every other region. */
export function slotOfRegion(region: unknown): number | undefined {
  const slot = /^retold-(\d+)$/.exec(String(region))?.[1];
  return slot === undefined ? undefined : Number(slot);
}

/**
 * Calls that are followed, within the horizon, by others that tell the same token counts again: those of the later ones
 * are not known. Only in runs in which nobody forgets that the first ones were there.
 */
export function drawRetellings(plan: RunPlan, firstSlot: number): Truth {
  const {seed, startMs, sendingMs, horizonMs, partitions, disaster, faults} = plan;
  const bodies: PlannedBody[] = [];
  const rows: StoredRow[] = [];
  if (disaster !== 'none' || faults.expiries > 0) return {bodies, rows};
  const random = new Random(seed, 'retellings');
  const send = (call: TrueCall, atMs: number, partitionId: string): void => {
    bodies.push({atMs, partitionId, records: [call], bytes: bytesOf([call])});
    if (call.requestId !== undefined) rows.push(...drawRows(call, atMs, plan, random));
  };
  let slot = firstSlot;
  for (let n = plan.retellings; n > 0 && slot + 1 < slotsMax; n--) {
    const partitionId = String(random.between(0, partitions - 1));
    const atMs = startMs + random.between(0, sendingMs);
    const tokensOf = slot++;
    send({...drawCall(tokensOf, atMs, random), tokensOf}, atMs, partitionId);
    const laterMs = atMs + Math.ceil(horizonMs * (0.02 + 0.9 * random.next()));
    const later = drawCall(slot, laterMs, random);
    send({...later, tokensOf, region: regionOf(slot)}, laterMs, partitionId);
    slot += 1;
  }
  return {bodies, rows};
}
