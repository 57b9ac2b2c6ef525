import type {ByteBudget} from './byte-budget.ts';
import {encodeEvent, type EventContent} from './event-content.ts';
import type {StartPosition} from './selector-filter.ts';

/** One event of a log. */
export interface LoggedEvent {
  readonly sequenceNumber: number;
  readonly offset: string;
  readonly enqueuedTimeMs: number;
  /** The encoded message, its annotations included. */
  readonly message: Buffer;
}

/** What `$management` tells of a partition; an empty one has -1 as its last number and offset. */
export interface PartitionLogFacts {
  readonly beginSequenceNumber: number;
  readonly lastEnqueuedSequenceNumber: number;
  readonly lastEnqueuedOffset: string;
  readonly lastEnqueuedTimeMs: number;
  readonly isEmpty: boolean;
}

/** Where reading begins. `ordinal` counts the events ever appended and so stays valid when old ones expire. */
export type ResolvedStart =
  | {readonly kind: 'found'; readonly ordinal: number}
  /** `reason` is the service's text. */
  | {readonly kind: 'refused'; readonly reason: string};

/** Expired events leave the array when they are this many and more than half of it, so that expiry is cheap. */
const COMPACT_AT = 1024;

interface Entry extends LoggedEvent {
  readonly position: number;
}

/**
 * One partition: events in the order of their sequence numbers, in memory. They enter at the end and leave at the front,
 * by retention only; reading removes nothing.
 *
 * Offsets are opaque: `0:` and the byte position at which the event began, counted over all events ever appended, the
 * way geo-replicated namespaces write `<epoch>:<position>`. `Number()` of one is NaN, and neighbours differ by the size of an
 * event. An offset is known if it was handed out, or lies before the oldest event that is left.
 */
export class PartitionLog {
  readonly #budget: ByteBudget;
  readonly #entries: (Entry | undefined)[] = [];
  /** Index of the oldest event in the array; those before it have expired. */
  #head = 0;
  /** Ordinal of the array's first element. */
  #base = 0;
  #nextSequenceNumber = 0;
  #endPosition = 0;
  #last: Entry | undefined;
  readonly #watchers = new Set<() => void>();
  #announced = false;

  constructor(budget: ByteBudget) {
    this.#budget = budget;
  }

  get firstOrdinal(): number {
    return this.#base + this.#head;
  }

  get endOrdinal(): number {
    return this.#base + this.#entries.length;
  }

  /** Newest enqueued time, or minus infinity before the first event. */
  get lastEnqueuedTimeMs(): number {
    return this.#last?.enqueuedTimeMs ?? -Infinity;
  }

  /** All or none. Throws HubFullError, and RangeError for a time before the one before it. */
  append(arriving: readonly {content: EventContent; enqueuedTimeMs: number}[]): void {
    let sequenceNumber = this.#nextSequenceNumber;
    let position = this.#endPosition;
    let lastTimeMs = this.lastEnqueuedTimeMs;
    const entries = arriving.map(({content, enqueuedTimeMs}): Entry => {
      if (enqueuedTimeMs < lastTimeMs) throw new RangeError('enqueued times must not decrease');
      const place = {sequenceNumber, offset: `0:${position}`, enqueuedTimeMs};
      const entry = {...place, position, message: encodeEvent(content, place)};
      lastTimeMs = enqueuedTimeMs;
      sequenceNumber += 1;
      position += entry.message.length;
      return entry;
    });
    this.#budget.take(entries);
    for (const entry of inOneBlock(entries)) {
      this.#entries.push(entry);
      this.#last = entry;
    }
    this.#nextSequenceNumber = sequenceNumber;
    this.#endPosition = position;
    this.#announce();
  }

  /** The event of this ordinal or, where it has expired, the oldest one; undefined past the end. */
  read(ordinal: number): {ordinal: number; event: LoggedEvent} | undefined {
    const at = Math.max(ordinal, this.firstOrdinal);
    const event = this.#entries[at - this.#base];
    return event && {ordinal: at, event};
  }

