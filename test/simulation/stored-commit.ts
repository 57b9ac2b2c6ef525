import {createHash} from 'node:crypto';
import {gunzipSync} from 'node:zlib';
import type {SourcePartition} from '@weir/pipeline';

/** A journal's commit read from its stored form, without the code under test. */
export interface StoredCommit {
  readonly lineage: string;
  readonly n: number;
  readonly author: string;
  readonly head: {readonly sequenceNumber: number};
  readonly frontier: {readonly sequenceNumber: number};
  readonly resume: {readonly sequenceNumber: number};
  readonly open: {readonly runs: readonly number[]; readonly others: readonly number[]};
  readonly deltas: readonly StoredDelta[];
  readonly carry: readonly StoredDelta[];
  readonly deadLetters: readonly unknown[];
  readonly parked: readonly {readonly lineage: string; readonly n: number; readonly delta: StoredDelta}[];
}
interface StoredDelta {
  readonly id: string;
}

export function readStoredCommit(bytes: Uint8Array): StoredCommit {
  return JSON.parse(gunzipSync(bytes).toString()) as StoredCommit;
}

/** The key of one journal in `stateApplied`, as DESIGN.md defines it. */
export function appliedKey({namespace, hub, group, partitionId}: SourcePartition, lineage: string): string {
  const source = createHash('sha256').update(`${namespace}|${hub}|${group}`).digest('hex').slice(0, 8);
  return `${source}/${partitionId}/${lineage.slice(0, 8)}`;
}
