import {fateOf} from './fates.ts';
import type {SlotsById} from './incident.ts';
import {slotsOf} from './observations.ts';
import type {StoredCommit} from './stored-commit.ts';
import type {World} from './world.ts';

/** Of one call in one window of one view, over all documents. */
export interface Range {
  low: number;
  high: number;
}
/** Names a call in one window of one view, all groups together. */
export function keyOf(
  {view, grain, startMs}: {view: string; grain: string; startMs: number},
  slot: number,
): string {
  return `${view} ${grain} ${startMs} slot ${slot}`;
}

/** What the last commits of a journal that was lost, or left, had not written yet: it may be missing. */
export function owedBy(world: World, partitionId: string): SlotsById {
  const fate = fateOf(world, partitionId);
  const owed = new Map<string, Map<number, number>>();
  if (fate.kind !== 'elsewhere' && fate.kind !== 'two journals') return owed;
  for (const commit of fate.left) {
    for (const [id, slots] of owedIn(commit)) {
      const most = owed.get(id) ?? new Map<number, number>();
      for (const [slot, times] of slots) most.set(slot, Math.max(times, most.get(slot) ?? 0));
      owed.set(id, most);
    }
  }
  return owed;
}

/** All that one commit lists for each document. */
function owedIn({deltas, carry, parked}: StoredCommit): Map<string, Map<number, number>> {
  const owed = new Map<string, Map<number, number>>();
  for (const {id, measures} of [...deltas, ...carry, ...parked.map(({delta}) => delta)]) {
    const slots = owed.get(id) ?? new Map<number, number>();
    for (const [slot, times] of slotsOf(measures)) slots.set(slot, times + (slots.get(slot) ?? 0));
    owed.set(id, slots);
  }
  return owed;
}

/** What may be missing may be missing. */
export function lower(ranges: ReadonlyMap<string, Range>, missing: SlotsById): void {
  for (const [id, slots] of missing) {
    const [view = '', grain = '', start = ''] = id.split('_');
    for (const [slot, times] of slots) {
      const range = ranges.get(keyOf({view, grain, startMs: Number(start) * 1000}, slot));
      if (range !== undefined) range.low = Math.max(0, range.low - times);
    }
  }
}

/** What one journal owed and the other brings as well may be there twice. */
export function raise(ranges: ReadonlyMap<string, Range>, twice: SlotsById): void {
  for (const [id, slots] of twice) {
    const [view = '', grain = '', start = ''] = id.split('_');
    for (const slot of slots.keys()) {
      const range = ranges.get(keyOf({view, grain, startMs: Number(start) * 1000}, slot));
      if (range !== undefined) range.high += 1;
    }
  }
}
