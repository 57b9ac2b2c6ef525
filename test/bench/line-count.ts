import {createReadStream} from 'node:fs';
import {stat} from 'node:fs/promises';
import {setTimeout as delay} from 'node:timers/promises';

const pollMs = 50;
const reachWithinMs = 240_000;

/** Counts the lines of a file that grows. */
export class LineCount {
  count = 0;
  readonly #path: string;
  #position = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Waits until so many lines are there. */
  async reach(count: number): Promise<void> {
    for (const until = performance.now() + reachWithinMs; this.count < count; await delay(pollMs)) {
      if (performance.now() > until) throw new Error(`Only ${this.count} of ${count} events were written.`);
      await this.#readOn();
    }
  }

  async #readOn(): Promise<void> {
    const size = await stat(this.#path).then(
      (stats) => stats.size,
      () => 0, // not made yet
    );
    if (size <= this.#position) return;
    const stream = createReadStream(this.#path, {start: this.#position, end: size - 1});
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) this.count += 1;
    }
    this.#position = size;
  }
}
