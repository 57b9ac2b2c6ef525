import type {ContainerClient} from '@azure/storage-blob';
import type {DeadLetter, SourcePartition} from '@weir/pipeline';
import {readLineBlobs, valueOfLine, type LineBlob} from './blob-dead-letter-lines.ts';
import {deadLettersPrefix} from './blob-names.ts';

/** One dead letter, and the commit that wrote it. */
export interface StoredDeadLetter extends DeadLetter {
  readonly partitionId: string;
  readonly lineage: string;
  readonly n: number;
}

/** Reads what `BlobDeadLetterStore` wrote, and changes nothing. */
export class BlobDeadLetterReader {
  readonly #container: ContainerClient;

  constructor(container: ContainerClient) {
    this.#container = container;
  }

  /**
   * The dead letters of one partition or of all, blob by blob, so that memory does not grow with them. Blobs come in the
   * order of their names, which is not that of their numbers.
   * @throws StorageRefusedError, StorageUnreachableError
   */
  async *letters(
    source: Omit<SourcePartition, 'partitionId'>,
    {partitionId, signal}: {partitionId: string | undefined; signal: AbortSignal},
  ): AsyncGenerator<readonly StoredDeadLetter[], void, undefined> {
    const prefix = deadLettersPrefix(source, partitionId);
    for await (const blob of readLineBlobs(this.#container, {prefix, signal})) yield lettersIn(blob);
  }
}

/** Of a blob whose name is not one of ours, nothing. */
function lettersIn({name, lines}: LineBlob): StoredDeadLetter[] {
  const [n, lineage, partitionId] = name.split('/').toReversed();
  if (lineage === undefined || partitionId === undefined) return [];
  return lines.map((line) => ({
    ...(valueOfLine(line, name) as DeadLetter),
    partitionId,
    lineage,
    n: Number(n),
  }));
}
