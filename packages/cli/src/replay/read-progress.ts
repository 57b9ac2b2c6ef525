import type {Position, ProgressState} from '../inspect/progress.ts';

/** How far a replay is. */
export class ReadProgress {
  #read = 0;
  #done: number | undefined;
  #at: Position | undefined;

  get read(): number {
    return this.#read;
  }

  /** @param done 0 to 1 */
  passed({events, done, at}: {events?: number; done?: number; at?: Position}): void {
    this.#read += events ?? 0;
    this.#done = done ?? this.#done;
    this.#at = at ?? this.#at;
  }

  state(): ProgressState {
    return {read: this.#read, written: this.#read, at: this.#at, done: this.#done};
  }
}
