/** How much one document tells about the next: some ten of them turn the estimate. */
const weight = 0.1;

/**
 * Whether a document that is touched for the first time is likely not there yet. A lone worker in its steady state makes
 * nearly all of them, so reading first would be a request for nothing; after a restart, or beside other workers, most
 * exist, and a refused create would be. Begins with reading.
 */
export class NewShare {
  #share = 0;

  get isLikely(): boolean {
    return this.#share > 0.5;
  }

  learn(wasNew: boolean): void {
    this.#share += (Number(wasNew) - this.#share) * weight;
  }
}
