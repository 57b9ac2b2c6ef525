import {charsOf, withEstimate, type CallTexts, type DecodedRecord, type EventRecord} from '@weir/pipeline';
import {callCharsMax, countCalls} from '@weir/worker';

/** Whether it tells what was said, so that its tokens may be estimated. */
export function hasTexts(record: DecodedRecord): record is EventRecord & {readonly texts: CallTexts} {
  return record.kind === 'event' && record.texts !== undefined;
}

/**
 * The records with the tokens of their texts counted as the worker counts them: unknown where the texts of a call are longer
 * than `callCharsMax` or its model's tokenizer is not published. A busy worker leaves more of them unknown. No text is in
 * them any more.
 */
export async function estimateTexts(records: readonly DecodedRecord[]): Promise<readonly DecodedRecord[]> {
  const estimated: DecodedRecord[] = [];
  for (const record of records) estimated.push(hasTexts(record) ? await estimate(record) : record);
  return estimated;
}

async function estimate(record: EventRecord & {readonly texts: CallTexts}): Promise<EventRecord> {
  const isTooLong = charsOf(record.texts) > callCharsMax;
  const [counts] = isTooLong ? [] : await countCalls([record.texts]);
  return withEstimate(record, counts);
}
