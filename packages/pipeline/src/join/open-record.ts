import type {GatewayEvent} from '../decode/gateway-event.ts';
import type {DiagnosticsRow} from './diagnostics.ts';

/** How the join of one event ended. "Not there yet" is no outcome: the record stays open. */
export type JoinOutcome =
  | {readonly kind: 'matched'; readonly row: DiagnosticsRow}
  /** `no id`: nothing to ask for. `never came`: asked after the deadline, in vain. `could not ask`: the source was down too long. */
  | {readonly kind: 'unmatched'; readonly reason: 'no id' | 'never came' | 'could not ask'};

/** Whoever an open record came from; it folds the event once the record is settled. */
export interface RecordOwner {
  settle(record: OpenRecord, outcome: JoinOutcome): void;
  /** In the order of enqueueing, so that a search for old ones can stop early. */
  openRecords(): Iterable<OpenRecord>;
}

/** An event that waits for its diagnostics. It enters with `LookupJoin.wait` and leaves with `RecordOwner.settle`. */
export interface OpenRecord {
  readonly owner: RecordOwner;
  readonly sequenceNumber: number;
  readonly index: number;
  readonly requestId: string;
  readonly event: GatewayEvent;
  /** The assigned event time, ms. */
  readonly eventTimeMs: number;
  readonly enqueuedTimeMs: number;
  /** When the sweep may ask for it next, by the service's clock. */
  nextSweepMs: number;
  /** When it was read here, by the local clock; ms. */
  readonly waitingSinceMs: number;
  /** Named in a query under way. */
  asked: boolean;
  /** Another record that waits for the same id. */
  next: OpenRecord | undefined;
  /** The best row for the id so far, while an answer is gone through. */
  row?: DiagnosticsRow | undefined;
  /** Neighbours in the list of the owner, which is in the order of enqueueing. */
  older?: OpenRecord | undefined;
  younger?: OpenRecord | undefined;
}
