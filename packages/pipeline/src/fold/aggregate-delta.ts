import type {DimensionValues, Grain} from '../windows/view.ts';
import type {DocumentTarget} from './document-target.ts';
import {additiveFields, addMeasures, emptyMeasures, extremeFields, type Measures} from './measures.ts';
import {QuantileSketch} from './quantile-sketch.ts';

/** What is to be added to one aggregate document. Deltas of one document merge in any order. */
export interface AggregateDelta {
  readonly target: DocumentTarget;
  readonly measures: Measures;
  /** Undefined until a service time was added. */
  sketch: QuantileSketch | undefined;
}

export function emptyDelta(target: DocumentTarget): AggregateDelta {
  return {target, measures: emptyMeasures(), sketch: undefined};
}

export function addDelta(into: AggregateDelta, from: Pick<AggregateDelta, 'measures' | 'sketch'>): void {
  addMeasures(into.measures, from.measures);
  if (from.sketch === undefined) return;
  into.sketch ??= new QuantileSketch();
  into.sketch.merge(from.sketch);
}

/** A delta as the journal holds it: fields that are zero, or over nothing, are left out. */
export interface EncodedDelta {
  readonly view: string;
  readonly grain: Grain;
  readonly windowStartMs: number;
  readonly dimensions: DimensionValues;
  readonly id: string;
  readonly pk: string;
  readonly measures: Partial<Measures>;
  readonly sketch?: string;
}

export function encodeDelta({target, measures, sketch}: AggregateDelta): EncodedDelta {
  const kept: Partial<Measures> = {};
  for (const field of additiveFields) if (measures[field] !== 0) kept[field] = measures[field];
  for (const field of extremeFields) if (Number.isFinite(measures[field])) kept[field] = measures[field];
  return {...target, measures: kept, ...(sketch && {sketch: sketch.encode()})};
}

export function decodeDelta(encoded: EncodedDelta): AggregateDelta {
  const {measures, sketch, ...target} = encoded;
  return {
    target,
    measures: {...emptyMeasures(), ...measures},
    sketch: sketch === undefined ? undefined : QuantileSketch.decode(sketch),
  };
}

/** Deltas by document id. */
export type DeltaMap = Map<string, AggregateDelta>;

/** Adds to the delta of the same document, or takes over the delta itself: the caller gives it up. */
export function mergeInto(map: DeltaMap, delta: AggregateDelta): void {
  const present = map.get(delta.target.id);
  if (present === undefined) map.set(delta.target.id, delta);
  else addDelta(present, delta);
}
