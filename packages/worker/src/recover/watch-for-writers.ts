import {progressIntervalMs} from '../partition/settings.ts';
import type {InspectOptions, Inspection} from './inspect.ts';
import {readClaim} from './claim.ts';

/** A worker that has a partition rewrites its fence every 30 s at the latest, from wherever it reads its journal. */
export const watchForMs = progressIntervalMs + 5_000;
const watchEveryMs = 2_000;

/**
 * Whether somebody writes a partition's fence or journal. A worker that is stopped does not; one that goes on, perhaps
 * with other storage than this process looks at, does.
 * @throws {ClaimAbortedError} when the signal fires first
 */
export async function watchForWriters({
  ports,
  inspection: {partition, claim},
  signal,
  report,
}: Omit<InspectOptions, 'hubCreatedAt'> & {inspection: Inspection}): Promise<'quiet' | 'moving'> {
  const untilMs = ports.clock.now() + watchForMs;
  while (ports.clock.now() < untilMs) {
    await ports.clock.sleep(watchEveryMs, signal);
    const {fence, journal} = await readClaim({ports, partition, signal, report});
    if (fence?.etag !== claim.fence?.etag || journal?.etag !== claim.journal?.etag) return 'moving';
  }
  return 'quiet';
}
