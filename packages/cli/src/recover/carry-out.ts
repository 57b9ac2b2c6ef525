import type {RetentionMs} from '@weir/pipeline';
import {
  adoptJournal,
  beginAnew,
  watchForWriters,
  type Access,
  type StoppedPartition,
  type Trouble,
  type WayOutEnd,
} from '@weir/worker';
import type {WayOut} from './ways-out.ts';

/** Stands in the fence until a worker has the partition. */
const owner = 'weir recover';

/** Waits until it is certain that nobody writes the partition, then takes the way out. */
export async function carryOut(
  way: WayOut,
  {
    access: {ports},
    stopped,
    retentionMs,
    signal,
    report,
  }: {
    access: Access;
    stopped: StoppedPartition;
    retentionMs: RetentionMs;
    signal: AbortSignal;
    report: (trouble: Trouble) => void;
  },
): Promise<WayOutEnd> {
  if ((await watchForWriters({ports, inspection: stopped, signal, report})) === 'moving') {
    return {
      kind: 'moved',
      cause:
        'its journal or fence was written meanwhile, so a worker has it. Stop that worker, or look again',
    };
  }
  switch (way.kind) {
    case 'adopt journal':
      return adoptJournal({ports, stopped, owner, signal, report});
    case 'begin anew':
      return beginAnew({ports, stopped, plan: way.plan, retentionMs, owner, signal, report});
    case 'begin anew, but from where?':
    case 'no such event':
      throw new Error(`This is no way out: ${way.kind}.`);
  }
}
