/**
 * One incarnation of a worker's process. After a crash nothing that it waits for ever returns; while it is paused,
 * answers and timers reach it only at the end of the pause. What its calls did to the services stays.
 */
export class SimulatedProcess {
  readonly name: string;
  /** Local clock less true time, ms. */
  clockOffsetMs: number;
  isCrashed = false;
  pausedUntilMs = 0;
  /** When the claim of each partition that it reads, or read last, was begun. */
  readonly claimedMs = new Map<string, number>();
  /** Node keeps a combined signal alive while it has a listener, so those of a dead process have to go. */
  readonly #listening = new Set<() => void>();

  constructor(name: string, clockOffsetMs: number) {
    this.name = name;
    this.clockOffsetMs = clockOffsetMs;
  }

  /** @returns how to stop listening */
  onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
    if (signal === undefined) return () => {};
    const stop = (): void => {
      signal.removeEventListener('abort', onAbort);
      this.#listening.delete(stop);
    };
    const onAbort = (): void => {
      stop();
      if (!this.isCrashed) listener();
    };
    signal.addEventListener('abort', onAbort);
    this.#listening.add(stop);
    return stop;
  }

  /** Memory goes: nothing that it waited for reaches it any more. */
  crash(): void {
    this.isCrashed = true;
    for (const stop of this.#listening) stop();
  }
}

/** A time in which a process does nothing; true time, ms. */
export interface Pause {
  readonly process: SimulatedProcess;
  readonly fromMs: number;
  readonly untilMs: number;
}