  resolve(start: StartPosition): ResolvedStart {
    if (start.kind === 'earliest') return found(this.firstOrdinal);
    if (start.kind === 'latest') return found(this.endOrdinal);
    if (start.kind === 'enqueuedTime') {
      return found(this.#firstWhere((entry) => entry.enqueuedTimeMs > start.enqueuedTimeMs));
    }
    if (start.kind === 'sequenceNumber') {
      const wanted = start.bound === 'inclusive' ? start.sequenceNumber : start.sequenceNumber + 1;
      // The next number to come is a valid place to wait at, whichever way it is written.
      return wanted > this.#nextSequenceNumber
        ? refused('sequence number', start.sequenceNumber, this.#nextSequenceNumber - 1)
        : found(this.#firstWhere((entry) => entry.sequenceNumber >= wanted));
    }
    return this.#resolveOffset(start);
  }

  #resolveOffset({offset, bound}: Extract<StartPosition, {kind: 'offset'}>): ResolvedStart {
    const position = Number(/^0:(\d{1,15})$/.exec(offset)?.[1] ?? NaN);
    const last = this.#last;
    if (last && position <= last.position) {
      const oldest = this.#entries[this.#head];
      // All after it have expired too, or the oldest that is left comes after it.
      if (!oldest || position < oldest.position) return found(this.firstOrdinal);
      const ordinal = this.#firstWhere((entry) => entry.position >= position);
      if (this.#entries[ordinal - this.#base]?.position === position) {
        return found(bound === 'inclusive' ? ordinal : ordinal + 1);
      }
    }
    return refused('offset', offset, last?.offset ?? '-1');
  }

  /** Removes what was enqueued before this time. */
  expireBefore(enqueuedTimeMs: number): void {
    for (let oldest = this.#entries[this.#head]; oldest; oldest = this.#entries[this.#head]) {
      if (oldest.enqueuedTimeMs >= enqueuedTimeMs) break;
      this.#removeOldest(oldest);
    }
    this.#compact();
  }

  /** Removes the oldest events as retention would. */
  dropOldest(count: number): void {
    for (let left = count; left > 0; left -= 1) {
      const oldest = this.#entries[this.#head];
      if (!oldest) break;
      this.#removeOldest(oldest);
    }
    this.#compact();
  }

  /** The next event gets a number higher by `count` than it would have got. */
  skipSequenceNumbers(count: number): void {
    this.#nextSequenceNumber += count;
  }

  facts(): PartitionLogFacts {
    const oldest = this.#entries[this.#head];
    return {
      beginSequenceNumber: oldest?.sequenceNumber ?? this.#nextSequenceNumber,
      lastEnqueuedSequenceNumber: this.#last?.sequenceNumber ?? -1,
      lastEnqueuedOffset: this.#last?.offset ?? '-1',
      lastEnqueuedTimeMs: this.#last?.enqueuedTimeMs ?? 0,
      isEmpty: oldest === undefined,
    };
  }

  /** Calls `watcher` soon after events arrived, once for all that came in between. Returns the way to stop it. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  #announce(): void {
    if (this.#announced || this.#watchers.size === 0) return;
    this.#announced = true;
    queueMicrotask(() => {
      this.#announced = false;
      for (const watcher of this.#watchers) watcher();
    });
  }

  /** Ordinal of the first event for which the monotonic `reached` holds, or the end. */
  #firstWhere(reached: (entry: Entry) => boolean): number {
    let low = this.#head;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = this.#entries[middle];
      if (entry && reached(entry)) high = middle;
      else low = middle + 1;
    }
    return this.#base + low;
  }

  #removeOldest(oldest: Entry): void {
    this.#budget.give(oldest);
    this.#entries[this.#head] = undefined;
    this.#head += 1;
  }

  #compact(): void {
    if (this.#head < COMPACT_AT || this.#head * 2 < this.#entries.length) return;
    this.#entries.splice(0, this.#head);
    this.#base += this.#head;
    this.#head = 0;
  }
}

/**
 * The same entries with their messages in one block. As encoded they share chunks of the buffer pool with what was needed
 * for a moment only, and would keep all of it alive.
 */
function inOneBlock(entries: readonly Entry[]): Entry[] {
  const block = Buffer.allocUnsafeSlow(entries.reduce((sum, {message}) => sum + message.length, 0));
  let end = 0;
  return entries.map((entry) => {
    const start = end;
    end += entry.message.copy(block, start);
    return {...entry, message: block.subarray(start, end)};
  });
}

function found(ordinal: number): ResolvedStart {
  return {kind: 'found', ordinal};
}

function refused(what: string, given: string | number, last: string | number): ResolvedStart {
  return {
    kind: 'refused',
    reason: `The supplied ${what} '${given}' is invalid. The last ${what} in the system is '${last}'`,
  };
}
