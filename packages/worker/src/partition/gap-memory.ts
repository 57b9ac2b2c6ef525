import type {SequenceGap} from '@weir/pipeline';

/** A partition has a jump or two; more than this many are not worth remembering, and cost one restart each. */
const placesMax = 100;

/**
 * Remembers at which places the receiver was restarted for a jump in the sequence numbers. A jump that begins where one
 * did before is a gap, wherever it ends by now: the log's beginning may have moved on meanwhile.
 */
export class GapMemory {
  readonly #restartedAfter = new Map<string, Set<number>>();

  /** @returns whether the receiver was restarted for this jump before; it counts as restarted from now on */
  wasRestarted(partitionId: string, {after}: SequenceGap): boolean {
    const places = this.#restartedAfter.get(partitionId) ?? new Set();
    this.#restartedAfter.set(partitionId, places);
    if (places.has(after)) return true;
    if (places.size >= placesMax) places.clear();
    places.add(after);
    return false;
  }
}
