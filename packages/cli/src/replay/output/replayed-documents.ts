import {
  dimensions,
  formatAggregate,
  grains,
  newAggregate,
  type AggregateDelta,
  type ShardedView,
} from '@weir/pipeline';

/** A document of the contract, without the fields that say when and how often it was written. */
export type ReplayedDocument = Readonly<Record<string, string | number>>;

const ofTheWrite = new Set(['revision', 'updatedAt', 'schemaVersion', 'ttl', 'stateSketch', 'stateApplied']);

/** As the configuration lists views, the finest windows first, each in the order of time and groups. */
export function sortedDocuments(
  documents: Iterable<AggregateDelta>,
  views: readonly ShardedView[],
): readonly AggregateDelta[] {
  const places = new Map(views.map((view, place) => [view.name, {view, place}]));
  const keyed = [...documents].map((delta) => {
    const {view: name, grain, windowStartMs} = delta.target;
    const {view, place} = places.get(name)!;
    return {
      delta,
      place: place * grains.length + grains.indexOf(grain),
      windowStartMs,
      group: groupOf(delta, view).join('\u0000'),
    };
  });
  keyed.sort(
    (a, b) => a.place - b.place || a.windowStartMs - b.windowStartMs || (a.group < b.group ? -1 : 1),
  );
  return keyed.map(({delta}) => delta);
}

export function replayedDocument(delta: AggregateDelta): ReplayedDocument {
  const state = {...newAggregate(delta.target), sum: delta};
  const document = formatAggregate(state, {nowMs: 0, retentionMs: undefined});
  return Object.fromEntries(Object.entries(document).filter(([field]) => !ofTheWrite.has(field)));
}

/** The values of the dimensions that the view groups by, in its order. */
export function groupOf({target}: AggregateDelta, {groupBy}: ShardedView): string[] {
  return groupBy.map((name) => target.dimensions[dimensions.indexOf(name)]!);
}
