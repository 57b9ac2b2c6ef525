import type {Config} from './config/config.ts';
import {decoderOf} from './config/decoding.ts';
import {sweepAfterDefaultMs} from './config/join.ts';
import type {WorkerSettings} from './worker.ts';

/**
 * What the worker's core needs of a configuration.
 * @param owner names this worker in the progress documents
 * @param texts whether decoded events tell what was said in their calls; only where an estimator takes it away again
 */
export function workerSettings(
  config: Config,
  owner: string,
  texts: 'ignored' | 'kept' = 'ignored',
): WorkerSettings {
  const {join, assign} = config;
  return {
    partition: {
      views: config.views,
      assign: {earlyMaxMs: assign.earlyMaxMs, lateMaxMs: assign.lateMaxMs, beyond: assign.policy},
      mergeWaitMs: join.mergeWaitMs,
      refreshMs: config.refreshMs,
      retentionMs: config.retentionMs,
      decoder: decoderOf(config, texts),
      commitBytesMax: config.commit.bytesMax,
      parkedDocumentsMax: config.parked.documentsMax,
      waitingMax: join.waitingMax,
      ownershipIntervalMs: config.ownership.intervalMs,
      owner,
      startsAtTime: typeof config.source.startPosition === 'object',
    },
    dedupe: config.dedupe,
    lookup: {
      feedIntervalMs: join.feedIntervalMs,
      settleMs: join.settleMs,
      sweepAfterMs: join.sweepAfterMs,
      sweepAfterDefaultMs,
      sweepIntervalMs: join.sweepIntervalMs,
      deadlineMs: join.deadlineMs,
      waitMaxMs: join.waitMaxMs,
      rowsAheadMax: join.rowsAheadMax,
      concurrency: config.lookup.concurrency,
    },
    flushIntervalMs: config.flush.intervalMs,
  };
}
