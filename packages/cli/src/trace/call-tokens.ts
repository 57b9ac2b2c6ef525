import {withoutTokens, type CallTexts, type Decoder, type ReceivedEvent} from '@weir/pipeline';
import {estimateRecords, hasTexts} from '@weir/worker';
import type {FoundEvent} from './find-call.ts';
import type {TokensNote} from './tokens-note.ts';

/** Records that are decoded stand in place of a body, so that each event is decoded once. */
export const decoded: Decoder = {decode: (body) => body as FoundEvent['records']};

/** The event with the tokens of its texts estimated; masked texts tell none. No text is in it any more. */
export async function withEstimates(event: FoundEvent): Promise<FoundEvent> {
  const notes = new Map<number, TokensNote>(event.notes);
  const records = event.records.map((record, index) => {
    if (!hasTexts(record) || !isMasked(record.texts)) return record;
    notes.set(index, {kind: 'texts masked'});
    const {texts: _, ...rest} = record;
    return rest;
  });
  return {...event, records: await estimateRecords(records), notes};
}

/** The event as a partition reads it: token counts that another event has told before are unknown. */
export function asReceived({records, notes, ...place}: FoundEvent): ReceivedEvent & {partition: string} {
  const body = records.map((record, index) => {
    if (record.kind !== 'event' || record.tokensOf === undefined) return record;
    // It is judged here; the pipeline sees too few events to do it.
    const {tokensOf: _, ...judged} = record;
    return notes.get(index)?.kind === 'told before' ? withoutTokens(judged) : judged;
  });
  return {...place, body};
}

/** What `weir inspect` writes in place of texts, once or several times over. */
const masks = /^(?:\[masked: \d+ \w+\]\s*)+$/;

function isMasked({prompt, completion}: CallTexts): boolean {
  const prompts = typeof prompt === 'object' ? prompt.map(({text}) => text) : [prompt];
  return [...prompts, completion].some((text) => text !== undefined && masks.test(text));
}
