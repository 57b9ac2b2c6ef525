import {EventHubProducerClient} from '@azure/event-hubs';
import type {SampleRecord} from './sample.ts';

/** Publishes records to their partitions in order, through the real SDK. @returns how many */
export async function publish({
  connectionString,
  hub,
  records,
}: {
  connectionString: string;
  hub: string;
  records: readonly SampleRecord[];
}): Promise<number> {
  const producer = new EventHubProducerClient(connectionString, hub);
  try {
    const byPartition = Map.groupBy(records, ({partitionId}) => partitionId);
    for (const [partitionId, own] of byPartition) {
      let batch = await producer.createBatch({partitionId});
      for (const {body} of own) {
        if (batch.tryAdd({body})) continue;
        await producer.sendBatch(batch);
        batch = await producer.createBatch({partitionId});
        if (!batch.tryAdd({body})) throw new Error('A record of the sample is larger than the hub takes.');
      }
      await producer.sendBatch(batch);
    }
    return records.length;
  } finally {
    await producer.close();
  }
}
