import assert from 'node:assert/strict';
import type {Commit} from '../commit/commit.ts';
import type {Mark} from '../commit/position-marks.ts';
import type {ReceivedEvent} from '../ports.ts';

/** A jump in the sequence numbers: the reader restarts once, and if it stays the events in between are gone. */
export interface SequenceGap {
  readonly after: number;
  readonly before: number;
}

/**
 * How far a partition has been read. After a recovery everything from `resume` up to the journal's head is read again,
 * so where reading stands then lies behind the head.
 */
export class Reading {
  /** Everything up to here is read again: the journal has decided it. */
  readonly rereadUntil: number;
  #head: Mark;
  #lastSequenceNumber: number;
  #lastEnqueuedTimeMs: number;

  constructor(from: {readonly commit: Commit} | {readonly at: Mark}) {
    const recovered = 'commit' in from ? from.commit : undefined;
    this.#head = 'commit' in from ? from.commit.head : from.at;
    this.rereadUntil = recovered === undefined ? -1 : recovered.head.sequenceNumber;
    const last = recovered?.resume ?? this.#head;
    this.#lastSequenceNumber = last.sequenceNumber;
    this.#lastEnqueuedTimeMs = last.enqueuedTimeMs;
  }

  /** Up to where events have been read and folded as far as they could be decided. */
  get head(): Mark {
    return this.#head;
  }

  /** The last event read: behind the head while reading again. */
  get lastSequenceNumber(): number {
    return this.#lastSequenceNumber;
  }

  get isRereading(): boolean {
    return this.#lastSequenceNumber < this.rereadUntil;
  }

  /** Events enqueued until then have been read by this owner; ms. */
  get readUntilMs(): number {
    return this.isRereading ? this.#lastEnqueuedTimeMs : this.#head.enqueuedTimeMs;
  }

  /** The jump right before this event, if there is one. */
  gapBefore(sequenceNumber: number): SequenceGap | undefined {
    // From the start of the log the first event may have any number, but none behind the head may be missing.
    const after = this.#lastSequenceNumber < 0 ? this.rereadUntil : this.#lastSequenceNumber;
    return sequenceNumber > after + 1 && after >= 0 ? {after, before: sequenceNumber} : undefined;
  }

  /** Whether an event is read a second time. */
  isReadAgain(sequenceNumber: number): boolean {
    return sequenceNumber <= this.rereadUntil;
  }

  /** Whether a jump lies in what is read again. */
  isReread({before}: SequenceGap): boolean {
    return before <= this.rereadUntil;
  }

  passed({sequenceNumber, offset, enqueuedTimeMs}: ReceivedEvent): void {
    this.#lastSequenceNumber = sequenceNumber;
    this.#lastEnqueuedTimeMs = enqueuedTimeMs;
    if (!this.isReadAgain(sequenceNumber)) this.#head = {sequenceNumber, offset, enqueuedTimeMs};
  }

  /** What was to be read again and has expired is passed over, so that a quiet partition does not wait for it. */
  skipExpired(hubBeginsAt: number): void {
    if (!this.isRereading) return;
    this.#lastSequenceNumber = Math.max(
      this.#lastSequenceNumber,
      Math.min(hubBeginsAt - 1, this.rereadUntil),
    );
  }

  /**
   * The jump stayed after a restart of the receiver: the events in between have expired.
   * @returns how many of them nobody had read before
   */
  acceptGap({after, before}: SequenceGap): number {
    assert(
      after === Math.max(this.#lastSequenceNumber, this.#lastSequenceNumber < 0 ? this.rereadUntil : -1),
      'a gap begins where reading stands',
    );
    this.#lastSequenceNumber = before - 1;
    // What lies at or before the recovered head was counted when it was read first.
    return Math.max(0, before - 1 - Math.max(after, this.rereadUntil));
  }
}
