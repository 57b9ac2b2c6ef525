/** Reads the CPU time of this process, user and system, all threads, from one moment on. */
export class Meter {
  readonly #start = process.cpuUsage();
  readonly #startMs = performance.now();

  /** Whole µs since the start. */
  get cpuMicros(): number {
    const {user, system} = process.cpuUsage(this.#start);
    return user + system;
  }

  get elapsedMs(): number {
    return performance.now() - this.#startMs;
  }
}

/** The largest resident set of this process so far, bytes. */
export function peakRssBytes(): number {
  return process.resourceUsage().maxRSS * 1024;
}

/** Resolves once the condition holds. Looks rarely: the looking counts as well. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
}
const lookEveryMs = 20;
