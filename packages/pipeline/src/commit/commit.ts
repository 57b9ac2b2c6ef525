import type {AggregateDelta} from '../fold/aggregate-delta.ts';
import type {OpenRanges, RecordPlace} from './open-ranges.ts';
import type {Mark} from './position-marks.ts';

/** What this version writes and reads. A worker that meets another one leaves the partition alone. */
export const commitFormat = 1;

/** Names one commit of one journal: enough to tell it from every other. */
export interface CommitName {
  readonly lineage: string;
  readonly n: number;
  /** A random id of one attempt to make this commit, never a worker's name. */
  readonly author: string;
}

export type DeadLetterLayer = 'source' | 'decode' | 'assign';

/** Why one record is in no aggregate. Holds no part of its body. */
export interface DeadLetter extends RecordPlace {
  readonly offset: string;
  /** Ms since the epoch. */
  readonly enqueuedTimeMs: number;
  readonly reason: string;
  readonly layer: DeadLetterLayer;
  /** One sentence for a person; names shapes and fields, never values. */
  readonly detail?: string;
}

/** A dead letter that a retry has settled, for good. */
export interface SettledLetter extends RecordPlace {
  readonly partitionId: string;
  /** Of its event, ms: tells it from one in the same place of a hub that was made again. */
  readonly enqueuedTimeMs: number;
  /** `repeat`: another dead letter of the same request was counted. */
  readonly as: 'counted' | 'repeat';
  /** 32 hexadecimal digits of its request id's digest; absent where it has none. */
  readonly requestIdHash?: string;
  /** When the retry decided, ms. */
  readonly settledMs: number;
}

/** A delta that Cosmos DB refused for good, or one that queues behind such a one, with the commit it belongs to. */
export interface ParkedDelta {
  readonly lineage: string;
  readonly n: number;
  readonly delta: AggregateDelta;
}

/** Event times, ms since the epoch: nothing below them is still to come. */
export interface Watermarks {
  readonly arrivalMs: number;
  readonly resolvedMs: number;
}

/** One numbered step of a partition. See PROTOCOL.md, "What is stored". */
export interface Commit extends CommitName {
  /** The last commit of the journal that this one begins anew. */
  readonly follows?: CommitName;
  /** ISO 8601; tells a hub that was made again under its old name. */
  readonly hubCreatedAt: string;
  readonly head: Mark;
  readonly frontier: Mark;
  readonly resume: Mark;
  readonly open: OpenRanges;
  readonly deltas: readonly AggregateDelta[];
  readonly carry: readonly AggregateDelta[];
  readonly parked: readonly ParkedDelta[];
  readonly deadLetters: readonly DeadLetter[];
  /** The dead letters that a commit of the retry partition settles; absent in all others. */
  readonly settles?: readonly SettledLetter[];
  readonly watermarks: Watermarks;
}
