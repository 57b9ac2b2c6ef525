import type {AggregateDelta, DeadLetter, DiagnosticsRow} from '@weir/pipeline';
import type {Reading} from '../inspect/reading.ts';
import type {DocumentState, ReadUpTo} from './documents.ts';
import type {JoinJudgement} from './follow-call.ts';
import type {TokensNote} from './tokens-note.ts';

/** Everything that was found of one request. */
export interface TraceReport {
  readonly requestId: string;
  readonly events: readonly {
    readonly partition: string;
    readonly sequenceNumber: number;
    readonly offset: string;
    readonly enqueuedTimeMs: number;
    /** Empty for a further part of a call, which is read with its first. */
    readonly readings: readonly {readonly reading: Reading; readonly note: TokensNote | undefined}[];
    /** By a worker, of its partition. */
    readonly readUpTo: ReadUpTo | undefined;
  }[];
  readonly duplicates: number;
  readonly deadLetters: readonly DeadLetter[];
  readonly rows: readonly DiagnosticsRow[];
  readonly join: JoinJudgement;
  readonly documents: readonly {readonly delta: AggregateDelta; readonly state: DocumentState}[];
}
