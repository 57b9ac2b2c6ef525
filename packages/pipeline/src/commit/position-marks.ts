import {startOfLog, type Position} from '../position.ts';

/** A position that was read, with the time its event was enqueued. */
export interface Mark extends Position {
  readonly enqueuedTimeMs: number;
}

/** Two marks are at least this far apart, so that their number follows the time that is open and not the load. */
const spacingMs = 1_000;

export const startMark: Mark = {...startOfLog, enqueuedTimeMs: 0};

/**
 * Positions that reading can be resumed behind. Offsets are opaque, so a position further back cannot be computed:
 * it has to have been kept. A mark enters with a batch and leaves when the resume position has passed it.
 */
export class PositionMarks {
  #marks: Mark[];

  /** @param first where reading started: nothing before it will be asked for */
  constructor(first: Mark) {
    this.#marks = [first];
  }

  get count(): number {
    return this.#marks.length;
  }

  /** Whether an event is far enough behind the last mark to become one; asked before a mark is made. */
  wants(enqueuedTimeMs: number): boolean {
    return enqueuedTimeMs - this.#marks.at(-1)!.enqueuedTimeMs >= spacingMs;
  }

  /** @param mark behind all before it */
  add(mark: Mark): void {
    this.#marks.push(mark);
  }

  /** The last kept position before an event, or the first kept. */
  before(sequenceNumber: number): Mark {
    return this.#last((mark) => mark.sequenceNumber < sequenceNumber);
  }

  /** The last kept position whose event was enqueued before a time, or the first kept. */
  enqueuedBefore(timeMs: number): Mark {
    return this.#last((mark) => mark.enqueuedTimeMs < timeMs);
  }

  /** Forgets what lies before a mark. */
  dropBefore(mark: Mark): void {
    const at = this.#marks.indexOf(mark);
    if (at > 0) this.#marks = this.#marks.slice(at);
  }

  /** Marks are in ascending order in both respects, so a binary search finds the last that holds. */
  #last(holds: (mark: Mark) => boolean): Mark {
    let low = 0;
    let high = this.#marks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (holds(this.#marks[middle]!)) low = middle;
      else high = middle - 1;
    }
    return this.#marks[low]!;
  }
}
