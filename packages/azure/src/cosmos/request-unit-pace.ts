/** Before the first answer; about what a replace of 1 KB costs. */
const firstExpectation = 12;
/** Weight of the newest charge in the expectation. */
const weight = 0.1;
/** Saved up while idle, at most: more would be a burst above the rate. */
const savedSecondsMax = 0.25;

/**
 * A token bucket over charges that are known only afterwards: each request reserves what requests have cost of late and
 * is told how long to wait; the difference is settled with its answer. The balance may be negative by what is reserved.
 */
export class RequestUnitPace {
  readonly #perSecond: number;
  #balance = 0;
  #balanceAtMs: number;
  #expected = firstExpectation;
  /** Reserved and neither settled nor cancelled, oldest first. */
  readonly #reserved: number[] = [];

  constructor({perSecond, nowMs}: {perSecond: number; nowMs: number}) {
    this.#perSecond = perSecond;
    this.#balanceAtMs = nowMs;
  }

  /** Milliseconds to wait before the request; each reservation ends in one `settle` or `cancel`. */
  reserve(nowMs: number): number {
    const earned = (Math.max(0, nowMs - this.#balanceAtMs) * this.#perSecond) / 1000;
    this.#balance = Math.min(this.#perSecond * savedSecondsMax, this.#balance + earned);
    this.#balanceAtMs = nowMs;
    // The debt of those before decides; one's own charge delays the next.
    const waitMs = this.#balance >= 0 ? 0 : (-this.#balance * 1000) / this.#perSecond;
    this.#reserved.push(this.#expected);
    this.#balance -= this.#expected;
    return waitMs;
  }

  /** 0 for a request that was refused or lost; it says nothing about what one costs. */
  settle(requestUnits: number): void {
    this.cancel();
    this.#balance -= requestUnits;
    if (requestUnits > 0) this.#expected += weight * (requestUnits - this.#expected);
  }

  cancel(): void {
    // Which reservation it was does not matter: they differ only by how the expectation moved meanwhile.
    this.#balance += this.#reserved.shift() ?? 0;
  }
}
