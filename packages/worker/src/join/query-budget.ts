/** The service allows 200 queries per 30 s to one identity; dashboards and people need some of them. */
export const fleetQueriesPerWindow = 60;
const windowMs = 30_000;

/** Queries that this worker may send: its part of what the fleet allows itself, in any 30 s. */
export class QueryBudget {
  #sentMs: number[] = [];

  /**
   * @param nowMs by a clock that nobody sets: set forward it would let the next queries go too early, set back too late
   * @returns whether a query may be sent now; it is counted as sent then
   */
  take(nowMs: number, workers: number): boolean {
    this.#sentMs = this.#sentMs.filter((sentMs) => nowMs - sentMs < windowMs);
    if (this.#sentMs.length >= Math.max(1, Math.floor(fleetQueriesPerWindow / Math.max(1, workers))))
      return false;
    this.#sentMs.push(nowMs);
    return true;
  }
}
