import {HubReader, type EventHubsConnection, type HubEvent, type StoredDeadLetter} from '@weir/azure';
import type {DecodedRecord, Decoder, PartitionFacts} from '@weir/pipeline';
import {estimateRecords, letterKey, type Reread} from '@weir/worker';
import {partitionsOf} from '../hub-access.ts';
import {readPartition} from '../inspect/read-partition.ts';

/** Events that are rather read over than skipped by a new link, which takes as long as some thousands of events. */
const readOverMax = 5_000;

/** Called when an event has been looked for, whether it was there or not. */
type OnLooked = () => void;

/**
 * Reads the events of dead letters again, and decodes their records as the configuration says now. Only looks: it takes
 * no partition away from a worker.
 * @returns one for each letter, by its key
 * @throws what `HubReader.batches` throws
 */
export async function rereadLetters(
  letters: readonly StoredDeadLetter[],
  {
    connection,
    decoder,
    signal,
    onLooked,
  }: {connection: EventHubsConnection; decoder: Decoder; signal: AbortSignal; onLooked: OnLooked},
): Promise<ReadonlyMap<string, Reread>> {
  if (letters.length === 0) return new Map();
  const {facts} = await partitionsOf(connection, {partition: undefined, signal});
  const byPartition = [...Map.groupBy(letters, ({partitionId}) => partitionId)];
  const reader = new HubReader({connection, partitions: byPartition.length});
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const all = new Map<string, Reread>();
  const readOne = async ([partition, own]: readonly [string, readonly StoredDeadLetter[]]): Promise<void> => {
    const reading = new LetterReading(own, {decoder, facts: facts.get(partition), onLooked});
    const ask = async (): Promise<PartitionFacts> =>
      (await partitionsOf(connection, {partition, signal: either})).facts.get(partition)!;
    try {
      await reading.run(reader, {partition, ask, signal: either});
    } catch (error) {
      failed.abort();
      throw error;
    }
    for (const [key, reread] of reading.found) all.set(key, reread);
  };
  try {
    const ended = await Promise.allSettled(byPartition.map(readOne));
    for (const one of ended) if (one.status === 'rejected') throw one.reason;
    signal.throwIfAborted();
    return all;
  } finally {
    await reader.close();
  }
}

/** Looks for the events of one partition's letters, in their order. */
class LetterReading {
  readonly found = new Map<string, Reread>();
  readonly #letters: ReadonlyMap<number, readonly StoredDeadLetter[]>;
  /** Sequence numbers still to be looked for, in order. */
  readonly #wanted: number[];
  readonly #facts: PartitionFacts | undefined;
  readonly #decoder: Decoder;
  readonly #onLooked: OnLooked;

  constructor(
    letters: readonly StoredDeadLetter[],
    {decoder, facts, onLooked}: {decoder: Decoder; facts: PartitionFacts | undefined; onLooked: OnLooked},
  ) {
    this.#letters = Map.groupBy(letters, ({sequenceNumber}) => sequenceNumber);
    this.#wanted = [...this.#letters.keys()].toSorted((a, b) => a - b);
    this.#decoder = decoder;
    this.#facts = facts;
    this.#onLooked = onLooked;
  }

  async run(
    reader: HubReader,
    {partition, ask, signal}: {partition: string; ask: () => Promise<PartitionFacts>; signal: AbortSignal},
  ): Promise<void> {
    const facts = this.#dropUnreadable();
    for (let first = this.#wanted[0]; first !== undefined; first = this.#wanted[0]) {
      const from = {kind: 'sequence', sequenceNumber: first} as const;
      const plan = {partition, from, facts, end: {untilMs: undefined, log: 'now'}, ask} as const;
      for await (const batch of readPartition(reader, plan, signal)) {
        for (const event of batch) await this.#take(event);
        const [next] = this.#wanted;
        const last = batch.at(-1)?.sequenceNumber;
        if (next === undefined || (last !== undefined && next - last > readOverMax)) break;
      }
      signal.throwIfAborted();
      // The reading came to the end of the partition without it, so it is there no longer.
      if (this.#wanted[0] === first) this.#settle(first, {kind: 'expired'});
    }
  }

  /** Those that the hub does not have, by what it says of itself. */
  #dropUnreadable(): PartitionFacts {
    const facts = this.#facts;
    const isUnknown = (n: number): boolean => facts === undefined || n > facts.lastEnqueuedSequenceNumber;
    const isExpired = (n: number): boolean =>
      facts !== undefined && (facts.isEmpty || n < facts.beginningSequenceNumber);
    for (const n of this.#wanted.filter(isUnknown)) this.#settle(n, {kind: 'another event'});
    for (const n of this.#wanted.filter(isExpired)) this.#settle(n, {kind: 'expired'});
    return facts ?? noFacts;
  }

  async #take(event: HubEvent): Promise<void> {
    for (let next = this.#wanted[0]; next !== undefined && next < event.sequenceNumber;) {
      this.#settle(next, {kind: 'expired'});
      next = this.#wanted[0];
    }
    if (this.#wanted[0] !== event.sequenceNumber) return;
    const records = this.#decoder.decode(event.body, event.enqueuedTimeMs);
    for (const letter of this.#letters.get(event.sequenceNumber)!) {
      const isSame = letter.enqueuedTimeMs === event.enqueuedTimeMs;
      this.found.set(
        letterKey(letter),
        isSame ? {kind: 'record', record: await estimated(records[letter.index])} : {kind: 'another event'},
      );
    }
    this.#wanted.shift();
    this.#onLooked();
  }

  #settle(sequenceNumber: number, reread: Reread): void {
    for (const letter of this.#letters.get(sequenceNumber)!) this.found.set(letterKey(letter), reread);
    this.#wanted.splice(this.#wanted.indexOf(sequenceNumber), 1);
    this.#onLooked();
  }
}

const noFacts: PartitionFacts = {
  beginningSequenceNumber: 0,
  lastEnqueuedSequenceNumber: -1,
  lastEnqueuedOffset: '',
  lastEnqueuedTimeMs: 0,
  isEmpty: true,
};

/** Nobody waits for a fold here, so the tokens of texts are counted on the spot. */
async function estimated(record: DecodedRecord | undefined): Promise<DecodedRecord | undefined> {
  return record && (await estimateRecords([record]))[0];
}
