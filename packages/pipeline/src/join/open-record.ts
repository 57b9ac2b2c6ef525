import type {GatewayEvent, TokenSource} from '../decode/gateway-event.ts';
import type {CountedEvent} from '../fold/counted-event.ts';
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
  readonly event: CountedEvent;
  /** The event's own time, ms. */
  readonly ownTimeMs: number;
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

/** What the records of one batch share: when they were read here, and a time that theirs are counted from. */
export interface BatchTimes {
  readonly readAtMs: number;
  readonly baseMs: number;
}

/**
 * An open record as small as it can be: hundreds of thousands wait for minutes, and each object of them is one more that
 * the collector copies and marks. So it is one object: the event is reduced to what its views count, and times, which
 * beyond 2^31 are objects of their own to the engine, are kept as distances from one that the batch shares.
 */
export class OpenEvent implements OpenRecord, CountedEvent {
  readonly owner: RecordOwner;
  readonly sequenceNumber: number;
  readonly index: number;
  readonly requestId: string;
  readonly region: string;
  readonly deployment: string;
  readonly model: string;
  readonly consumer: string;
  readonly product: string;
  readonly status: number | undefined;
  readonly stream: boolean | undefined;
  readonly promptTokens: number | undefined;
  readonly completionTokens: number | undefined;
  readonly totalTokens: number | undefined;
  readonly cachedTokens: number | undefined;
  readonly reasoningTokens: number | undefined;
  readonly tokenSource: TokenSource;
  readonly remainingRequests: number | undefined;
  readonly remainingTokens: number | undefined;
  readonly #batch: BatchTimes;
  readonly #enqueuedMs: number;
  readonly #ownMs: number;
  /** What the time policy moved the event's own time by. */
  readonly #movedMs: number;
  nextSweepMs = 0;
  asked = false;
  next: OpenRecord | undefined = undefined;
  row: DiagnosticsRow | undefined = undefined;
  older: OpenRecord | undefined = undefined;
  younger: OpenRecord | undefined = undefined;

  constructor(
    owner: RecordOwner,
    event: GatewayEvent & {readonly requestId: string},
    place: {readonly sequenceNumber: number; readonly enqueuedTimeMs: number},
    index: number,
    eventTimeMs: number,
    batch: BatchTimes,
  ) {
    this.owner = owner;
    this.sequenceNumber = place.sequenceNumber;
    this.index = index;
    this.requestId = event.requestId;
    this.region = event.region;
    this.deployment = event.deployment;
    this.model = event.model;
    this.consumer = event.consumer;
    this.product = event.product;
    this.status = event.status;
    this.stream = event.stream;
    this.promptTokens = event.promptTokens;
    this.completionTokens = event.completionTokens;
    this.totalTokens = event.totalTokens;
    this.cachedTokens = event.cachedTokens;
    this.reasoningTokens = event.reasoningTokens;
    this.tokenSource = event.tokenSource;
    this.remainingRequests = event.remainingRequests;
    this.remainingTokens = event.remainingTokens;
    this.#batch = batch;
    this.#enqueuedMs = place.enqueuedTimeMs - batch.baseMs;
    this.#ownMs = event.eventTimeMs - batch.baseMs;
    this.#movedMs = eventTimeMs - event.eventTimeMs;
  }

  get event(): CountedEvent {
    return this;
  }

  get ownTimeMs(): number {
    return this.#batch.baseMs + this.#ownMs;
  }

  get eventTimeMs(): number {
    return this.#batch.baseMs + this.#ownMs + this.#movedMs;
  }

  get enqueuedTimeMs(): number {
    return this.#batch.baseMs + this.#enqueuedMs;
  }

  get waitingSinceMs(): number {
    return this.#batch.readAtMs;
  }
}
