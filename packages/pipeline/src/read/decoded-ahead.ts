import assert from 'node:assert/strict';
import {withEstimate} from '../decode/call-texts-estimate.ts';
import type {CallTexts, DecodedRecord, TextCounts} from '../decode/gateway-event.ts';

/**
 * UTF-16 units of text that are counted at a time: what one thread counts in a quarter of `tokens.estimateWait`, as on a busy
 * machine it does 0.3 million a second of Japanese, the slowest that was measured, 0.5 of Russian and 11 of English. A batch
 * with more of it is read in several steps.
 */
export const aheadCharsMax = 16_384;
/** Calls whose texts are counted at a time. */
export const aheadCallsMax = 1_000;

/**
 * Records of a batch that were decoded ahead of their turn, because what was said in some of them is to be counted first.
 * Records enter in order, with their texts; these leave with {@link takeCounts}, and each event's records at their turn.
 */
export class DecodedAhead {
  readonly #records = new Map<number, readonly DecodedRecord[]>();
  #toCount: {sequenceNumber: number; index: number; texts: CallTexts}[] = [];
  #chars = 0;

  get isFull(): boolean {
    return this.#chars >= aheadCharsMax || this.#toCount.length >= aheadCallsMax;
  }

  /** What is to be counted, in the order in which {@link takeCounts} takes the counts. */
  get texts(): readonly CallTexts[] {
    return this.#toCount.map(({texts}) => texts);
  }

  /** @param isWanted whether the record at this index is estimated; the texts of any other are dropped */
  add(sequenceNumber: number, records: readonly DecodedRecord[], isWanted: (index: number) => boolean): void {
    const kept = records.map((record, index) => {
      if (record.kind !== 'event' || record.texts === undefined) return record;
      if (!isWanted(index)) return withEstimate(record, undefined);
      this.#toCount.push({sequenceNumber, index, texts: record.texts});
      this.#chars += charsOf(record.texts);
      return record;
    });
    this.#records.set(sequenceNumber, kept);
  }

  /** Puts the counts into the records, which have no texts any more then. What is undefined or not there was not counted. */
  takeCounts(counts: readonly (TextCounts | undefined)[]): void {
    for (const [nth, {sequenceNumber, index}] of this.#toCount.entries()) {
      const records = this.#records.get(sequenceNumber)!;
      const record = records[index];
      assert(record?.kind === 'event', 'only events have texts');
      this.#records.set(sequenceNumber, records.with(index, withEstimate(record, counts[nth])));
    }
    this.#toCount = [];
    this.#chars = 0;
  }

  /** The records of an event whose turn it is; undefined where it was not decoded ahead. */
  take(sequenceNumber: number): readonly DecodedRecord[] | undefined {
    const records = this.#records.get(sequenceNumber);
    this.#records.delete(sequenceNumber);
    return records;
  }

  has(sequenceNumber: number): boolean {
    return this.#records.has(sequenceNumber);
  }
}

/** UTF-16 units of all that was said in a call. */
export function charsOf({prompt, completion}: CallTexts): number {
  let chars = completion?.length ?? 0;
  if (typeof prompt === 'string') return chars + prompt.length;
  for (const {text, name} of prompt ?? []) chars += text.length + (name?.length ?? 0);
  return chars;
}
