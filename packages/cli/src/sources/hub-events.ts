import {HubReader, type EventHubsConnection, type HubEvent} from '@weir/azure';
import type {PartitionFacts} from '@weir/pipeline';
import {partitionsOf} from '../hub-access.ts';
import {readPartition} from '../inspect/read-partition.ts';
import type {EventSource} from './event-source.ts';

/** The hub, in enqueued time `[fromMs, untilMs)`, all partitions at once. */
export function hubEvents(
  connection: EventHubsConnection,
  {fromMs, untilMs, partition}: {fromMs: number; untilMs: number; partition: string | undefined},
): EventSource {
  const [from, until] = [fromMs, untilMs].map((ms) => new Date(ms).toISOString());
  return {
    name: `the events enqueued between ${from} and ${until}`,
    window: {fromMs, untilMs},
    async read(take, signal) {
      const {facts} = await partitionsOf(connection, {partition, signal});
      const takeBatch = async (id: string, batch: readonly HubEvent[]): Promise<void> => {
        for (const event of batch) take({...event, partition: id});
      };
      await readHub(connection, {facts, fromMs, untilMs, take: takeBatch}, signal);
    },
  };
}

/**
 * Reads partitions of a hub side by side, each up to its end as it is now, or up to `untilMs`. A partition is read on once
 * `take` has resolved; bodies are valid until then.
 * @throws what `HubReader.batches` and `take` throw
 */
export async function readHub(
  connection: EventHubsConnection,
  {
    facts,
    fromMs,
    untilMs,
    take,
  }: {
    facts: ReadonlyMap<string, PartitionFacts>;
    /** Enqueued time, ms: inclusive. */
    fromMs: number;
    /** Exclusive. */
    untilMs: number;
    take: (partition: string, batch: readonly HubEvent[]) => Promise<void>;
  },
  signal: AbortSignal,
): Promise<void> {
  const reader = new HubReader({connection, partitions: facts.size});
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const readOne = async (id: string): Promise<void> => {
    const plan = {
      partition: id,
      from: {kind: 'time', enqueuedFromMs: fromMs},
      facts: facts.get(id)!,
      end: {untilMs, log: 'now'},
      ask: async () => (await partitionsOf(connection, {partition: id, signal})).facts.get(id)!,
    } as const;
    try {
      for await (const batch of readPartition(reader, plan, either)) await take(id, batch);
    } catch (error) {
      failed.abort();
      throw error;
    }
  };
  try {
    const ended = await Promise.allSettled([...facts.keys()].map(readOne));
    for (const one of ended) if (one.status === 'rejected') throw one.reason;
    signal.throwIfAborted();
  } finally {
    await reader.close();
  }
}
