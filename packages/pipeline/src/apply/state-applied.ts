import {createHash} from 'node:crypto';
import type {SourcePartition} from '../position.ts';

/** Per source partition and lineage the number of the last commit merged into a document. */
export type StateApplied = Map<string, number>;

/** The document's memory of what was merged cannot be read, so nothing may be merged into it. */
export class StateAppliedError extends Error {
  readonly code = 'STATE_APPLIED';
}

/** The key of one partition's journal in `stateApplied`: short, because every document carries one per partition. */
export function stateAppliedKey(
  {namespace, hub, group, partitionId}: SourcePartition,
  lineage: string,
): string {
  const source = createHash('sha256').update(`${namespace}|${hub}|${group}`).digest('hex').slice(0, 8);
  return `${source}/${partitionId}/${lineage.slice(0, 8)}`;
}

/** @throws {StateAppliedError} when missing or unreadable: that is an error, not zero */
export function parseStateApplied(text: unknown): StateApplied {
  if (typeof text !== 'string') throw new StateAppliedError('stateApplied is missing');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new StateAppliedError('stateApplied is not JSON', {cause});
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new StateAppliedError('stateApplied is not an object');
  }
  const applied: StateApplied = new Map();
  for (const [key, n] of Object.entries(parsed)) {
    if (!Number.isSafeInteger(n) || n < 1)
      throw new StateAppliedError('stateApplied holds something that is no commit number');
    applied.set(key, n);
  }
  return applied;
}

export function formatStateApplied(applied: StateApplied): string {
  return JSON.stringify(Object.fromEntries([...applied].sort(([a], [b]) => (a < b ? -1 : 1))));
}
