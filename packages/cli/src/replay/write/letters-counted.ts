import type {DeadLetter} from '@weir/pipeline';
import type {ReplayedWindow} from '../replayed-window.ts';

/** An open dead letter: no retry has settled it. */
export type OpenLetter = DeadLetter & {readonly partitionId: string};

/**
 * These depend on where reading began, or tell of events that nobody can read: a replay need not set aside the same ones.
 */
const notComparable: ReadonlySet<string> = new Set(['incomplete', 'lost']);

/**
 * How many open dead letters a replay counts, because shapes or limits have changed since: a retry would count them
 * again. By reason, for all that was read: the same configuration sets aside as many as the workers did.
 */
export function lettersCounted(
  letters: readonly OpenLetter[],
  {read, counts}: Pick<ReplayedWindow, 'read' | 'counts'>,
): number {
  // A stale owner may have written one a second time, under another commit.
  const places = new Map<string, string>();
  for (const {partitionId, sequenceNumber, index, enqueuedTimeMs, reason} of letters) {
    const span = read?.get(partitionId);
    if (span === undefined || notComparable.has(reason)) continue;
    // One of a hub that was made again may have the same number.
    const isRead =
      sequenceNumber >= span.first.sequenceNumber &&
      sequenceNumber <= span.last.sequenceNumber &&
      enqueuedTimeMs >= span.first.enqueuedTimeMs &&
      enqueuedTimeMs <= span.last.enqueuedTimeMs;
    if (isRead) places.set(`${partitionId}/${sequenceNumber}/${index}`, reason);
  }
  let counted = 0;
  for (const [reason, own] of Map.groupBy(places.values(), (reason) => reason)) {
    counted += Math.max(0, own.length - (counts.deadLetters.get(reason) ?? 0));
  }
  return counted;
}
