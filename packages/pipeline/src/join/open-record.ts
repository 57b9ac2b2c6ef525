import type {OpenCall} from '../commit/open-ranges.ts';
import type {TokenSource} from '../decode/gateway-event.ts';
import type {CountedEvent} from '../fold/counted-event.ts';
import type {DiagnosticsRow} from './diagnostics.ts';

/** How the join of one event ended. "Not there yet" is no outcome: the record stays open. */
export type JoinOutcome =
  | {readonly kind: 'matched'; readonly row: DiagnosticsRow}
  /** `no id`: nothing to ask for. `never came`: asked after the deadline, in vain. `could not ask`: the source was down too long. */
  | {readonly kind: 'unmatched'; readonly reason: 'no id' | 'never came' | 'could not ask'};

/** Whoever an open record came from; it folds the event once the record is settled. */
export interface RecordOwner {
  /** @param record valid until the call returns: the object is used again for the next one */
  settle(record: Readonly<OpenRecord>, outcome: JoinOutcome): void;
}

/** Where an open record lies in `OpenRecords`; another record's once it is settled or dropped. */
export type RecordSlot = number;

/** No record: the end of a list. */
export const noRecord: RecordSlot = -1;

/** What is known when a record begins to wait. Times in ms. */
export interface WaitingRecord {
  readonly sequenceNumber: number;
  readonly index: number;
  readonly enqueuedTimeMs: number;
  /** The event's own time. */
  readonly ownTimeMs: number;
  /** The assigned event time. */
  readonly eventTimeMs: number;
  /** When it was read here, by the local clock. */
  readonly waitingSinceMs: number;
  readonly event: CountedEvent & {readonly requestId: string};
  /** How the journal lists it where it is not just the record at its place. */
  readonly call?: OpenCall | undefined;
}

/** An event that waits for its diagnostics, as it is read out of `OpenRecords`: place, times, and what views count. */
export class OpenRecord implements CountedEvent {
  sequenceNumber = 0;
  index = 0;
  enqueuedTimeMs = 0;
  eventTimeMs = 0;
  region = '';
  deployment = '';
  model = '';
  consumer = '';
  product = '';
  status: number | undefined = undefined;
  stream: boolean | undefined = undefined;
  promptTokens: number | undefined = undefined;
  completionTokens: number | undefined = undefined;
  totalTokens: number | undefined = undefined;
  cachedTokens: number | undefined = undefined;
  reasoningTokens: number | undefined = undefined;
  tokenSource: TokenSource = 'unknown';
  remainingRequests: number | undefined = undefined;
  remainingTokens: number | undefined = undefined;
}
