/**
 * Ids settled a while ago, so that a further row for one is counted as late and not kept for an event that has been.
 * Two generations of a plain set: an id is remembered for one to two horizons, or until `idsMax` newer ones have come.
 */
export class SettledIds {
  readonly #horizonMs: number;
  readonly #generationMax: number;
  #current = new Set<string>();
  #former = new Set<string>();
  #sinceMs: number | undefined;

  constructor({horizonMs, idsMax}: {horizonMs: number; idsMax: number}) {
    this.#horizonMs = horizonMs;
    this.#generationMax = Math.max(1, Math.floor(idsMax / 2));
  }

  add(id: string, nowMs: number): void {
    this.#sinceMs ??= nowMs;
    if (this.#current.size >= this.#generationMax || nowMs - this.#sinceMs >= this.#horizonMs) {
      this.#former = this.#current;
      this.#current = new Set();
      this.#sinceMs = nowMs;
    }
    this.#current.add(id);
  }

  has(id: string): boolean {
    return this.#current.has(id) || this.#former.has(id);
  }
}
