import type {LookupAnswer} from '@weir/pipeline';

const retryAfterMaxMs = 120_000;
const throttledMs = {first: 5_000, last: 60_000};
const unavailableMs = {first: 1_000, last: 60_000};
/** A role or a column is missing: asking often does not help, and a grant takes minutes anyway. */
const forbiddenMs = 60_000;
const doublingsMax = 10;

/** When Log Analytics may be asked next. Trouble of any query slows all of them. */
export class QueryPace {
  readonly #random: () => number;
  #failures = 0;
  #notBeforeMs = -Infinity;

  constructor(random: () => number) {
    this.#random = random;
  }

  mayAsk(nowMs: number): boolean {
    return nowMs >= this.#notBeforeMs;
  }

  /** Whether the last answer was of use; while not, the join waits and nothing times out. */
  get isTroubled(): boolean {
    return this.#failures > 0;
  }

  heed(answer: LookupAnswer, nowMs: number): void {
    // Sent before the pause began, so it tells of the same trouble: three queries under way are not three failures.
    const isOld = !this.mayAsk(nowMs);
    switch (answer.kind) {
      case 'complete':
      case 'partial':
      case 'tooSlow':
        this.#failures = 0;
        return;
      case 'throttled': {
        if (isOld && answer.retryAfterMs === undefined) return;
        const askedMs =
          answer.retryAfterMs === undefined
            ? this.#doubled(throttledMs)
            : Math.min(answer.retryAfterMs, retryAfterMaxMs);
        // On top, so that workers that were told the same moment do not come together.
        return this.#pause(nowMs + askedMs + this.#random() * throttledMs.first, nowMs);
      }
      case 'unavailable':
        if (isOld) return;
        return this.#pause(nowMs + this.#doubled(unavailableMs) * (0.5 + this.#random() / 2), nowMs);
      case 'forbidden':
        return this.#pause(nowMs + forbiddenMs, nowMs);
    }
  }

  #doubled({first, last}: {first: number; last: number}): number {
    return Math.min(last, first * 2 ** Math.min(this.#failures, doublingsMax));
  }

  #pause(untilMs: number, nowMs: number): void {
    if (this.mayAsk(nowMs)) this.#failures += 1;
    this.#notBeforeMs = Math.max(this.#notBeforeMs, untilMs);
  }
}
