import {
  formatAggregate,
  newAggregate,
  readAggregate,
  UnreadableDocumentError,
  type AggregateDelta,
} from '@weir/pipeline';

/** One field that is not what the replay says; a missing one is undefined. */
export interface FieldDifference {
  readonly field: string;
  readonly cosmos: unknown;
  readonly replay: string | number;
}

/** Why a document cannot be compared field by field. */
export interface Unreadable {
  readonly unreadable: string;
}

/** They say when and how often the document was written, not what it holds. */
const ofTheWriter: ReadonlySet<string> = new Set(['revision', 'updatedAt', 'ttl', 'stateApplied']);
const quantileFields: ReadonlySet<string> = new Set([
  'durationMsP50',
  'durationMsP90',
  'durationMsP95',
  'durationMsP99',
]);
/** Each is within 1 % of the true value. */
const quantileTolerance = 0.02;
/** The mean is a quotient of whole numbers: another order of the same division gives the same. */
const exact = 0;

/**
 * Field by field: counts, extremes and the bins of the sketch exactly; quantiles exactly where the bins agree, else
 * within what two sketches may differ.
 */
export function differencesOf(
  should: AggregateDelta,
  document: Readonly<Record<string, unknown>>,
): readonly FieldDifference[] | Unreadable {
  try {
    readAggregate(should.target, document);
  } catch (error) {
    if (error instanceof UnreadableDocumentError) return {unreadable: error.message};
    throw error;
  }
  const wanted = formatAggregate(
    {...newAggregate(should.target), sum: should},
    {nowMs: 0, retentionMs: undefined},
  );
  const hasSameBins = wanted['stateSketch'] === document['stateSketch'];
  const differences: FieldDifference[] = [];
  for (const [field, replay] of Object.entries(wanted)) {
    if (ofTheWriter.has(field)) continue;
    const cosmos = document[field];
    const tolerance = quantileFields.has(field) && !hasSameBins ? quantileTolerance : exact;
    if (!isSame(cosmos, replay, tolerance)) differences.push({field, cosmos, replay});
  }
  return differences;
}

function isSame(a: unknown, b: string | number, tolerance: number): boolean {
  if (a === b) return true;
  if (tolerance === 0 || typeof a !== 'number' || typeof b !== 'number') return false;
  return Math.abs(a - b) <= tolerance * Math.max(a, b);
}
