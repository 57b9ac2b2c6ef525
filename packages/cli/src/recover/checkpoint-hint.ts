import type {BlobContainer} from '@weir/azure';
import type {SourcePartition} from '@weir/pipeline';

const answerWithinMs = 10_000;

/**
 * The sequence number of the SDK's checkpoint: an event behind which reading could once be resumed. Undefined where
 * there is none, or where it has none.
 */
export async function readCheckpointHint(
  {client}: BlobContainer,
  {namespace, hub, group, partitionId}: SourcePartition,
): Promise<number | undefined> {
  // The SDK's own layout, which tools read as well.
  const name = `${namespace}/${hub}/${group}/checkpoint/${partitionId}`.toLowerCase();
  try {
    const {metadata} = await client
      .getBlobClient(name)
      .getProperties({abortSignal: AbortSignal.timeout(answerWithinMs)});
    const text = metadata?.['sequencenumber'] ?? '';
    return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  } catch (error) {
    if (error instanceof Error && 'statusCode' in error && error.statusCode === 404) return undefined;
    throw error;
  }
}
