import {
  emptyDelta,
  formatAggregate,
  parseStateApplied,
  readAggregate,
  StateAppliedError,
  UnreadableDocumentError,
  type AggregateDelta,
  type AggregateState,
  type DocumentTarget,
  type RetentionMs,
  type StateApplied,
  type StoredDocument,
} from '@weir/pipeline';
import type {StoredAggregate} from '@weir/azure';
import {differencesOf, type FieldDifference} from '../compare/differences.ts';
import {sourceKeyOf, type PartitionStand} from '../compare/partition-stands.ts';
import type {Touch} from '../compare/touches.ts';
import type {WindowSettings} from '../compare/window-ports.ts';

/** Why a window stays as it is. */
export type Refusal =
  | Touch
  | {readonly kind: 'stopped'; readonly text: string}
  | {readonly kind: 'undecided'; readonly count: number}
  /** The replay counts open dead letters. */
  | {readonly kind: 'dead letters'; readonly count: number}
  | {readonly kind: 'shrinks'; readonly from: number; readonly to: number}
  | {readonly kind: 'unreadable'; readonly id: string; readonly why: string}
  | {readonly kind: 'others count in it'; readonly id: string}
  | {readonly kind: 'older hub'; readonly id: string; readonly partitionId: string}
  | {readonly kind: 'not accepted'; readonly id: string; readonly why: string};

/** One document to be written, and the ETag of what it replaces; undefined: there must be none. */
export interface PlannedWrite {
  readonly target: DocumentTarget;
  readonly etag: string | undefined;
  readonly document: StoredDocument & {id: string; pk: string};
  /** Of what stands there now; a new document has none. */
  readonly differences: readonly FieldDifference[];
  readonly requests: {readonly before: number; readonly after: number};
}

export type WindowPlan =
  | {readonly kind: 'refused'; readonly refusals: readonly Refusal[]}
  /** None to write where everything is as it should be; `right` are the ids of documents that are. */
  | {readonly kind: 'open'; readonly writes: readonly PlannedWrite[]; readonly right: readonly string[]};

export interface PlanContext {
  readonly source: WindowSettings['source'];
  readonly stands: readonly PartitionStand[];
  readonly retentionMs: RetentionMs;
  readonly nowMs: number;
  readonly shrinking: 'refused' | 'allowed';
}

/** A document of a window: what it should hold, undefined for nothing, and what Cosmos DB has. */
export interface DocumentPair {
  readonly target: DocumentTarget;
  readonly should: AggregateDelta | undefined;
  readonly stored: StoredAggregate | undefined;
}

/**
 * What to write so that a window holds what the replay says, all of it or nothing: an event that the replay counts in
 * another document than the worker did must leave the one as it enters the other.
 *
 * Called only where nothing is pending for the window. The commits up to each journal's are then in its documents, and
 * every later one adds only events behind that journal's head, of which the replay has none in this window. So a
 * document keeps its `stateApplied`, raised to the number of each journal: whoever still applies one of those commits,
 * to a document that was deleted or damaged meanwhile, skips it, and the next commit is added.
 */
export function planWindow(pairs: readonly DocumentPair[], context: PlanContext): WindowPlan {
  const refusals: Refusal[] = [];
  const writes: PlannedWrite[] = [];
  const total = {from: 0, to: 0};
  const right: string[] = [];
  for (const {target, should = emptyDelta(target), stored} of pairs) {
    const existing = stored && readExisting(target, stored);
    if (existing !== undefined && 'kind' in existing) {
      refusals.push(existing);
      continue;
    }
    if (existing !== undefined) refusals.push(...foreign(target, existing.applied, context));
    const before = existing?.sum.measures.requests ?? 0;
    const after = should.measures.requests;
    total.from += before;
    total.to += after;
    const differences = stored === undefined ? [] : differencesOf(should, stored.document);
    if ('unreadable' in differences) throw new Error('A document that was read cannot be read.');
    // One that should hold nothing is not made.
    if (stored === undefined ? after === 0 : differences.length === 0) {
      if (stored !== undefined) right.push(target.id);
      continue;
    }
    const state = {
      sum: should,
      applied: raised(existing?.applied ?? new Map(), context.stands),
      revision: (existing?.revision ?? 0) + 1,
    };
    const {nowMs, retentionMs} = context;
    const document = formatAggregate(state, {nowMs, retentionMs: retentionMs[target.grain]});
    writes.push({target, etag: stored?.etag, document, differences, requests: {before, after}});
  }
  if (total.to < total.from && context.shrinking === 'refused') refusals.push({kind: 'shrinks', ...total});
  return refusals.length > 0 ? {kind: 'refused', refusals} : {kind: 'open', writes, right};
}

function readExisting(
  target: DocumentTarget,
  {document}: StoredAggregate,
): AggregateState | Extract<Refusal, {kind: 'unreadable'}> {
  try {
    parseStateApplied(document['stateApplied']);
    return readAggregate(target, document);
  } catch (error) {
    if (error instanceof UnreadableDocumentError || error instanceof StateAppliedError)
      return {kind: 'unreadable', id: target.id, why: error.message};
    throw error;
  }
}

/** Counts of events that this replay cannot have read: rebuilding would throw them away. */
function foreign(
  {id, windowStartMs}: DocumentTarget,
  applied: StateApplied,
  {source, stands}: PlanContext,
): Refusal[] {
  const own = sourceKeyOf(source);
  const known = new Map(stands.map((stand) => [stand.partitionId, stand]));
  const refusals: Refusal[] = [];
  for (const key of applied.keys()) {
    const [of, partitionId = ''] = key.split('/');
    const stand = of === own ? known.get(partitionId) : undefined;
    if (stand === undefined) refusals.push({kind: 'others count in it', id});
    else if (key !== stand.appliedKey && Date.parse(stand.commit?.hubCreatedAt ?? '') > windowStartMs)
      refusals.push({kind: 'older hub', id, partitionId});
  }
  return refusals.slice(0, 1);
}

function raised(applied: StateApplied, stands: readonly PartitionStand[]): StateApplied {
  const result: StateApplied = new Map(applied);
  for (const {appliedKey, commit} of stands) {
    if (appliedKey === undefined || commit === undefined) continue;
    result.set(appliedKey, Math.max(result.get(appliedKey) ?? 0, commit.n));
  }
  return result;
}
