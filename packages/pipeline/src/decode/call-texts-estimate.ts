import {unknownDimension} from './dimension.ts';
import type {CallTexts, EventRecord, GatewayEvent, TextCounts} from './gateway-event.ts';

const firstErrorStatus = 400;

/**
 * Whether an event's texts can say how many tokens its call used: both sides of it, or the only one that an embedding has.
 * A part of a call tells one side, the other comes with another part. What failed without counts used none that are known.
 */
export function mayBeEstimated(record: EventRecord): record is EventRecord & {readonly texts: CallTexts} {
  const {texts, event, part} = record;
  if (texts === undefined || event.tokenSource !== 'unknown' || isFailed(event)) return false;
  if (part !== undefined) return part.kind !== 'error';
  return texts.prompt !== undefined && (texts.completion !== undefined || isEmbedding(texts.model));
}

/**
 * The record with what its texts were counted to, and without the texts. A part keeps its counts for the merging; the tokens
 * of a whole call stay unknown unless every side of it was counted.
 * @param counts undefined: not counted, for whatever reason
 */
export function withEstimate({texts, ...record}: EventRecord, counts: TextCounts | undefined): EventRecord {
  if (counts === undefined || texts === undefined) return record;
  if (record.part !== undefined) return {...record, counted: counts};
  const completion = texts.completion === undefined ? 0 : counts.completion;
  return {...record, event: {...record.event, ...estimatedTokens({prompt: counts.prompt, completion})}};
}

/** What the parts of one call were counted to, each side by the first part that tells it. None where the call failed. */
export function mergedEstimate(
  parts: readonly EventRecord[],
  merged: Pick<GatewayEvent, 'status'>,
): EstimatedTokens | undefined {
  if (isFailed(merged) || parts.some(({part}) => part?.kind === 'error')) return undefined;
  return estimatedTokens({
    prompt: parts.find(({counted}) => counted?.prompt !== undefined)?.counted?.prompt,
    completion: parts.find(({counted}) => counted?.completion !== undefined)?.counted?.completion,
  });
}

type EstimatedTokens = Pick<
  GatewayEvent,
  'promptTokens' | 'completionTokens' | 'totalTokens' | 'tokenSource'
>;

function estimatedTokens({prompt, completion}: TextCounts): EstimatedTokens | undefined {
  if (prompt === undefined || completion === undefined) return undefined;
  return {
    promptTokens: prompt,
    completionTokens: completion,
    totalTokens: prompt + completion,
    tokenSource: 'estimated',
  };
}

function isFailed({status}: Pick<GatewayEvent, 'status'>): boolean {
  return status !== undefined && status >= firstErrorStatus;
}

/** Embeddings have no completion. Where nobody named the model its name cannot tell. */
function isEmbedding(model: string): boolean {
  return model !== unknownDimension && /embedding|\bada-002\b/i.test(model);
}
