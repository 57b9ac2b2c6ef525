import type {DescribedEvent} from '@weir/pipeline';
import {wrapped} from '../recover/partition-text.ts';
import type {ToldBefore} from './told-counts.ts';

/** What is to be said of the tokens of a record beside their numbers and their source. */
export type TokensNote =
  | ToldBefore
  /** `weir inspect` has hidden what they would be estimated from. */
  | {readonly kind: 'texts masked'};

type Tokens = Pick<DescribedEvent, 'promptTokens' | 'completionTokens' | 'totalTokens' | 'tokenSource'>;

/** Numbers and source, and below them what makes the worker count otherwise. */
export function tokensLines(
  {promptTokens, completionTokens, totalTokens, tokenSource}: Tokens,
  {requestId, note, indent}: {requestId: string; note: TokensNote | undefined; indent: string},
): string[] {
  const text = note === undefined ? undefined : noteText(note, requestId);
  if (tokenSource === 'unknown') {
    return wrapped(note?.kind === 'texts masked' ? `tokens unknown: ${text}` : 'tokens unknown', indent);
  }
  const numbers = `tokens ${promptTokens ?? '?'} + ${completionTokens ?? '?'} = ${totalTokens ?? '?'}`;
  if (note?.kind === 'told before') {
    const whose = note.by.requestId === requestId ? 'event of it' : 'call';
    return [
      ...wrapped(`${numbers} (${tokenSource}; counted with an earlier ${whose})`, indent),
      ...wrapped(text ?? '', indent),
    ];
  }
  return [
    ...wrapped(`${numbers} (${tokenSource})`, indent),
    ...(text === undefined ? [] : wrapped(text, indent)),
    ...(tokenSource === 'estimated' ? wrapped('a busy worker may have left them unknown', indent) : []),
  ];
}

function noteText(note: TokensNote, requestId: string): string {
  switch (note.kind) {
    case 'told before': {
      const {sequenceNumber, requestId: other} = note.by;
      const whose = other === undefined || other === requestId ? '' : `, for ${other}`;
      return `event ${sequenceNumber} told them before${whose}: here they count as unknown`;
    }
    case 'perhaps told before':
      return `unless they are counted with an earlier call: not every event since ${iso(note.fromMs)} was looked at`;
    case 'texts masked':
      return 'its texts are masked here (weir inspect --show-content writes them)';
  }
}

/** As programs read it. */
export function noteJson(note: TokensNote): unknown {
  switch (note.kind) {
    case 'told before': {
      const {enqueuedTimeMs, ...by} = note.by;
      return {kind: note.kind, by: {...by, enqueuedTime: iso(enqueuedTimeMs)}};
    }
    case 'perhaps told before':
      return {kind: note.kind, from: iso(note.fromMs)};
    case 'texts masked':
      return note;
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
