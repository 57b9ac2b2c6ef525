import {BlobDeadLetterReader, hostOf, openBlobContainer, type StoredDeadLetter} from '@weir/azure';
import {lazyIdentity, storageConnection, type Config} from '@weir/worker';
import {hubConnection} from '../hub-access.ts';

/** Kept and sorted at a time; more are counted only. */
export const lettersMax = 10_000;

export interface LetterFilter {
  readonly partition: string | undefined;
  /** Undefined: any. */
  readonly reason: string | undefined;
  readonly sequenceNumber?: number;
  readonly index?: number;
}

/** Letters in the order of partition, sequence number and index, and how many there are in all. */
export interface FoundLetters {
  readonly letters: readonly StoredDeadLetter[];
  readonly count: number;
}

/** @throws {StorageRefusedError} and {StorageUnreachableError} */
export async function findLetters(
  config: Config,
  {filter, signal}: {filter: LetterFilter; signal: AbortSignal},
): Promise<FoundLetters> {
  const container = openBlobContainer({
    ...storageConnection(config, lazyIdentity()),
    name: config.storage.container,
  });
  const {hub, consumerGroup: group} = config.eventHubs;
  const source = {namespace: hostOf(hubConnection(config)), hub, group};
  const reader = new BlobDeadLetterReader(container);
  const letters: StoredDeadLetter[] = [];
  let count = 0;
  for await (const some of reader.letters(source, {partitionId: filter.partition, signal})) {
    for (const letter of some) {
      if (!matches(letter, filter)) continue;
      count += 1;
      if (letters.length < lettersMax) letters.push(letter);
    }
  }
  letters.sort(
    (a, b) =>
      a.partitionId.localeCompare(b.partitionId, 'en', {numeric: true}) ||
      a.sequenceNumber - b.sequenceNumber ||
      a.index - b.index ||
      a.n - b.n,
  );
  return {letters, count};
}

function matches(letter: StoredDeadLetter, {reason, sequenceNumber, index}: LetterFilter): boolean {
  return (
    (reason === undefined || letter.reason === reason) &&
    (sequenceNumber === undefined || letter.sequenceNumber === sequenceNumber) &&
    (index === undefined || letter.index === index)
  );
}
