import type {Clock} from '@weir/pipeline';

/** A partition whose journal or fence takes longer than this comes with a later write of its documents. */
const lateAfterMs = 500;

/**
 * Lets the partitions of one flush tick begin their document writes together, so that one write of a document carries
 * the deltas of all of them. Never waits for a partition that is late.
 */
export class ApplyTogether {
  readonly #open: Promise<void>;
  #letAllThrough!: () => void;
  #expected = 0;
  #arrived = 0;
  #isStarted = false;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#open = new Promise((resolve) => (this.#letAllThrough = resolve));
  }

  /** One more partition flushes on this tick. It must call `leave` or `arrive` once. */
  join(): void {
    this.#expected += 1;
  }

  /** Nothing to write, or stopped before its fence: the others need not wait for it. */
  leave(): void {
    this.#expected -= 1;
    if (this.#arrived > 0 && this.#arrived >= this.#expected) this.#letAllThrough();
  }

  /** Its fence is passed: resolves when the others are there too, or are late. */
  arrive(): Promise<void> {
    this.#arrived += 1;
    if (this.#arrived >= this.#expected) this.#letAllThrough();
    else if (!this.#isStarted) {
      this.#isStarted = true;
      void this.#clock.sleep(lateAfterMs).then(this.#letAllThrough);
    }
    return this.#open;
  }
}
