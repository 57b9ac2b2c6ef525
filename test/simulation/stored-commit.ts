import {createHash} from 'node:crypto';
import {gunzipSync} from 'node:zlib';
import type {SourcePartition} from '@weir/pipeline';

/** A journal's commit read from its stored form, without the code under test. */
export interface StoredCommit {
  readonly lineage: string;
  readonly n: number;
  readonly author: string;
  readonly hubCreatedAt: string;
  readonly follows?: StoredName;
  readonly head: StoredMark;
  readonly frontier: StoredMark;
  readonly resume: StoredMark;
  readonly open: StoredOpen;
  readonly deltas: readonly StoredDelta[];
  readonly carry: readonly StoredDelta[];
  readonly deadLetters: readonly unknown[];
  readonly watermarks: {readonly arrivalMs: number; readonly resolvedMs: number};
  readonly parked: readonly StoredParked[];
}
export type StoredName = Pick<StoredCommit, 'lineage' | 'n' | 'author'>;
interface StoredOpen {
  readonly runs: readonly number[];
  readonly others: readonly number[];
  readonly calls?: readonly {readonly places: readonly number[]; readonly owes: string}[];
}
interface StoredMark {
  readonly sequenceNumber: number;
}
interface StoredDelta {
  readonly id: string;
  readonly measures: Readonly<Record<string, number>>;
}
interface StoredParked {
  readonly lineage: string;
  readonly n: number;
  readonly delta: StoredDelta;
}

export function readStoredCommit(bytes: Uint8Array): StoredCommit {
  return JSON.parse(gunzipSync(bytes).toString()) as StoredCommit;
}

/** One text for a commit's name, to compare and to look up. */
export function nameOf({lineage, n, author}: StoredName): string {
  return `${lineage}/${n}/${author}`;
}

/** `sequence number.index` of every record that the commit lists as open, by itself or as a part of a call. */
export function openPlaces({open: {runs, others, calls = []}}: Pick<StoredCommit, 'open'>): Set<string> {
  const places = new Set<string>();
  let at = 0;
  for (let i = 0; i < runs.length; i += 2) {
    at += runs[i]!;
    for (let left = runs[i + 1]!; left > 0; left--) places.add(`${at++}.0`);
  }
  for (const listed of [others, ...calls.map((call) => call.places)])
    for (let i = 0; i < listed.length; i += 2) places.add(`${listed[i]}.${listed[i + 1]}`);
  return places;
}

/** The key of one journal in `stateApplied`, as DESIGN.md defines it. */
export function appliedKey({namespace, hub, group, partitionId}: SourcePartition, lineage: string): string {
  const source = createHash('sha256').update(`${namespace}|${hub}|${group}`).digest('hex').slice(0, 8);
  return `${source}/${partitionId}/${lineage.slice(0, 8)}`;
}
