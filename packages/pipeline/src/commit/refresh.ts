import {spreadOf} from '../fold/document-target.ts';

/**
 * Whether a document's turn came between two commits. Each document has a grid of due times of its own, shifted by a
 * hash of its id, so that not all fall on one tick.
 */
export function isRefreshDue({
  id,
  refreshMs,
  previousMs,
  nowMs,
}: {
  id: string;
  refreshMs: number;
  /** Time of the commit before; 0 makes everything due. */
  previousMs: number;
  nowMs: number;
}): boolean {
  if (refreshMs === 0) return true; // with every commit
  const offsetMs = spreadOf(id) % refreshMs;
  return Math.floor((nowMs - offsetMs) / refreshMs) > Math.floor((previousMs - offsetMs) / refreshMs);
}
