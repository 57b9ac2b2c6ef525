import {clearLine} from '../terminal.ts';

/** How far an inspection is, as far as that can be told. */
export interface Position {
  readonly partition: string;
  readonly sequenceNumber: number;
}

export interface ProgressState {
  readonly read: number;
  readonly written: number;
  readonly at: Position | undefined;
  /** 0 to 1; undefined while nothing is known of the end. */
  readonly done: number | undefined;
}

const paintEveryMs = 500;
const columnsMin = 40;
/** The rate is of so many paintings: ten seconds. */
const rateSamples = 20;

/** A line on standard error that is painted over, only on a terminal. */
export class ProgressLine {
  readonly #state: () => ProgressState;
  readonly #terminal: NodeJS.WriteStream | undefined;
  readonly #startedMs: number;
  readonly #samples: {readonly atMs: number; readonly read: number}[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(state: () => ProgressState, {terminal = process.stderr}: {terminal?: NodeJS.WriteStream} = {}) {
    this.#state = state;
    this.#terminal = terminal.isTTY ? terminal : undefined;
    this.#startedMs = Date.now();
    if (this.#terminal === undefined) return;
    this.#timer = setInterval(() => this.#paint(), paintEveryMs);
    // A second Ctrl-C, which waits for nothing.
    process.once('exit', this.#clear);
  }

  /** Takes the line away. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    process.off('exit', this.#clear);
    this.#clear();
  }

  readonly #clear = (): void => void this.#terminal?.write(clearLine);

  #paint(): void {
    const nowMs = Date.now();
    const state = this.#state();
    this.#samples.push({atMs: nowMs, read: state.read});
    if (this.#samples.length > rateSamples) this.#samples.shift();
    const first = this.#samples[0]!;
    const since = nowMs - first.atMs;
    const rate =
      since > 0
        ? ((state.read - first.read) * 1000) / since
        : (state.read * 1000) / (nowMs - this.#startedMs);
    const columns = Math.max(columnsMin, this.#terminal?.columns ?? 80);
    const line = progressText(state, {eventsPerSecond: rate, elapsedMs: nowMs - this.#startedMs});
    this.#terminal?.write(`${clearLine}${line.slice(0, columns - 1)}`);
  }
}

/** `1,234,567 read (40 written), 45,000 events/s, 62 %, 12 s left, p 11 at 137530194`: fits 80 columns. */
export function progressText(
  {read, written, at, done}: ProgressState,
  {eventsPerSecond, elapsedMs}: {eventsPerSecond: number; elapsedMs: number},
): string {
  const count = (n: number): string => Math.round(n).toLocaleString('en-US');
  const kept = written === read ? '' : ` (${count(written)} written)`;
  const parts = [`${count(read)} read${kept}`, `${count(eventsPerSecond)} events/s`];
  if (done !== undefined && done > 0) {
    const leftMs = (elapsedMs / done) * (1 - done);
    parts.push(`${Math.floor(done * 100)} %`, `${duration(leftMs)} left`);
  }
  if (at !== undefined) parts.push(`p ${at.partition} at ${at.sequenceNumber}`);
  return parts.join(', ');
}

function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.ceil(minutes / 60)} h`;
}
