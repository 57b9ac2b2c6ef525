/** What the emulator does instead of answering as it should. */
export type Fault =
  /** 429; `retryAfter` is the header's text: seconds or an HTTP date. */
  | {readonly kind: 'throttled'; readonly retryAfter?: string}
  /** 200 with half of the rows and a `PartialError`. */
  | {readonly kind: 'partial'}
  /** The right answer after `delayMs`, or 504 if the request's `Prefer: wait` ends before. */
  | {readonly kind: 'slow'; readonly delayMs: number}
  | {readonly kind: 'unavailable'; readonly status?: 500 | 502 | 503}
  /** 504 at once. */
  | {readonly kind: 'timedOut'}
  /** 200 with a body that breaks off in the middle. */
  | {readonly kind: 'garbled'}
  /** 403: a token without the role. */
  | {readonly kind: 'forbidden'}
  /** The connection is closed without an answer. */
  | {readonly kind: 'reset'};

/** How long a fault lasts: for so many queries, for so long, or whichever ends first; without either, until cleared. */
export interface FaultSpan {
  readonly requests?: number;
  readonly durationMs?: number;
}

/** Waiting faults; more than a test ever queues. */
export const faultsMax = 1000;

/** Faults in the order in which they were ordered; the first that still lasts decides. */
export class FaultPlan {
  /** Queries that met a fault so far. */
  taken = 0;
  #planned: {fault: Fault; requestsLeft: number; endsAtMs: number}[] = [];

  add(fault: Fault, {span, nowMs}: {span: FaultSpan; nowMs: number}): void {
    if (this.#planned.length >= faultsMax) throw new RangeError(`at most ${faultsMax} faults can wait`);
    const {requests = Number.POSITIVE_INFINITY, durationMs = Number.POSITIVE_INFINITY} = span;
    this.#planned.push({fault, requestsLeft: requests, endsAtMs: nowMs + durationMs});
  }

  clear(): void {
    this.#planned = [];
  }

  /** The fault of this query, counted as one of its requests. */
  take(nowMs: number): Fault | undefined {
    this.#planned = this.#planned.filter((each) => each.requestsLeft > 0 && each.endsAtMs > nowMs);
    const [first] = this.#planned;
    if (first === undefined) return undefined;
    first.requestsLeft -= 1;
    this.taken += 1;
    return first.fault;
  }
}
