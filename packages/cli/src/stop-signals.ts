import {exitCodes} from './exit.ts';

/** How a person or the platform asked to stop. */
export type StopSignal = 'SIGINT' | 'SIGTERM';

/**
 * Resolves at the first SIGINT or SIGTERM; both drain. A second one stops at once, for whoever cannot wait.
 */
export function stopSignal(): Promise<StopSignal> {
  return new Promise((resolve) => {
    let isStopping = false;
    const heed = (signal: StopSignal): void => {
      if (isStopping) process.exit(exitCodes.interrupted);
      isStopping = true;
      resolve(signal);
    };
    process.on('SIGINT', heed);
    process.on('SIGTERM', heed);
  });
}
