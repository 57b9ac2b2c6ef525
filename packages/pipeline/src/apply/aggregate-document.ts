import {addDelta, emptyDelta, type AggregateDelta} from '../fold/aggregate-delta.ts';
import type {DocumentTarget} from '../fold/document-target.ts';
import {additiveFields, extremeFields, type Measures} from '../fold/measures.ts';
import {QuantileSketch} from '../fold/quantile-sketch.ts';
import type {StoredDocument} from '../ports.ts';
import {dimensions, grainMs, type Grain} from '../windows/view.ts';
import {formatStateApplied, parseStateApplied, type StateApplied} from './state-applied.ts';

/** A document of a newer version may hold what this one would lose. */
export const documentSchemaVersion = 1;

/** What one commit adds to a document. */
export interface Contribution {
  /** See `stateAppliedKey`. */
  readonly source: string;
  readonly n: number;
  readonly delta: AggregateDelta;
}

/** The document exists, but adding to it could give a wrong number. */
export class UnreadableDocumentError extends Error {
  readonly code = 'UNREADABLE_DOCUMENT';
}

/** The part of an aggregate document that merging needs, read from the stored form. */
export interface AggregateState {
  readonly sum: AggregateDelta;
  readonly applied: StateApplied;
  revision: number;
}

export function newAggregate(target: DocumentTarget): AggregateState {
  return {sum: emptyDelta(target), applied: new Map(), revision: 0};
}

/** @throws {UnreadableDocumentError} */
export function readAggregate(
  target: DocumentTarget,
  document: Readonly<Record<string, unknown>>,
): AggregateState {
  try {
    if (document['schemaVersion'] !== documentSchemaVersion) {
      throw new Error(
        `schemaVersion is ${String(document['schemaVersion'])}; this version knows ${documentSchemaVersion}`,
      );
    }
    const state = newAggregate(target);
    const {measures} = state.sum;
    for (const field of additiveFields) measures[field] = storedNumber(document, field);
    for (const field of extremeFields)
      measures[field] = isOverNothing(field, measures) ? measures[field] : storedNumber(document, field);
    if (typeof document['stateSketch'] !== 'string') throw new Error('stateSketch is missing');
    if (document['stateSketch'] !== '') state.sum.sketch = QuantileSketch.decode(document['stateSketch']);
    for (const [key, n] of parseStateApplied(document['stateApplied'])) state.applied.set(key, n);
    state.revision = storedNumber(document, 'revision');
    return state;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'it cannot be read';
    throw new UnreadableDocumentError(why, {cause});
  }
}

/**
 * Adds, in the order of their numbers, the contributions above what the document remembers of their source, and
 * remembers each with its delta; one that is named twice is added once.
 * @returns how many were added
 */
export function addContributions(state: AggregateState, contributions: readonly Contribution[]): number {
  let added = 0;
  for (const {source, n, delta} of [...contributions].sort((a, b) => a.n - b.n)) {
    if ((state.applied.get(source) ?? 0) >= n) continue;
    addDelta(state.sum, delta);
    state.applied.set(source, n);
    added += 1;
  }
  if (added > 0) state.revision += 1;
  return added;
}

/** Whether the window is so old that a document for it would be deleted at once. */
export function isPastRetention(
  {grain, windowStartMs}: Pick<DocumentTarget, 'grain' | 'windowStartMs'>,
  retentionMs: number | undefined,
  nowMs: number,
): boolean {
  return retentionMs !== undefined && windowStartMs + grainMs[grain] + retentionMs <= nowMs;
}

/** The whole document as it is stored: flat, every field present, no nulls. The field names are a contract (DESIGN.md). */
export function formatAggregate(
  {sum: {target, measures, sketch}, applied, revision}: AggregateState,
  {nowMs, retentionMs}: {nowMs: number; retentionMs: number | undefined},
): StoredDocument & {id: string; pk: string} {
  const windowEndMs = target.windowStartMs + grainMs[target.grain];
  const start = new Date(target.windowStartMs);
  const document: StoredDocument & {id: string; pk: string} = {
    id: target.id,
    pk: target.pk,
    view: target.view,
    grain: target.grain,
    windowStart: start.toISOString(),
    windowEnd: new Date(windowEndMs).toISOString(),
    date: start.toISOString().slice(0, 10),
    hour: start.getUTCHours(),
    weekday: start.getUTCDay() === 0 ? 7 : start.getUTCDay(),
  };
  dimensions.forEach((dimension, i) => (document[dimension] = target.dimensions[i]!));
  for (const field of additiveFields) document[field] = measures[field];
  for (const field of extremeFields) document[field] = Number.isFinite(measures[field]) ? measures[field] : 0;
  document['durationMsMean'] =
    measures.durationCount === 0 ? 0 : measures.durationMsSum / measures.durationCount;
  const range = {min: measures.durationMsMin, max: measures.durationMsMax};
  for (const percent of [50, 90, 95, 99])
    document[`durationMsP${percent}`] = sketch?.quantile(percent / 100, range) ?? 0;
  document['costCurrency'] = 'unknown';
  document['priceVersion'] = 'unknown';
  document['revision'] = revision;
  document['updatedAt'] = new Date(nowMs).toISOString();
  document['schemaVersion'] = documentSchemaVersion;
  document['ttl'] = timeToLive(windowEndMs, retentionMs, nowMs);
  document['stateSketch'] = sketch?.encode() ?? '';
  document['stateApplied'] = formatStateApplied(applied);
  return document;
}

/** Seconds from this write on; -1 never expires. */
function timeToLive(windowEndMs: number, retentionMs: number | undefined, nowMs: number): number {
  if (retentionMs === undefined) return -1;
  return Math.max(1, Math.ceil((windowEndMs + retentionMs - nowMs) / 1000));
}

function storedNumber(document: Readonly<Record<string, unknown>>, field: string): number {
  const value = document[field];
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Error(`${field} is not a number`);
  return value;
}

/** A stored 0 means "over nothing" where nothing was counted. */
function isOverNothing(field: (typeof extremeFields)[number], measures: Measures): boolean {
  return (field.startsWith('duration') ? measures.durationCount : measures.headroomSamples) === 0;
}

/** How long documents of each grain are kept after their window's end; undefined: for ever. */
export type RetentionMs = Readonly<Record<Grain, number | undefined>>;
