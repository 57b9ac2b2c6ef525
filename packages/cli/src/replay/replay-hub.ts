import type {EventHubsConnection} from '@weir/azure';
import type {PartitionFacts} from '@weir/pipeline';
import {readHub} from '../sources/hub-events.ts';
import {AskedRows, type AskRows} from './asked-rows.ts';
import type {ReadProgress} from './read-progress.ts';
import type {TimeRange} from './replay-plan.ts';
import type {ReplayedPart, Replayer} from './replayer.ts';
import type {ReadSpan} from './replayed-window.ts';

export interface HubReplay {
  readonly connection: EventHubsConnection;
  readonly facts: ReadonlyMap<string, PartitionFacts>;
  readonly enqueued: TimeRange;
  readonly replayer: Replayer;
  readonly ask: AskRows;
  /** By the service's clock. */
  readonly serviceNowMs: () => number;
  readonly progress: ReadProgress;
  /** Takes a line for a person. */
  readonly tell: (line: string) => void;
}

/** Replays what the hub holds of the range, all partitions side by side. @throws the hub's errors, and {ReplayError} */
export async function replayHub(
  {connection, facts, enqueued, replayer, ask, serviceNowMs, progress, tell}: HubReplay,
  signal: AbortSignal,
): Promise<ReplayedPart> {
  const {join} = replayer;
  const asked = new AskedRows({join, waiting: () => replayer.waiting, ask, serviceNowMs});
  const done = new Map<string, number>();
  const beganMs = Date.now();
  await readHub(
    connection,
    {
      facts,
      ...enqueued,
      async take(partition, batch) {
        const last = batch.at(-1);
        if (last === undefined) return;
        await replayer.read(partition, batch);
        done.set(partition, partDone(last.enqueuedTimeMs, facts.get(partition)!, enqueued));
        progress.passed({
          events: batch.length,
          at: {partition, sequenceNumber: last.sequenceNumber},
          done: [...done.values()].reduce((sum, part) => sum + part, 0) / facts.size,
        });
        await asked.keepUp();
      },
    },
    signal,
  );
  // Younger halves may still get the other one, which was not read.
  replayer.end(Math.min(enqueued.untilMs, beganMs));
  await asked.finish();
  const part = replayer.result();
  for (const line of expiredLines(facts, part.read, enqueued)) tell(line);
  return {...part, read: new Map([...part.read, ...endedBefore(facts, part.read, enqueued)])};
}

/** What was enqueued before the first event that is left of a partition may have been of the window. */
function* expiredLines(
  facts: ReadonlyMap<string, PartitionFacts>,
  read: ReadonlyMap<string, ReadSpan>,
  {fromMs}: TimeRange,
): Generator<string> {
  for (const [id, {first}] of read) {
    const beginsAt = facts.get(id)?.beginningSequenceNumber ?? 0;
    if (beginsAt === 0 || first.sequenceNumber > beginsAt || first.enqueuedTimeMs <= fromMs) continue;
    const begins = new Date(first.enqueuedTimeMs).toISOString();
    yield `Of partition ${id} all events before ${begins} have expired: windows until then may lack some.`;
  }
}

/** Partitions whose last event was enqueued before the range: there is nothing to read, and all of it was. */
function* endedBefore(
  facts: ReadonlyMap<string, PartitionFacts>,
  read: ReadonlyMap<string, ReadSpan>,
  {fromMs}: TimeRange,
): Generator<[string, ReadSpan]> {
  for (const [id, {lastEnqueuedSequenceNumber, lastEnqueuedOffset, lastEnqueuedTimeMs, isEmpty}] of facts) {
    if (read.has(id) || (!isEmpty && lastEnqueuedTimeMs >= fromMs)) continue;
    const last = {
      sequenceNumber: lastEnqueuedSequenceNumber,
      offset: lastEnqueuedOffset,
      enqueuedTimeMs: lastEnqueuedTimeMs,
    };
    yield [id, {first: last, last}];
  }
}

function partDone(enqueuedMs: number, {lastEnqueuedTimeMs}: PartitionFacts, range: TimeRange): number {
  const endMs = Math.min(range.untilMs, lastEnqueuedTimeMs);
  return endMs <= range.fromMs ? 1 : Math.min(1, (enqueuedMs - range.fromMs) / (endMs - range.fromMs));
}
