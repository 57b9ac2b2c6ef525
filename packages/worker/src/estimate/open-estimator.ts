import {systemClock} from '../clock.ts';
import type {Config} from '../config/config.ts';
import type {Metrics} from '../metrics.ts';
import type {ReportTrouble} from '../trouble.ts';
import {ThreadedEstimator} from './threaded-estimator.ts';

/**
 * The estimator of a worker with this configuration, undefined where tokens are not estimated. Its threads start here and
 * load nothing yet: a worker whose gateways tell their counts never pays for a tokenizer.
 */
export function openEstimator(
  {tokens}: Pick<Config, 'tokens'>,
  {metrics, report}: {metrics: Metrics; report: ReportTrouble},
): ThreadedEstimator | undefined {
  if (!tokens.estimate) return undefined;
  return new ThreadedEstimator({
    clock: systemClock,
    random: Math.random,
    threads: tokens.estimateThreads,
    waitMs: tokens.estimateWaitMs,
    queueBytesMax: tokens.estimateQueueBytesMax,
    report,
    onOutcome: (outcome, calls) => metrics.tokenEstimates.inc(outcome, calls),
  });
}
