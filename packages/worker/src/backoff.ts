import type {Clock} from '@weir/pipeline';

/** Between two tries of one thing. Doubles from the first to the last and stays there. */
export interface BackoffSteps {
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Storage and database: quick enough that a flush survives a hiccup, slow enough not to pile onto an outage. */
export const serviceBackoff: BackoffSteps = {firstMs: 100, lastMs: 10_000};

/** Counts the failures in a row of one thing, and waits between them with full jitter in the upper half. */
export class Backoff {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #steps: BackoffSteps;
  #failures = 0;

  constructor({clock, random, steps}: {clock: Clock; random: () => number; steps: BackoffSteps}) {
    this.#clock = clock;
    this.#random = random;
    this.#steps = steps;
  }

  /** Waits before the next try. @param atLeastMs what the service asked for */
  async wait(signal: AbortSignal, atLeastMs = 0): Promise<void> {
    const doubledMs = Math.min(
      this.#steps.lastMs,
      this.#steps.firstMs * 2 ** Math.min(this.#failures, maxDoublings),
    );
    this.#failures += 1;
    const spreadMs = doubledMs * (0.5 + this.#random() / 2);
    // Spread upwards, so that nobody comes before the service wants to see them.
    await this.#clock.sleep(Math.max(spreadMs, atLeastMs + this.#random() * this.#steps.firstMs), signal);
  }
}

const maxDoublings = 20;
