import {StallError, type SourceTrouble} from '@weir/azure';
import {describeError} from './log.ts';
import type {Metrics} from './metrics.ts';
import type {ReportTrouble, Trouble} from './trouble.ts';

/** Tells the source's troubles in words, and counts the restarts among them. */
export class SourceTroubles {
  readonly #report: ReportTrouble;
  readonly #metrics: Metrics;

  constructor({report, metrics}: {report: ReportTrouble; metrics: Metrics}) {
    this.#report = report;
    this.#metrics = metrics;
  }

  heed({kind, partitionId, error}: SourceTrouble): void {
    const cause = describeError(error);
    if (error instanceof StallError) this.#metrics.receiverRestarts.inc(restartReasons[error.reason]);
    if (kind === 'link') this.#metrics.receiverRestarts.inc('link lost');
    this.#report({
      ...this.#words(kind, partitionId, cause),
      ...(isOfStorage(error) && {layer: 'Blob storage'}),
      kind: `source ${kind}`,
      ...(partitionId !== '' && {partitionId}),
    });
  }

  #words(
    kind: SourceTrouble['kind'],
    partitionId: string,
    cause: string,
  ): Pick<Trouble, 'layer' | 'message'> {
    const partition = partitionId === '' ? 'A partition' : `Partition ${partitionId}`;
    switch (kind) {
      case 'claim':
        return {
          layer: 'worker',
          message: `${partition} could not be claimed (${cause}). The worker tries again in its next round.`,
        };
      case 'round':
        return {
          layer: 'Event Hubs',
          message: `A round of load balancing failed (${cause}). Partitions that are owned are still read; the worker tries again in its next round.`,
        };
      case 'link':
        return {
          layer: 'Event Hubs',
          message: `The link of partition ${partitionId} failed (${cause}). The worker reads on from its own position on a new link.`,
        };
      case 'position':
        return {
          layer: 'Event Hubs',
          message: `Event Hubs refused the position of partition ${partitionId} (${cause}). The hub was made again, or the journal is of another hub; run "weir recover --partition ${partitionId}".`,
        };
      case 'release':
        return {
          layer: 'Blob storage',
          message: `The ownership of partition ${partitionId} could not be released (${cause}). It lapses by itself.`,
        };
      case 'repeat':
        return {
          layer: 'Event Hubs',
          message: `${partition} delivered events twice on one link (${cause}). The worker drops the repeats.`,
        };
      case 'stalled':
        return {
          layer: 'Event Hubs',
          message: `${partition} was silent while events wait (${cause}). The worker restarts the receiver.`,
        };
      case 'watch':
        return {
          layer: 'Event Hubs',
          message: `The watchdog could not ask the hub about partition ${partitionId} (${cause}). It asks again later.`,
        };
      case 'close':
        return {
          layer: 'Event Hubs',
          message: `A connection could not be closed cleanly (${cause}). It ends with its idle timeout.`,
        };
      case 'credit':
        return {
          layer: 'worker',
          message: `The link credit of partition ${partitionId} is not bounded (${cause}). The worker does not read it without a bound; another version of @azure/event-hubs may be installed.`,
        };
      case 'consumer':
        return {
          layer: 'worker',
          message: `${partition} could not be started (${cause}). The worker claims it again.`,
        };
    }
  }
}

const restartReasons = {silent: 'silent', behind: 'behind', noRounds: 'other'} as const;

/** Load balancing keeps ownership in blobs: its errors carry the storage client's name wherever they surface. */
function isOfStorage(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth += 1) {
    if (at.name === 'RestError' || /\bblobs?\b/.test(at.message)) return true;
  }
  return false;
}
