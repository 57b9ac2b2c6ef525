import {retryPartitionId} from '@weir/worker';
import {adoptConsequences} from './adopt-consequences.ts';
import {anewConsequences} from './anew-consequences.ts';
import {formatFrom} from './from-option.ts';
import {retryAdoptConsequences, retryAnewConsequences} from './retry-consequences.ts';
import type {StoppedFound, WayOut} from './ways-out.ts';

/** What a way out does, and what numbers may be wrong afterwards; a sentence each. */
export interface Consequences {
  /** What to type behind `weir recover`. */
  readonly flags: readonly string[];
  readonly does: readonly string[];
  readonly wrongAfterwards: readonly string[];
}

export function consequencesOf(way: WayOut, found: StoppedFound): Consequences {
  const isRetry = found.stopped.partition.partitionId === retryPartitionId;
  switch (way.kind) {
    case 'adopt journal':
      return isRetry ? retryAdoptConsequences(found.stopped) : adoptConsequences(found.stopped);
    case 'begin anew': {
      const {flags, ...told} = isRetry
        ? retryAnewConsequences(found.stopped, way.plan)
        : anewConsequences(found, way.plan);
      return {flags: way.from === undefined ? flags : [...flags, '--from', formatFrom(way.from)], ...told};
    }
    case 'begin anew, but from where?':
      return {
        flags: ['--begin-anew', '--from', 'START'],
        does: [
          'There is no checkpoint to begin at, so START has to be said: earliest, latest, a time, or the sequence number of the first event to read. Run "weir recover --from START" to see what that does.',
        ],
        wrongAfterwards: [],
      };
    case 'no such event':
      return {
        flags: ['--begin-anew', '--from', formatFrom(way.from)],
        does: [
          `Nothing: the partition's last event is ${found.facts.lastEnqueuedSequenceNumber}, and no event ${formatFrom(way.from)} can come next.`,
        ],
        wrongAfterwards: [],
      };
  }
}
