import {
  BlobDeadLetterReader,
  BlobSettledLetters,
  hostOf,
  openBlobContainer,
  type StoredDeadLetter,
} from '@weir/azure';
import type {SettledLetter, SourcePartition} from '@weir/pipeline';
import {lazyIdentity, SettledLetters, storageConnection, type Config} from '@weir/worker';
import {hubConnection} from '../hub-access.ts';

/** Kept and sorted at a time; more are counted only. */
export const lettersMax = 10_000;

/** Where a record lies: `PARTITION/SEQUENCE`, or with its index among several records of one body. */
export interface Place {
  readonly partition: string;
  readonly sequenceNumber: number;
  readonly index?: number;
}

/** Which letters are meant; what is absent or undefined is not asked for. */
export interface LetterFilter {
  readonly which: 'open' | 'settled by a retry' | 'all';
  readonly partition?: string | undefined;
  readonly reason?: string | undefined;
  readonly fromSequence?: number | undefined;
  readonly places?: readonly Place[];
}

/** A letter, and how a retry settled it; absent while it is open. */
export interface FoundLetter extends StoredDeadLetter {
  readonly settled?: SettledLetter;
}

/** Letters in the order of partition, sequence number and index, and how many there are in all. */
export interface FoundLetters {
  readonly letters: readonly FoundLetter[];
  readonly count: number;
  /** Of those that the rest of the filter takes. */
  readonly settled: number;
}

/** @throws {StorageRefusedError} and {StorageUnreachableError}; {TooManySettledError} */
export async function findLetters(
  config: Config,
  {filter, signal}: {filter: LetterFilter; signal: AbortSignal},
): Promise<FoundLetters> {
  const container = openBlobContainer({
    ...storageConnection(config, lazyIdentity()),
    name: config.storage.container,
  });
  const source = sourceOf(config);
  const settled = await SettledLetters.read(new BlobSettledLetters(container), source, signal);
  const reader = new BlobDeadLetterReader(container);
  const letters: FoundLetter[] = [];
  let count = 0;
  let settledCount = 0;
  for await (const some of reader.letters(source, {partitionId: partitionOf(filter), signal})) {
    for (const letter of some) {
      if (!matches(letter, filter)) continue;
      const by = settled.of(letter);
      if (by !== undefined) settledCount += 1;
      if (filter.which !== 'all' && (filter.which === 'open') !== (by === undefined)) continue;
      count += 1;
      if (letters.length < lettersMax) letters.push({...letter, ...(by !== undefined && {settled: by})});
    }
  }
  letters.sort(byPlace);
  return {letters, count, settled: settledCount};
}

/** The workers' hub and consumer group, under which letters are stored. */
export function sourceOf(config: Config): Omit<SourcePartition, 'partitionId'> {
  const {hub, consumerGroup: group} = config.eventHubs;
  return {namespace: hostOf(hubConnection(config)), hub, group};
}

export function isAt(letter: StoredDeadLetter, {partition, sequenceNumber, index}: Place): boolean {
  return (
    letter.partitionId === partition &&
    letter.sequenceNumber === sequenceNumber &&
    (index === undefined || letter.index === index)
  );
}

/** The one that is meant, if only one is: the others need not be listed. */
function partitionOf({partition, places = []}: LetterFilter): string | undefined {
  const named = new Set(places.map((place) => place.partition));
  return partition ?? (named.size === 1 ? [...named][0] : undefined);
}

function matches(letter: StoredDeadLetter, {reason, fromSequence, places}: LetterFilter): boolean {
  return (
    (reason === undefined || letter.reason === reason) &&
    (fromSequence === undefined || letter.sequenceNumber >= fromSequence) &&
    (places === undefined || places.some((place) => isAt(letter, place)))
  );
}

function byPlace(a: FoundLetter, b: FoundLetter): number {
  return (
    a.partitionId.localeCompare(b.partitionId, 'en', {numeric: true}) ||
    a.sequenceNumber - b.sequenceNumber ||
    a.index - b.index ||
    a.n - b.n
  );
}
