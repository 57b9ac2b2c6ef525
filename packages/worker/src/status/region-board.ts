import {
  addDelta,
  grainMs,
  readAggregate,
  type AggregateState,
  type DocumentTarget,
  type ShardedView,
} from '@weir/pipeline';
import type {RegionRow} from '../http/status-source.ts';

/** A document that this worker wrote or read, as Cosmos DB confirmed it. */
export interface ConfirmedDocument {
  readonly target: DocumentTarget;
  readonly document: Readonly<Record<string, unknown>>;
}

const regionsMax = 200;

/**
 * The latest window of each region, from the documents that the worker holds copies of: a look at what is in
 * Cosmos DB without asking it. Usage comes from an arrival view, latency from a resolved one, each at its finest window.
 */
export function regionRows(
  views: readonly ShardedView[],
  documents: Iterable<ConfirmedDocument>,
): RegionRow[] {
  const byRegion = new Map<string, {usage: Latest | undefined; latency: Latest | undefined}>();
  const [usageView, latencyView] = [viewOf(views, 'arrival'), viewOf(views, 'resolved')];
  for (const {target, document} of documents) {
    const kind = isOf(target, usageView) ? 'usage' : isOf(target, latencyView) ? 'latency' : undefined;
    if (kind === undefined) continue;
    const region = target.dimensions[0]!;
    const entry = byRegion.get(region) ?? {usage: undefined, latency: undefined};
    entry[kind] = latestOf(entry[kind], target, readAggregate(target, document), document);
    if (byRegion.size < regionsMax) byRegion.set(region, entry);
  }
  return [...byRegion]
    .map(([region, {usage, latency}]) => rowOf(region, usage, latency))
    .sort((a, b) => b.requests - a.requests);
}

interface Latest {
  readonly windowStartMs: number;
  readonly sum: AggregateState['sum'];
  streaming: number;
  typed: number;
}

function viewOf(views: readonly ShardedView[], on: ShardedView['on']): ShardedView | undefined {
  return views.find((view) => view.on === on && view.groupBy.includes('region'));
}

function isOf(target: DocumentTarget, view: ShardedView | undefined): boolean {
  if (view === undefined || target.view !== view.name) return false;
  const finest = [...view.windows].sort((a, b) => grainMs[a] - grainMs[b])[0];
  return target.grain === finest;
}

function latestOf(
  latest: Latest | undefined,
  target: DocumentTarget,
  {sum}: AggregateState,
  document: Readonly<Record<string, unknown>>,
): Latest {
  if (latest !== undefined && latest.windowStartMs > target.windowStartMs) return latest;
  const streamType = document['streamType'];
  const streaming = streamType === 'streaming' ? sum.measures.requests : 0;
  const typed = streamType === 'streaming' || streamType === 'non-streaming' ? sum.measures.requests : 0;
  if (latest === undefined || latest.windowStartMs < target.windowStartMs) {
    return {windowStartMs: target.windowStartMs, sum, streaming, typed};
  }
  addDelta(latest.sum, sum);
  latest.streaming += streaming;
  latest.typed += typed;
  return latest;
}

function rowOf(region: string, usage: Latest | undefined, latency: Latest | undefined): RegionRow {
  const measures = (usage ?? latency)!.sum.measures;
  const quantile = (q: number): number | undefined => {
    if (latency?.sum.sketch === undefined) return undefined;
    const {durationMsMin: min, durationMsMax: max} = latency.sum.measures;
    return latency.sum.sketch.quantile(q, {min, max});
  };
  return {
    region,
    windowStart: new Date((usage ?? latency)!.windowStartMs).toISOString(),
    requests: measures.requests,
    tokens: measures.totalTokens,
    p50Ms: quantile(0.5),
    p95Ms: quantile(0.95),
    p99Ms: quantile(0.99),
    streamingShare:
      latency === undefined || latency.typed === 0 ? undefined : latency.streaming / latency.typed,
    matched: latency?.sum.measures.matched ?? 0,
    unmatched: latency?.sum.measures.unmatched ?? 0,
  };
}
