import type {ParkedDelta} from '@weir/pipeline';

/** Refused for good means that somebody has to act; asking often is only noise. */
export const parkedRetryMs = 60_000;

/** When the parked deltas of the last commit are to be tried again. */
export class ParkedRetries {
  #deltas: readonly ParkedDelta[];
  #retryAtMs: number;

  /** @param deltas of a recovered journal: tried at once, because the reason may be gone */
  constructor(deltas: readonly ParkedDelta[]) {
    this.#deltas = deltas;
    this.#retryAtMs = -Infinity;
  }

  /** What the newest commit lists. */
  replace(deltas: readonly ParkedDelta[], nowMs: number): void {
    if (this.#deltas.length === 0) this.#retryAtMs = nowMs + parkedRetryMs;
    this.#deltas = deltas;
  }

  /** @returns what to try now, perhaps nothing */
  takeDue(nowMs: number): readonly ParkedDelta[] {
    if (this.#deltas.length === 0 || nowMs < this.#retryAtMs) return [];
    this.#retryAtMs = nowMs + parkedRetryMs;
    return this.#deltas;
  }
}
