import assert from 'node:assert/strict';
import {decodeCommit} from './commit/commit-codec.ts';
import type {Commit} from './commit/commit.ts';
import {startMark, type Mark} from './commit/position-marks.ts';
import {builtInShapes, createDecoder} from './decode/decode.ts';
import {LookupJoin} from './join/lookup-join.ts';
import {noonMs} from './event-fixture.ts';
import {PartitionPipeline, type PartitionPipelineOptions} from './partition-pipeline.ts';

export const horizonMs = 10_000;
export const decoder = createDecoder({shapes: builtInShapes});

/** For tests: one arrival view and one resolved view, everything due with every commit. */
export function pipelineOptions(changes: Partial<PartitionPipelineOptions> = {}): PartitionPipelineOptions {
  return {
    views: [
      {name: 'usage', on: 'arrival', groupBy: ['region'], windows: ['5m'], shards: 1},
      {name: 'latency', on: 'resolved', groupBy: ['region'], windows: ['5m'], shards: 1},
    ],
    assign: {earlyMaxMs: 300_000, lateMaxMs: undefined, beyond: 'deadLetter'},
    dedupe: {horizonMs, idsMax: 10_000},
    mergeWaitMs: 120_000,
    refreshMs: {'5m': 0, '1h': 0, '1d': 0},
    decoder,
    join: new LookupJoin({
      rowsAheadMax: 100,
      deadlineMs: 600_000,
      sweepIntervalMs: 60_000,
    }),
    carryBytesMax: 1_000_000,
    ...changes,
  };
}

export function newPipeline(options = pipelineOptions(), at: Mark = startMark): PartitionPipeline {
  return new PartitionPipeline(options, {kind: 'new', lineage: 'lineage', hubCreatedAt: 'then', at});
}

/** The next commit, as a next owner would read it from the journal. */
export function commitOf(
  pipeline: PartitionPipeline,
  take: {nowMs?: number; carries?: 'as due' | 'hand over'} = {},
): Commit | undefined {
  const taken = pipeline.takeCommit({
    nowMs: take.nowMs ?? noonMs,
    author: 'author',
    carries: take.carries ?? 'as due',
  });
  return taken && decodeCommit(taken.bytes);
}

/** For tests in which a commit is due. */
export function takenFrom(
  pipeline: PartitionPipeline,
  take: {nowMs?: number; carries?: 'as due' | 'hand over'} = {},
): Commit {
  const commit = commitOf(pipeline, take);
  assert(commit !== undefined, 'nothing changed');
  return commit;
}

/** Requests by view that the deltas hold. */
export function requestsOf({deltas}: Pick<Commit, 'deltas'>): Record<string, number> {
  const requests: Record<string, number> = {};
  for (const {target, measures} of deltas)
    requests[target.view] = (requests[target.view] ?? 0) + measures.requests;
  return requests;
}
