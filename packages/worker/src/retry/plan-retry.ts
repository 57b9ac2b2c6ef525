import assert from 'node:assert/strict';
import type {AssignPolicy, Clock, DiagnosticsRow, DiagnosticsSource, GatewayEvent} from '@weir/pipeline';
import {askOnce, type Diagnosed} from './diagnostics-once.ts';
import {judgeLetter, left, type Counts, type Left, type Reread} from './judge-letter.ts';
import {guardLetter, type PartitionJournal, type PlacedLetter} from './letter-guard.ts';
import {letterKey, requestIdHashOf, type SettledLetters} from './settled-letters.ts';

/** What a retry does with one dead letter. */
export type Verdict =
  | {
      readonly kind: 'counts';
      readonly event: GatewayEvent;
      readonly eventTimeMs: number;
      /** Undefined: unmatched. */
      readonly row: DiagnosticsRow | undefined;
    }
  /** Another dead letter of the same request counts, or has counted. */
  | {readonly kind: 'repeat'; readonly event: GatewayEvent}
  | Left;

export interface Planned<T extends PlacedLetter> {
  readonly letter: T;
  readonly verdict: Verdict;
}

/**
 * One letter for each record, the one that can be counted where there are several: a record is set aside again when its
 * journal was begun anew or restored.
 */
export function onePerRecord<T extends PlacedLetter>(
  letters: readonly T[],
  journals: ReadonlyMap<string, PartitionJournal>,
): T[] {
  const byKey = new Map<string, T>();
  for (const letter of letters) {
    const key = letterKey(letter);
    const isGuarded = guardLetter(letter, journals.get(letter.partitionId)) !== undefined;
    if (!byKey.has(key) || !isGuarded) byKey.set(key, letter);
  }
  return [...byKey.values()];
}

/**
 * Decides what becomes of each letter, in their order. Of several of one request the first counts; those of requests
 * that an earlier retry has counted are repeats. What the workers have counted meanwhile is not known here.
 */
export async function planRetry<T extends PlacedLetter>(
  letters: readonly T[],
  {
    journals,
    reread,
    settled,
    policy,
    deadlineMs,
    ...asking
  }: {
    journals: ReadonlyMap<string, PartitionJournal>;
    /** By {@link letterKey}; of every letter that {@link guardLetter} lets through. */
    reread: ReadonlyMap<string, Reread>;
    settled: SettledLetters;
    policy: AssignPolicy;
    /** `join.deadline`: until then after its enqueued time diagnostics may come. */
    deadlineMs: number;
    diagnostics: DiagnosticsSource;
    clock: Clock;
    signal: AbortSignal;
  },
): Promise<Planned<T>[]> {
  const judged = letters.map((letter) => {
    const guarded = guardLetter(letter, journals.get(letter.partitionId));
    if (guarded !== undefined) return {letter, verdict: guarded};
    const read = reread.get(letterKey(letter));
    assert(read !== undefined, 'a letter that may count was read again');
    return {letter, verdict: judgeLetter(letter, read, policy)};
  });
  const wanted = judged.flatMap(({letter, verdict}) =>
    verdict.kind === 'counts' && verdict.event.requestId !== undefined
      ? [
          {
            requestId: verdict.event.requestId,
            ownTimeMs: verdict.event.eventTimeMs,
            enqueuedTimeMs: letter.enqueuedTimeMs,
          },
        ]
      : [],
  );
  const answers = await askOnce(wanted, asking);
  const counted = new Set<string>();
  return judged.map(({letter, verdict}) => {
    if (verdict.kind === 'left') return {letter, verdict};
    const hash = requestIdHashOf(verdict.event);
    if (hash !== undefined && (counted.has(hash) || settled.hasCounted(hash))) {
      return {letter, verdict: {kind: 'repeat', event: verdict.event}};
    }
    const {requestId} = verdict.event;
    const answer = requestId === undefined ? undefined : answers.get(requestId);
    const joined = joinLetter(verdict, {enqueuedTimeMs: letter.enqueuedTimeMs, deadlineMs, answer});
    if (joined.kind === 'counts' && hash !== undefined) counted.add(hash);
    return {letter, verdict: joined};
  });
}

/** @param options.answer undefined: it has no id, so no diagnostics will come */
function joinLetter(
  {event, eventTimeMs}: Counts,
  {
    enqueuedTimeMs,
    deadlineMs,
    answer,
  }: {enqueuedTimeMs: number; deadlineMs: number; answer: Diagnosed | undefined},
): Verdict {
  const untilMs = enqueuedTimeMs + deadlineMs;
  switch (answer?.kind) {
    case undefined:
      return {kind: 'counts', event, eventTimeMs, row: undefined};
    case 'row':
      return {kind: 'counts', event, eventTimeMs, row: answer.row};
    case 'none':
      return answer.askedMs > untilMs
        ? {kind: 'counts', event, eventTimeMs, row: undefined}
        : left('diagnostics may come', `diagnostics may come until ${new Date(untilMs).toISOString()}`);
    case 'could not ask':
      return left('could not ask', `Log Analytics could not be asked (${answer.cause.replace(/\.$/, '')})`);
  }
}
