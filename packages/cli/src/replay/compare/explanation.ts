import {parseStateApplied, StateAppliedError, type AggregateDelta, type Measures} from '@weir/pipeline';
import type {FieldDifference} from './differences.ts';

/** Who has counted in a document, by its `stateApplied`, beside the journals of the replay's source. */
export interface CountedBy {
  /** Another hub, namespace or consumer group. */
  readonly isOthers: boolean;
  /** Partitions that it knows under several lineages: their journals were begun anew. */
  readonly begunAnew: readonly string[];
}

/** @param sourceKey the part of the keys that names the source of the replay */
export function countedBy(document: Readonly<Record<string, unknown>>, sourceKey: string): CountedBy {
  const lineages = new Map<string, number>();
  let isOthers = false;
  for (const key of appliedKeys(document)) {
    const [source, partitionId = ''] = key.split('/');
    if (source === sourceKey) lineages.set(partitionId, (lineages.get(partitionId) ?? 0) + 1);
    else isOthers = true;
  }
  return {isOthers, begunAnew: [...lineages].filter(([, count]) => count > 1).map(([id]) => id)};
}

/** Of a document whose memory cannot be read, none. */
export function appliedKeys(document: Readonly<Record<string, unknown>>): readonly string[] {
  try {
    return [...parseStateApplied(document['stateApplied']).keys()];
  } catch (error) {
    if (error instanceof StateAppliedError) return [];
    throw error;
  }
}

const tokenFields = /^(?:prompt|completion|total|cached|reasoning)Tokens$|^requestsTokens/;
const latencyFields = /^duration|^stateSketch$/;

/**
 * What a difference most likely comes from. Only asked where no journal owes the document anything, so what is said is
 * about counts that the worker has finished.
 */
export function explain(
  differences: readonly FieldDifference[],
  {
    document,
    should: {measures},
    by,
  }: {document: Readonly<Record<string, unknown>>; should: AggregateDelta; by: CountedBy},
): string {
  const fields = new Set(differences.map(({field}) => field));
  const counted = (field: keyof Measures): number => Number(document[field]) - measures[field];
  const parts = ['succeeded', 'throttled', 'failed'].reduce((sum, part) => sum + Number(document[part]), 0);
  if (Number(document['requests']) !== parts) {
    return 'Its requests are not the sum of succeeded, throttled and failed, which no version writes: it was changed by hand.';
  }
  if (counted('requests') < 0) return fewer(-counted('requests'), by);
  if (counted('requests') > 0) return more(counted('requests'), by);
  if (fields.has('matched') || fields.has('unmatched')) {
    const late = -counted('matched');
    return late > 0
      ? `The same requests, but the replay finds diagnostics of ${number(late)} more: they came after the worker’s deadline, or while it could not ask.`
      : `The same requests, but the replay finds diagnostics of ${number(-late)} fewer: Log Analytics no longer has their rows, or the replay asks another place.`;
  }
  if ([...fields].every((field) => tokenFields.test(field))) {
    return 'The same requests with other tokens: the worker read them with other shapes or other estimates.';
  }
  if ([...fields].every((field) => latencyFields.test(field) && !isCount(field))) {
    return 'The counts agree, and what is computed from them does not: it was changed by hand, or written by another version.';
  }
  if ([...fields].every((field) => latencyFields.test(field))) {
    return 'The same requests with other service times: several rows tell of one request, and the worker saw others of them.';
  }
  return 'The same requests with other contents: it was changed by hand, or counted with another configuration.';
}

function fewer(count: number, by: CountedBy): string {
  const begun = begunAnewText(by);
  const cause =
    begun === undefined
      ? 'it was changed by hand or restored from an older copy, or they are counted in another document, because their diagnostics or the configuration were others'
      : `${begun}, which may have left them out`;
  return `${requests(count)} fewer than the events of the window, and no journal owes it any: ${cause}.`;
}

function more(count: number, by: CountedBy): string {
  const begun = begunAnewText(by);
  const cause = by.isOthers
    ? 'another hub, consumer group or deployment counts in this document, too'
    : begun === undefined
      ? 'repeats that came behind the dedupe horizon or on another partition, events that are no longer there to be replayed, or a change by hand'
      : `${begun}, and what was read again counts twice`;
  return `${requests(count)} more than the events of the window: ${cause}.`;
}

/** Undefined where none was. */
function begunAnewText({begunAnew}: CountedBy): string | undefined {
  if (begunAnew.length === 0) return undefined;
  const [first, ...others] = begunAnew;
  return others.length === 0
    ? `the journal of partition ${first} was begun anew`
    : `the journals of partitions ${begunAnew.join(', ')} were begun anew`;
}

export function explainMissing(): string {
  return 'Cosmos DB does not have it, and no journal owes it: it was deleted, or its events are counted in another document, because their diagnostics or the configuration were others.';
}

export function explainUnexpected(by: CountedBy): string {
  if (by.isOthers)
    return 'Another hub, consumer group or deployment has counted in it; the replay has no event for it.';
  return 'The replay has no event for it: its events are counted in another document, because their diagnostics or the configuration were others, or they are no longer there to be replayed.';
}

export function explainUnreadable(why: string): string {
  return `It cannot be read (${why}): another version wrote it, or it was changed by hand. A worker parks what it would add.`;
}

function isCount(field: string): boolean {
  return field === 'durationCount' || field === 'durationMsSum' || field.startsWith('durationLe');
}

function requests(count: number): string {
  return `${number(count)} ${count === 1 ? 'request' : 'requests'}`;
}

function number(count: number): string {
  return count.toLocaleString('en-US');
}
