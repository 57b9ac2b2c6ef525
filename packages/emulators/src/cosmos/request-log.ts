import type {CosmosOperation} from './target.ts';

/** The oldest entries go first. */
const entriesMax = 10_000;

export interface LoggedRequest {
  readonly atMs: number;
  /** Undefined for a request that could not be read that far. */
  readonly operation: CosmosOperation | undefined;
  readonly container: string | undefined;
  /** Empty where none is named; the ids of a batch joined by commas. */
  readonly id: string;
  /** What was done; 0 for a connection reset before anything was. */
  readonly status: number;
  readonly requestUnits: number;
  readonly delivery: 'answered' | 'lost';
}

/** What was asked and answered, for assertions. */
export class RequestLog {
  #entries: LoggedRequest[] = [];

  add(entry: LoggedRequest): void {
    this.#entries.push(entry);
    // Cut in large steps, so that a full log does not move all entries at each request.
    if (this.#entries.length > 2 * entriesMax) this.#entries = this.#entries.slice(-entriesMax);
  }

  get entries(): readonly LoggedRequest[] {
    return this.#entries.slice(-entriesMax);
  }

  clear(): void {
    this.#entries = [];
  }
}
