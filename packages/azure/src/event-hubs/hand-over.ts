/**
 * The meeting of a giver that pushes with a taker that pulls, one value at a time: `give` returns only when the taker
 * asks for the value after it, so a taker that does not ask stops the giver. Once ended, takers get undefined and givers
 * return at once.
 */
export class HandOver<T> {
  #held: {readonly value: T; readonly settle: () => void} | undefined;
  #isTaken = false;
  #isEnded = false;
  #wake: (() => void) | undefined;

  /** At most one at a time. */
  give(value: T): Promise<void> {
    if (this.#isEnded) return Promise.resolve();
    return new Promise((settle) => {
      this.#held = {value, settle};
      this.#isTaken = false;
      this.#wake?.();
    });
  }

  /** By one taker. */
  async take(): Promise<T | undefined> {
    if (this.#isTaken) this.#settle();
    while (!this.#isEnded) {
      if (this.#held !== undefined) {
        this.#isTaken = true;
        return this.#held.value;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    return undefined;
  }

  end(): void {
    this.#isEnded = true;
    this.#settle();
    this.#wake?.();
  }

  #settle(): void {
    this.#held?.settle();
    this.#held = undefined;
    this.#isTaken = false;
  }
}
