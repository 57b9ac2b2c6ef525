import {setTimeout as delay} from 'node:timers/promises';

const pollMs = 100;

/**
 * Waits until `probe` gives something, asking ten times a second.
 * @param within ms; past it the promise rejects with what `otherwise` tells about the state by then
 */
export async function eventually<T>(
  probe: () => T | undefined | Promise<T | undefined>,
  {within, otherwise}: {within: number; otherwise: () => string},
): Promise<T> {
  const untilMs = performance.now() + within;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (performance.now() >= untilMs) throw new Error(`Not within ${within} ms: ${otherwise()}`);
    await delay(pollMs);
  }
}

/** `condition` as a probe for {@link eventually}. */
export function once(condition: () => boolean): () => true | undefined {
  return () => (condition() ? true : undefined);
}
