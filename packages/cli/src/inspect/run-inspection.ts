import {HubQuestions, HubReader, type ReadFrom} from '@weir/azure';
import type {PartitionFacts} from '@weir/pipeline';
import type {Config} from '@weir/worker';
import {hubConnection, partitionsOf} from '../hub-access.ts';
import {openOutput, type OutputTarget} from './event-output.ts';
import {EventSelection, type WantedEvents} from './event-selection.ts';
import {ProgressLine} from './progress.ts';
import {readPartition, type PartitionEnd} from './read-partition.ts';
import {Tally} from './tally.ts';

export interface InspectRequest extends WantedEvents {
  /** Undefined: all of the hub. */
  readonly partition: string | undefined;
  readonly from: ReadFrom;
  /** Exclusive, in enqueued time. */
  readonly untilMs: number | undefined;
  /** Events written, over all partitions. */
  readonly countMax: number | undefined;
  /** For which events are waited for, ms; undefined: until the end as it is at the start. */
  readonly forMs: number | undefined;
  readonly out: OutputTarget;
}

export type InspectOutcome =
  | 'done'
  /** By a signal; what was written is whole. */
  | 'interrupted';

/**
 * Writes the wanted events out.
 * @param interrupted fires when somebody wants it to stop
 * @param tell takes a line for a person
 * @throws {ConfigurationError} and {OutputError}; the hub's errors
 */
export async function runInspection(
  request: InspectRequest,
  config: Config,
  {interrupted, tell}: {interrupted: AbortSignal; tell: (line: string) => void},
): Promise<InspectOutcome> {
  const connection = hubConnection(config);
  const {facts} = await partitionsOf(connection, {...request, signal: interrupted});
  for (const [partition, of] of facts) {
    const warning = expiredText(request.from, {partition, facts: of});
    if (warning !== undefined) tell(warning);
  }
  const reader = new HubReader({connection, partitions: facts.size});
  const output = await openOutput(request.out);
  const tally = new Tally({facts, ...request});
  const progress = new ProgressLine(() => tally.state());
  const time = request.forMs === undefined ? [] : [AbortSignal.timeout(request.forMs)];
  const over = new AbortController();
  const signal = AbortSignal.any([interrupted, output.closed, over.signal, ...time]);
  const isFollowing = request.forMs !== undefined || (request.untilMs ?? 0) > Date.now();
  const end: PartitionEnd = {untilMs: request.untilMs, log: isFollowing ? 'never' : 'now'};
  const questions = new HubQuestions(connection);
  try {
    const events = new EventSelection(request, config);
    const readAll = [...facts].map(async ([partition, of]) => {
      const ask = () => questions.partitionFacts(partition, signal);
      const plan = {partition, from: request.from, facts: of, end, ask};
      for await (const batch of readPartition(reader, plan, signal)) {
        const texts: string[] = [];
        for (const event of batch) {
          if (tally.isFull) break;
          const judged = events.judge(partition, event);
          const text = judged instanceof Promise ? await judged : judged;
          texts.push(...tally.admit([event], () => text));
        }
        tally.passed(partition, batch);
        await output.write(texts);
        if (tally.isFull) over.abort();
      }
      tally.ended(partition);
    });
    // One that fails ends the others, and its error is told once they have ended.
    const ended = await Promise.allSettled(
      readAll.map((one) => one.catch((error) => abortWith(over, error))),
    );
    for (const one of ended) if (one.status === 'rejected' && !interrupted.aborted) throw one.reason;
  } finally {
    progress.close();
    await reader.close();
    await output.close();
  }
  tell(tally.summary(request.out.path));
  return interrupted.aborted ? 'interrupted' : 'done';
}

function abortWith(controller: AbortController, error: unknown): never {
  controller.abort();
  throw error;
}

function expiredText(
  from: ReadFrom,
  {partition, facts}: {partition: string; facts: PartitionFacts},
): string | undefined {
  if (from.kind !== 'sequence') return undefined;
  const {beginningSequenceNumber, lastEnqueuedSequenceNumber, isEmpty} = facts;
  if (from.sequenceNumber > lastEnqueuedSequenceNumber) {
    return `Partition ${partition} has no event ${from.sequenceNumber}: its last one was ${lastEnqueuedSequenceNumber}.`;
  }
  if (isEmpty)
    return `Event ${from.sequenceNumber} of partition ${partition} has expired, and no other is left.`;
  if (from.sequenceNumber >= beginningSequenceNumber) return undefined;
  return `Event ${from.sequenceNumber} of partition ${partition} has expired; the oldest that is left is ${beginningSequenceNumber}.`;
}
