import {gunzipSync} from 'node:zlib';
import {BlobServiceClient} from '@azure/storage-blob';

/** What a dead letters blob says of one record, and of which partition. */
export interface StoredDeadLetter {
  readonly partitionId: string;
  readonly sequenceNumber: number;
  readonly index: number;
  readonly offset: string;
  readonly enqueuedTimeMs: number;
  readonly reason: string;
  readonly layer: string;
  readonly detail?: string;
}

/** The blobs of a container whose names begin so, journals unpacked. */
export async function readBlobs(
  connectionString: string,
  {container = 'weir', prefix}: {container?: string; prefix: string},
): Promise<ReadonlyMap<string, string>> {
  const client = BlobServiceClient.fromConnectionString(connectionString).getContainerClient(container);
  const blobs = new Map<string, string>();
  for await (const {name} of client.listBlobsFlat({prefix})) {
    const bytes = await client.getBlobClient(name).downloadToBuffer();
    blobs.set(name, (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString());
  }
  return blobs;
}

/** All dead letters, in the order of partition and sequence number. */
export async function readDeadLetters(connectionString: string): Promise<StoredDeadLetter[]> {
  const letters: StoredDeadLetter[] = [];
  for (const [name, text] of await readBlobs(connectionString, {prefix: 'dead-letters/'})) {
    // dead-letters/<namespace>/<hub>/<group>/<partition>/<lineage>/<n>
    const partitionId = name.split('/').at(-3)!;
    for (const line of text.trimEnd().split('\n')) {
      letters.push({partitionId, ...(JSON.parse(line) as Omit<StoredDeadLetter, 'partitionId'>)});
    }
  }
  return letters.sort(
    (a, b) =>
      Number(a.partitionId) - Number(b.partitionId) ||
      a.sequenceNumber - b.sequenceNumber ||
      a.index - b.index,
  );
}
