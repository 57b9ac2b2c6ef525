import {openOf, type Inspection} from '@weir/worker';
import {consequencesOf} from './consequences.ts';
import {foundText} from './partition-text.ts';
import type {StoppedFound, WayOut} from './ways-out.ts';

/** What was found in one partition, for programs. Sentences are for people and may change; the other fields stay. */
export function partitionJson(
  {partition: {partitionId}, state, claim: {journal, fence}, seen}: Inspection,
  ways?: {readonly found: StoppedFound; readonly ways: readonly WayOut[]},
): Readonly<Record<string, unknown>> {
  const commit = journal?.commit;
  return {
    partition: partitionId,
    state: state.kind,
    ...(state.kind === 'stopped' && {
      finding: {...state.finding, message: foundText(state.finding, partitionId)},
    }),
    journal: commit && {
      lineage: commit.lineage,
      n: commit.n,
      head: commit.head.sequenceNumber,
      frontier: commit.frontier.sequenceNumber,
      resume: commit.resume.sequenceNumber,
      open: openOf(commit).length,
      deltas: commit.deltas.length,
      carry: commit.carry.length,
      parked: commit.parked.length,
      hubCreatedAt: commit.hubCreatedAt,
    },
    fence: fence && {...fence.name, ...seen},
    ...(ways !== undefined && {
      checkpoint: ways.found.checkpoint,
      hub: ways.found.facts,
      waysOut: ways.ways.map((way) => consequencesOf(way, ways.found)),
    }),
  };
}
