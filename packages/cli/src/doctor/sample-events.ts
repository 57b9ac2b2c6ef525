import {
  HubReader,
  PartitionOwnedError,
  type EventHubsConnection,
  type HubEvent,
  type ReadFrom,
} from '@weir/azure';
import type {PartitionFacts} from '@weir/pipeline';
import {readPartition} from '../inspect/read-partition.ts';

/** What some partitions hold, and how fast it comes. */
export interface Sample {
  /** The latest events of each partition that was read. */
  readonly latest: ReadonlyMap<string, readonly HubEvent[]>;
  /** Enqueued time of the first event of some partitions, by partition. */
  readonly oldestMs: ReadonlyMap<string, number>;
  /** Over all partitions, from those that were read. */
  readonly eventsPerSecond: number;
  /** Mean body, bytes; 0 without events. */
  readonly eventBytes: number;
  /** A worker owns them in the consumer group, so that nobody else may read there. */
  readonly owned: readonly string[];
}

/** Over all partitions. */
export const sampleEventsMax = 500;
/** Partitions looked at, those with the latest events; a link each. */
const partitionsMax = 32;
/** Of these the first event is read too, and the one of some minutes ago. */
const measuredMax = 4;
/** What "the last minutes" are for the rate. */
export const rateOverMs = 5 * 60_000;

/**
 * Reads without an owner level, like `weir inspect`: it takes nothing from a worker, and where a worker owns a partition
 * Event Hubs refuses it.
 * @throws EventHubsRefusedError, EventHubsUnreachableError, LinkCreditError
 */
export async function sampleEvents(
  connection: EventHubsConnection,
  {
    partitions,
    nowMs,
    signal,
  }: {partitions: ReadonlyMap<string, PartitionFacts>; nowMs: number; signal: AbortSignal},
): Promise<Sample> {
  const notEmpty = [...partitions].filter(([, {isEmpty}]) => !isEmpty);
  const filled = notEmpty
    .toSorted(([, a], [, b]) => b.lastEnqueuedTimeMs - a.lastEnqueuedTimeMs)
    .slice(0, partitionsMax);
  const reader = new HubReader({connection, partitions: Math.max(1, filled.length)});
  const parts = await readParts(filled, {reader, nowMs, signal});
  const read = parts.flatMap((part) => (part === 'owned' ? [] : [part]));
  const owned = filled.map(([partition]) => partition).filter((_, index) => parts[index] === 'owned');
  const measured = read.flatMap(({recent}) => recent ?? []);
  const bodies = read.flatMap(({latest}) => latest.map(({body}) => sizeOf(body)));
  const perPartition = measured.reduce((sum, count) => sum + count, 0) / Math.max(1, measured.length);
  return {
    latest: new Map(read.map(({partition, latest}) => [partition, latest])),
    oldestMs: new Map(
      read.flatMap(({partition, oldestMs}) => (oldestMs === undefined ? [] : [[partition, oldestMs]])),
    ),
    eventsPerSecond: (perPartition * notEmpty.length * 1000) / rateOverMs,
    eventBytes: bodies.reduce((sum, bytes) => sum + bytes, 0) / Math.max(1, bodies.length),
    owned,
  };
}

/** Closes the reader. */
async function readParts(
  filled: readonly (readonly [string, PartitionFacts])[],
  {reader, nowMs, signal}: {reader: HubReader; nowMs: number; signal: AbortSignal},
): Promise<(Part | 'owned')[]> {
  const latestMax = Math.ceil(sampleEventsMax / Math.max(1, filled.length));
  try {
    return await Promise.all(
      filled.map(([partition, facts], index) =>
        readPart(new PartitionReading(reader, {partition, facts, signal}), {
          latestMax,
          rateFromMs: nowMs - rateOverMs,
          measure: index < measuredMax ? 'measured' : 'latest only',
        }),
      ),
    );
  } finally {
    await reader.close();
  }
}

interface Part {
  readonly partition: string;
  readonly latest: readonly HubEvent[];
  readonly oldestMs: number | undefined;
  /** Events of the last `rateOverMs`; undefined where it was not measured. */
  readonly recent: number | undefined;
}

async function readPart(
  reading: PartitionReading,
  {
    latestMax,
    rateFromMs,
    measure,
  }: {latestMax: number; rateFromMs: number; measure: 'measured' | 'latest only'},
): Promise<Part | 'owned'> {
  const {partition, facts} = reading;
  const {beginningSequenceNumber: first, lastEnqueuedSequenceNumber: last} = facts;
  try {
    const from = Math.max(first, last - latestMax + 1);
    const latest = await reading.events({kind: 'sequence', sequenceNumber: from}, latestMax);
    if (measure === 'latest only') return {partition, latest, oldestMs: undefined, recent: undefined};
    const [oldest] = from === first ? latest : await reading.events({kind: 'earliest'}, 1);
    const isQuiet = facts.lastEnqueuedTimeMs < rateFromMs;
    const [since] = isQuiet ? [] : await reading.events({kind: 'time', enqueuedFromMs: rateFromMs}, 1);
    return {
      partition,
      latest,
      oldestMs: oldest?.enqueuedTimeMs,
      recent: since === undefined ? 0 : last - since.sequenceNumber + 1,
    };
  } catch (error) {
    if (error instanceof PartitionOwnedError) return 'owned';
    throw error;
  }
}

class PartitionReading {
  readonly partition: string;
  readonly facts: PartitionFacts;
  readonly #reader: HubReader;
  readonly #signal: AbortSignal;

  constructor(
    reader: HubReader,
    {partition, facts, signal}: {partition: string; facts: PartitionFacts; signal: AbortSignal},
  ) {
    this.#reader = reader;
    this.#signal = signal;
    this.partition = partition;
    this.facts = facts;
  }

  /** At most `max` events from there, of those that were there at the look; bodies are copied. */
  async events(from: ReadFrom, max: number): Promise<HubEvent[]> {
    const {partition, facts} = this;
    const end = {untilMs: undefined, log: 'now'} as const;
    // Silence for ten seconds is no answer here either: the check's own time is up by then.
    const plan = {partition, from, facts, end, ask: async () => facts};
    const events: HubEvent[] = [];
    for await (const batch of readPartition(this.#reader, plan, this.#signal)) {
      events.push(...batch.slice(0, max - events.length).map(copied));
      if (events.length >= max) break;
    }
    return events;
  }
}

function copied(event: HubEvent): HubEvent {
  return event.body instanceof Uint8Array ? {...event, body: Buffer.from(event.body)} : event;
}

function sizeOf(body: unknown): number {
  return body instanceof Uint8Array ? body.byteLength : 0;
}
