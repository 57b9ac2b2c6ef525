import type {ServiceError} from './service-error.ts';

/**
 * What a client opens and the emulator can be told to refuse. A refused connection is opened and closed at once with the
 * error; SDK 6.0.4 recovers from that after a drop, but a client whose first connection meets it waits for its 60 s timeout.
 */
export type Refusable = 'connection' | 'sender' | 'receiver' | 'management' | 'put-token';

export interface Refusal extends ServiceError {
  readonly what: Refusable;
  /** How many of the next ones, at least 1. */
  readonly count: number;
}

/** Longest delay that a test may ask for: more is a stall. */
export const DELAY_MS_MAX = 60_000;

/** Faults that wait for their moment. Those that act at once are methods of the emulator. */
export class Faults {
  readonly #refusals: {refusal: Refusal; left: number}[] = [];
  #deliveryDelayMs = 0;

  /** Each burst of events waits this long before it is sent. */
  get deliveryDelayMs(): number {
    return this.#deliveryDelayMs;
  }

  set deliveryDelayMs(delayMs: number) {
    if (!(delayMs >= 0 && delayMs <= DELAY_MS_MAX))
      throw new RangeError(`a delay is 0 to ${DELAY_MS_MAX} ms`);
    this.#deliveryDelayMs = delayMs;
  }

  refuse(refusal: Refusal): void {
    if (!(refusal.count >= 1)) throw new RangeError('a refusal counts from 1');
    this.#refusals.push({refusal, left: refusal.count});
  }

  /** The refusal that meets this attempt, if one was asked for; the oldest first. */
  take(what: Refusable): ServiceError | undefined {
    const at = this.#refusals.findIndex(({refusal}) => refusal.what === what);
    const pending = this.#refusals[at];
    if (!pending) return undefined;
    pending.left -= 1;
    if (pending.left === 0) this.#refusals.splice(at, 1);
    const {condition, description} = pending.refusal;
    return {condition, description};
  }

  clear(): void {
    this.#refusals.length = 0;
    this.#deliveryDelayMs = 0;
  }
}
