import type {Clock} from '@weir/pipeline';

/** A clock for tests: time passes only in `advance`. */
export class VirtualClock implements Clock {
  #nowMs = 0;
  readonly #sleepers = new Set<{wakeAtMs: number; wake: () => void}>();

  now(): number {
    return this.#nowMs;
  }

  elapsed(): number {
    return this.#nowMs;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return;
    await new Promise<void>((resolve) => {
      const sleeper = {
        wakeAtMs: this.#nowMs + ms,
        wake: () => {
          this.#sleepers.delete(sleeper);
          signal?.removeEventListener('abort', sleeper.wake);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', sleeper.wake, {once: true});
    });
  }

  /** Wakes every sleeper that is due, in order of time, letting each do its work before time goes on. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await settle();
    for (;;) {
      const due = [...this.#sleepers].filter(({wakeAtMs}) => wakeAtMs <= untilMs);
      const next = due.sort((a, b) => a.wakeAtMs - b.wakeAtMs)[0];
      if (next === undefined) break;
      this.#nowMs = Math.max(this.#nowMs, next.wakeAtMs);
      next.wake();
      await settle();
    }
    this.#nowMs = untilMs;
  }
}

/** Until all promises that can go on have gone on. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
