import {DecodedAhead, type DecodedRecord} from '@weir/pipeline';
import {countCalls} from './count-calls.ts';

/**
 * The records of one body with their tokens estimated where they tell what was said, here and now: for a command that shows
 * what a worker makes of an event. No text is in them any more.
 */
export async function estimateRecords(records: readonly DecodedRecord[]): Promise<readonly DecodedRecord[]> {
  const ahead = new DecodedAhead();
  ahead.add(0, records, () => true);
  if (ahead.texts.length > 0) ahead.takeCounts(await countCalls(ahead.texts));
  return ahead.take(0) ?? records;
}
