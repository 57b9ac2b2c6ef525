import pLimit, {type LimitFunction} from 'p-limit';
import type {Clock} from '@weir/pipeline';
import {RequestUnitPace} from './request-unit-pace.ts';

/** What the governor must know of an answer. */
export interface GovernedAnswer {
  readonly requestUnits: number;
  /** Of a 429; undefined for every other answer. */
  readonly throttledForMs: number | undefined;
}

export interface WriteGovernorOptions {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
  /** Most requests in flight, from 1; default 16. */
  readonly concurrency?: number;
  /** Most request units per second; unlimited when absent. */
  readonly requestUnitsPerSecond?: number | undefined;
}

const concurrencyDefault = 16;
/** Requests that wait for a place; the sink has no reason to offer more at a time. */
export const waitingMax = 10_000;
/** How many times its width of requests must succeed before the governor widens by one. */
const roundsPerStep = 10;
/** Even where a 429 asks for no wait at all. */
const pauseMinMs = 10;
/** After a 429 requests come back spread over as long again as they waited, and at least over this. */
const spreadMinMs = 20;

/**
 * Bounds the requests under way and learns how many the account bears: a 429 halves the width and holds everything
 * back for as long as it asks; successes widen it again, one at a time, up to `concurrency`. More width than the
 * budget never brings more throughput, only more 429s.
 */
export class WriteGovernor {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #widthMax: number;
  readonly #limit: LimitFunction;
  readonly #pace: RequestUnitPace | undefined;
  #pausedUntilMs = -Infinity;
  #spreadMs = 0;
  /** Raised by each narrowing: 429s of requests sent before it belong to the same overload and narrow no further. */
  #epoch = 0;
  #successes = 0;
  #sleeping = 0;
  #throttles = 0;
  #requestUnits = 0;

  constructor(options: WriteGovernorOptions) {
    const {clock, random = Math.random, concurrency = concurrencyDefault, requestUnitsPerSecond} = options;
    this.#clock = clock;
    this.#random = random;
    this.#widthMax = concurrency;
    this.#limit = pLimit(concurrency);
    this.#pace =
      requestUnitsPerSecond === undefined
        ? undefined
        : new RequestUnitPace({perSecond: requestUnitsPerSecond, nowMs: clock.now()});
  }

  /** Requests that may be under way now; from 1 to `concurrency`. */
  get width(): number {
    return this.#limit.concurrency;
  }

  /** Requests that wait for a place, the end of a pause, or their request units. */
  get waiting(): number {
    return this.#limit.pendingCount + this.#sleeping;
  }

  /** No more may be offered; `run` would reject. */
  get isFull(): boolean {
    return this.waiting >= waitingMax;
  }

  /** Answers of 429 so far. */
  get throttles(): number {
    return this.#throttles;
  }

  /** Charged so far. */
  get requestUnits(): number {
    return this.#requestUnits;
  }

  /** Runs the request when it may; rejects with `AbortError` if the signal fires while it waits. */
  async run<T extends GovernedAnswer>(request: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.isFull) throw new Error(`More than ${waitingMax} requests wait for Cosmos DB.`);
    throwIfAborted(signal);
    const start = async (): Promise<T> => {
      await this.#waitForTurn(signal);
      return this.#send(request);
    };
    if (signal === undefined) return this.#limit(start);
    return new Promise<T>((resolve, reject) => {
      // A place that comes after the signal is given back at once; the caller has long gone.
      const leave = (): void => reject(abortError(signal));
      signal.addEventListener('abort', leave, {once: true});
      const arrive = async (): Promise<T> => {
        signal.removeEventListener('abort', leave);
        throwIfAborted(signal);
        return start();
      };
      this.#limit(arrive).then(resolve, reject);
    });
  }

  async #waitForTurn(signal: AbortSignal | undefined): Promise<void> {
    // Reserved once and before the pause, so that those who wait together do not also leave together.
    const paceMs = this.#pace?.reserve(this.#clock.now()) ?? 0;
    let waitMs = Math.max(paceMs, this.#pauseMs());
    while (waitMs > 0) {
      this.#sleeping += 1;
      await this.#clock.sleep(waitMs, signal);
      this.#sleeping -= 1;
      if (signal?.aborted === true) {
        this.#pace?.cancel();
        throw abortError(signal);
      }
      waitMs = this.#pauseMs();
    }
  }

  #pauseMs(): number {
    const leftMs = this.#pausedUntilMs - this.#clock.now();
    return leftMs <= 0 ? 0 : leftMs + this.#random() * this.#spreadMs;
  }

  async #send<T extends GovernedAnswer>(request: () => Promise<T>): Promise<T> {
    const epoch = this.#epoch;
    let charged = 0;
    try {
      const answer = await request();
      charged = answer.requestUnits;
      this.#requestUnits += charged;
      if (answer.throttledForMs === undefined) this.#succeeded();
      else this.#throttled({epoch, forMs: answer.throttledForMs});
      return answer;
    } finally {
      this.#pace?.settle(charged);
    }
  }

  #throttled({epoch, forMs}: {epoch: number; forMs: number}): void {
    this.#throttles += 1;
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, this.#clock.now() + Math.max(pauseMinMs, forMs));
    this.#spreadMs = Math.max(spreadMinMs, forMs);
    this.#successes = 0;
    if (epoch !== this.#epoch) return;
    this.#epoch += 1;
    this.#limit.concurrency = Math.max(1, Math.floor(this.width / 2));
  }

  #succeeded(): void {
    if (this.width >= this.#widthMax) return;
    this.#successes += 1;
    if (this.#successes < this.width * roundsPerStep) return;
    this.#successes = 0;
    this.#limit.concurrency = this.width + 1;
  }
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw abortError(signal);
}

/** The port promises an `AbortError`, whatever reason the signal carries. */
export function abortError(signal: AbortSignal): Error {
  const error = new Error('The operation was aborted.', {cause: signal.reason});
  error.name = 'AbortError';
  return error;
}
