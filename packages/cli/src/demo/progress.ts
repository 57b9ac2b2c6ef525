import {setTimeout as delay} from 'node:timers/promises';
import type {Worker} from '@weir/worker';
import {number} from '../count-text.ts';
import {clearLine} from '../terminal.ts';

const pollMs = 250;
/** Where nobody watches a line change, one line for each of these. */
const lineEveryMs = 3_000;

/** Shows on stderr how far the worker is, and knows when all input is settled. */
export class DemoProgress {
  readonly #worker: Worker;
  readonly #expected: number;
  readonly #startedMs = Date.now();
  #lineMs = 0;
  #isClosed = false;

  constructor(worker: Worker, expected: number) {
    this.#worker = worker;
    this.#expected = expected;
  }

  /** Everything read, joined or given up, committed, and written to Cosmos DB. */
  async untilSettled(): Promise<void> {
    while (!this.#isClosed && !this.#isSettled()) {
      this.#show();
      await delay(pollMs);
    }
    this.#lineMs = 0;
    this.#show();
    if (process.stderr.isTTY) process.stderr.write('\n');
  }

  close(): void {
    this.#isClosed = true;
  }

  #isSettled(): boolean {
    const worker = this.#worker;
    return (
      worker.eventsReceived >= this.#expected &&
      worker.join.waiting === 0 &&
      worker.writer.documentsPending === 0 &&
      [...worker.sessions].every((session) => session.isSettled)
    );
  }

  #show(): void {
    const {join, eventsReceived} = this.#worker;
    const seconds = Math.round((Date.now() - this.#startedMs) / 1000);
    const unmatched = join.counts.neverCame + join.counts.couldNotAsk;
    const line = `${String(seconds).padStart(3)} s  read ${number(eventsReceived)}/${number(this.#expected)}  matched ${number(join.counts.matched)}  waiting ${number(join.waiting)}  unmatched ${number(unmatched)}`;
    if (process.stderr.isTTY) process.stderr.write(`${clearLine}${line}`);
    else if (Date.now() - this.#lineMs >= lineEveryMs) {
      this.#lineMs = Date.now();
      process.stderr.write(`${line}\n`);
    }
  }
}
