import assert from 'node:assert/strict';
import type {ReceivedEventData} from '@azure/event-hubs';
import type {Position, ReceivedEvent, SourcePartition} from '@weir/pipeline';
import {LeaseEndedError, type LeaseEnd, type PartitionLease} from './source-options.ts';

/** What the watchdog looks at. */
export interface Pulse {
  readonly partitionId: string;
  /** When the SDK last called, or the lease began; ms. */
  readonly lastCallMs: number;
  /** A batch waits for the consumer, or the consumer is working on it: silence is then its own. */
  readonly isHeld: boolean;
  /** When events last came, or the lease began; ms. */
  readonly lastEventsMs: number;
  /** Last sequence number delivered, or the start position's; undefined when that is a time. */
  readonly deliveredThrough: number | undefined;
}

interface SessionOptions {
  readonly partition: SourcePartition;
  readonly prelude: unknown;
  readonly start: Position | undefined;
  readonly startedAt: Position | undefined;
  readonly now: () => number;
  readonly isOwned: () => boolean;
  readonly onRepeat: (count: number) => void;
}

/**
 * The meeting of the SDK's calls with the consumer's pulls, for one lease.
 *
 * A batch enters by `deliver`, which returns only when the consumer asks for the one after it, so a consumer that does
 * not ask stops the SDK. The session ends once, by `end`; from then on `deliver` throws the error that stops the SDK's
 * pump, whatever it was about to do: a pump that went on would attach again and take the link back from its new owner.
 */
export class PartitionSession implements PartitionLease {
  readonly partition: SourcePartition;
  readonly prelude: unknown;
  readonly startedAt: Position | undefined;
  readonly #options: SessionOptions;
  readonly #ended = new AbortController();
  #end: {error: LeaseEndedError; atMs: number} | undefined;
  #isIterated = false;
  /** Delivered and not yet asked past; `taken` once the consumer has it. */
  #held: {events: readonly ReceivedEvent[]; bytes: number; taken: boolean; settle: () => void} | undefined;
  /** Wakes the consumer that waits for a batch. */
  #wake: (() => void) | undefined;
  #lastCallMs: number;
  #lastEventsMs: number;
  #deliveredThrough: number | undefined;
  /** Last sequence number delivered within this lease; the start position does not count. */
  #last = -1;
  /** Mean body size of recent batches, bytes; jumps up at once and comes down slowly. */
  #eventBytes = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.partition = options.partition;
    this.prelude = options.prelude;
    this.startedAt = options.startedAt;
    this.#lastCallMs = options.now();
    this.#lastEventsMs = this.#lastCallMs;
    this.#deliveredThrough = options.start?.sequenceNumber;
  }

  get signal(): AbortSignal {
    return this.#ended.signal;
  }
  get isOwned(): boolean {
    return this.#end === undefined && this.#options.isOwned();
  }
  /** How and when the lease ended; undefined while it lasts. */
  get ended(): {error: LeaseEndedError; atMs: number} | undefined {
    return this.#end;
  }
  get eventBytes(): number {
    return this.#eventBytes;
  }
  /** What the consumer has been handed and not asked past, or has yet to take. */
  get held(): {events: number; bytes: number} {
    return {events: this.#held?.events.length ?? 0, bytes: this.#held?.bytes ?? 0};
  }
  get pulse(): Pulse {
    return {
      partitionId: this.partition.partitionId,
      lastCallMs: this.#lastCallMs,
      isHeld: this.#held !== undefined,
      lastEventsMs: this.#lastEventsMs,
      deliveredThrough: this.#deliveredThrough,
    };
  }

  release(reason: string): void {
    this.end('released', reason);
  }

  /** Ends the lease; the first cause stays. */
  end(end: LeaseEnd, detail: string): void {
    if (this.#end !== undefined) return;
    const error = new LeaseEndedError(end, detail);
    this.#end = {error, atMs: this.#options.now()};
    this.#ended.abort(error);
    this.#held?.settle();
    this.#held = undefined;
    this.#wake?.();
  }

  /** Takes what the SDK received. Resolves when the consumer wants more; rejects with `LeaseEndedError` once over. */
  async deliver(received: readonly ReceivedEventData[]): Promise<void> {
    this.#throwIfEnded();
    assert(this.#held === undefined, 'the SDK calls one at a time per partition');
    this.#lastCallMs = this.#options.now();
    const {events, bytes} = this.#accept(received);
    if (received.length > 0 && events.length === 0) {
      // Nothing but repeats: an empty batch would say that the partition was read to its end.
      this.#lastCallMs = this.#options.now();
      return;
    }
    await new Promise<void>((settle) => {
      this.#held = {events, bytes, taken: false, settle};
      this.#wake?.();
    });
    this.#lastCallMs = this.#options.now();
    this.#throwIfEnded();
  }

  async *batches(): AsyncGenerator<readonly ReceivedEvent[], void, undefined> {
    assert(!this.#isIterated, 'a lease is read by one loop');
    this.#isIterated = true;
    try {
      for (;;) {
        const events = await this.#take();
        if (events === undefined) return;
        yield events;
        this.#held?.settle();
        this.#held = undefined;
      }
    } finally {
      this.end('released', 'The consumer stopped reading.');
    }
  }

  async #take(): Promise<readonly ReceivedEvent[] | undefined> {
    while (this.#end === undefined) {
      if (this.#held !== undefined) {
        this.#held.taken = true;
        return this.#held.events;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    return undefined;
  }

  /** One small object per event: the SDK's own holds the raw message and is let go here. */
  #accept(received: readonly ReceivedEventData[]): {events: readonly ReceivedEvent[]; bytes: number} {
    const events: ReceivedEvent[] = [];
    let bytes = 0;
    for (const {sequenceNumber, offset, enqueuedTimeUtc, body} of received) {
      if (sequenceNumber <= this.#last) continue;
      this.#last = sequenceNumber;
      bytes += bodyBytes(body);
      events.push({sequenceNumber, offset, enqueuedTimeMs: enqueuedTimeUtc.getTime(), body});
    }
    if (events.length < received.length) this.#options.onRepeat(received.length - events.length);
    if (events.length > 0) {
      this.#deliveredThrough = this.#last;
      this.#lastEventsMs = this.#lastCallMs;
      const mean = bytes / events.length;
      this.#eventBytes = Math.max(mean, this.#eventBytes + (mean - this.#eventBytes) / 8);
    }
    return {events, bytes};
  }

  #throwIfEnded(): void {
    if (this.#end !== undefined) throw this.#end.error;
  }
}

function bodyBytes(body: unknown): number {
  if (body instanceof Uint8Array) return body.byteLength;
  if (typeof body === 'string') return body.length;
  return 0; // other AMQP values are rare and small; they are not walked for a gauge
}
