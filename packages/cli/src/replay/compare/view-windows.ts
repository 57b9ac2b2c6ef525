import {
  dimensions,
  documentTarget,
  grainMs,
  type AggregateDelta,
  type DocumentTarget,
  type Grain,
  type ShardedView,
} from '@weir/pipeline';
import type {StoredAggregate, WindowQuery} from '@weir/azure';

/** One window of one view. */
export type ViewWindow = Pick<DocumentTarget, 'view' | 'grain' | 'windowStartMs'>;

/** Windows of one view and grain that share a partition key, but for its shards. */
export interface WindowRun {
  readonly view: ShardedView;
  readonly grain: Grain;
  /** Window starts `[fromMs, untilMs)`. */
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Documents of the replay that are read and judged together; a single window may have more. */
const documentsPerRun = 500;

/** What documents should hold, by {@link windowKey}. */
export type DocumentsByWindow = ReadonlyMap<string, readonly AggregateDelta[]>;

export function byWindow(documents: ReadonlyMap<string, AggregateDelta>): DocumentsByWindow {
  return Map.groupBy(documents.values(), ({target}) => windowKey(target));
}

/** All windows that lie wholly within `[fromMs, untilMs)`, in runs of a bounded number of documents. */
export function windowRuns(
  views: readonly ShardedView[],
  {fromMs, untilMs, documents}: {fromMs: number; untilMs: number; documents: DocumentsByWindow},
): WindowRun[] {
  const runs: WindowRun[] = [];
  for (const view of views) {
    for (const grain of view.windows) {
      const sizeMs = grainMs[grain];
      let run: WindowRun | undefined;
      let inRun = 0;
      for (
        let startMs = Math.ceil(fromMs / sizeMs) * sizeMs;
        startMs + sizeMs <= untilMs;
        startMs += sizeMs
      ) {
        const size = documents.get(windowKey({view: view.name, grain, windowStartMs: startMs}))?.length ?? 0;
        const fits =
          run !== undefined &&
          inRun + size <= documentsPerRun &&
          keyOf(view, grain, run.fromMs) === keyOf(view, grain, startMs);
        if (run !== undefined && !fits) runs.push(run);
        run = {view, grain, fromMs: fits ? run!.fromMs : startMs, untilMs: startMs + sizeMs};
        inRun = fits ? inRun + size : size;
      }
      if (run !== undefined) runs.push(run);
    }
  }
  return runs;
}

/** One query per shard of the partition key. */
export function queriesOf({view, grain, fromMs, untilMs}: WindowRun): WindowQuery[] {
  const pk = keyOf(view, grain, fromMs);
  const shards = view.shards > 1 ? Array.from({length: view.shards}, (_, k) => `${pk}|${k}`) : [pk];
  return shards.map((shard) => ({pk: shard, view: view.name, grain, fromMs, untilMs}));
}

/** The windows of a run, in order. */
export function windowsOf({view, grain, fromMs, untilMs}: WindowRun): ViewWindow[] {
  const windows: ViewWindow[] = [];
  for (let startMs = fromMs; startMs < untilMs; startMs += grainMs[grain])
    windows.push({view: view.name, grain, windowStartMs: startMs});
  return windows;
}

/** Names one window of one view. */
export function windowKey({view, grain, windowStartMs}: ViewWindow): string {
  return `${view}|${grain}|${windowStartMs}`;
}

/** The target that a stored document says it is of; undefined where its identity cannot be read. */
function targetOf(
  {grain}: WindowRun,
  document: Readonly<Record<string, unknown>>,
): DocumentTarget | undefined {
  const {id, pk, view, windowStart} = document;
  const values = dimensions.map((dimension) => document[dimension]);
  const windowStartMs = typeof windowStart === 'string' ? Date.parse(windowStart) : Number.NaN;
  if (typeof id !== 'string' || typeof pk !== 'string' || typeof view !== 'string') return undefined;
  if (Number.isNaN(windowStartMs) || !values.every((value) => typeof value === 'string')) return undefined;
  return {id, pk, view, grain, windowStartMs, dimensions: values};
}

/** Without its shard. */
function keyOf(view: ShardedView, grain: Grain, windowStartMs: number): string {
  return documentTarget({view: view.name, grain, windowStartMs, dimensions: []}, 1).pk;
}

/** The documents of a run that the replay or Cosmos DB has, by id. */
export function targetsOf(
  run: WindowRun,
  {documents, stored}: {documents: DocumentsByWindow; stored: ReadonlyMap<string, StoredAggregate>},
): Map<string, DocumentTarget> {
  const targets = new Map<string, DocumentTarget>();
  for (const window of windowsOf(run))
    for (const {target} of documents.get(windowKey(window)) ?? []) targets.set(target.id, target);
  for (const [id, {document}] of stored) {
    const target = targets.has(id) ? undefined : targetOf(run, document);
    if (target !== undefined) targets.set(id, target);
  }
  return targets;
}
