/**
 * How far the local clock is ahead of the storage service's, learnt from the `Date` header of its answers.
 *
 * Ownership expires by Last-Modified, which the service's clock writes and the local clock would judge. Shifting
 * Last-Modified by this difference makes it a comparison of the service's clock with itself. Both headers have whole
 * seconds, so an age is off by up to 1 s; an expiry should be several.
 */
export class StorageClock {
  readonly #now: () => number;
  #aheadMs: number | undefined;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Takes in one `Date` header; a missing or unreadable one changes nothing. */
  observe(dateHeader: string | undefined): void {
    const storageMs = dateHeader === undefined ? Number.NaN : Date.parse(dateHeader);
    if (Number.isFinite(storageMs)) this.#aheadMs = this.#now() - storageMs;
  }

  /** Local now less the service's now, ms, as of the latest answer; 0 before the first. */
  aheadMs(): number {
    return this.#aheadMs ?? 0;
  }

  /** A time stamped by the service, as a time of the local clock. */
  toLocal(storageMs: number): number {
    return storageMs + this.aheadMs();
  }
}
