import {setImmediate} from 'node:timers/promises';
import {withEstimate, type CallTexts, type DecodedRecord, type EventRecord} from '@weir/pipeline';
import {countCalls} from './count-calls.ts';

/** Whether it tells what was said, so that its tokens may be estimated. */
export function hasTexts(record: DecodedRecord): record is EventRecord & {readonly texts: CallTexts} {
  return record.kind === 'event' && record.texts !== undefined;
}

/**
 * The records with the tokens of their texts counted here and now, for a command that shows what a worker makes of them:
 * unknown where {@link countCalls} does not count. A busy worker leaves more of them unknown. No text is in them any more.
 */
export async function estimateRecords(records: readonly DecodedRecord[]): Promise<readonly DecodedRecord[]> {
  const estimated: DecodedRecord[] = [];
  for (const record of records) estimated.push(hasTexts(record) ? await estimate(record) : record);
  return estimated;
}

async function estimate(record: EventRecord & {readonly texts: CallTexts}): Promise<EventRecord> {
  const [counts] = await countCalls([record.texts]);
  // Counting never waits by itself: signals and connections are served in between.
  await setImmediate();
  return withEstimate(record, counts);
}
