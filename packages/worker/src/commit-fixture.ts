import {
  documentTarget,
  emptyDelta,
  encodeCommit,
  noneOpen,
  startMark,
  type AggregateDelta,
  type Commit,
  type Grain,
  type TakenCommit,
} from '@weir/pipeline';
import type {Trouble} from './trouble.ts';

export const noonMs = Date.UTC(2024, 4, 17, 12);

/** For tests: a commit that changes nothing but what is named. */
export function commit(fields: Partial<Commit> = {}): Commit {
  const n = fields.n ?? 1;
  return {
    lineage: 'lineage1',
    n,
    author: `author ${n}`,
    hubCreatedAt: 'then',
    head: startMark,
    frontier: startMark,
    resume: startMark,
    open: noneOpen,
    deltas: [],
    carry: [],
    parked: [],
    deadLetters: [],
    watermarks: {arrivalMs: 0, resolvedMs: 0},
    ...fields,
  };
}

export function taken(one: Commit): TakenCommit {
  return {commit: one, bytes: encodeCommit(one)};
}

/** So many requests for one region's document. */
export function delta(
  requests: number,
  {
    region = 'eastus2',
    grain = '5m',
    windowStartMs = noonMs,
  }: {region?: string; grain?: Grain; windowStartMs?: number} = {},
): AggregateDelta {
  const dimensions = [region, ...Array.from({length: 7}, () => 'all')];
  const built = emptyDelta(documentTarget({view: 'usage', grain, windowStartMs, dimensions}, 1));
  built.measures.requests = requests;
  return built;
}

/** Keeps what was reported. */
export function reports(): {report: (trouble: Trouble) => void; kinds: () => string[]; troubles: Trouble[]} {
  const troubles: Trouble[] = [];
  return {
    report: (trouble) => void troubles.push(trouble),
    kinds: () => troubles.map(({kind}) => kind),
    troubles,
  };
}
