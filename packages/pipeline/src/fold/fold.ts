import type {GatewayEvent} from '../decode/gateway-event.ts';
import type {DiagnosticsRow} from '../join/diagnostics.ts';
import {windowStartMs} from '../windows/tumbling-window.ts';
import {dimensions, grainMs, type Dimension, type Grain, type ShardedView} from '../windows/view.ts';
import {addDelta, emptyDelta, mergeInto, type AggregateDelta, type DeltaMap} from './aggregate-delta.ts';
import {documentTarget} from './document-target.ts';
import {addDuration, type Measures} from './measures.ts';
import {QuantileSketch} from './quantile-sketch.ts';

/** Names of documents are hashes; remembering this many spares hashing them again at every commit. */
const targetsRememberedMax = 20_000;

/**
 * Adds events to the deltas of their views, each view at its finest window only. {@link take} adds these up to the
 * coarser windows, which is exact because windows nest: so the work per event does not grow with the grains.
 *
 * A delta enters at the first event of its group and window and leaves with `take`, for a commit.
 */
export class Fold {
  readonly #arrival: readonly ViewFold[];
  readonly #resolved: readonly ViewFold[];

  constructor(views: readonly ShardedView[]) {
    const folds = views.map((view) => new ViewFold(view));
    this.#arrival = folds.filter(({view}) => view.on === 'arrival');
    this.#resolved = folds.filter(({view}) => view.on === 'resolved');
  }

  /** @param eventTimeMs the assigned time, which may differ from the event's own where the policy clamps */
  arrived(event: GatewayEvent, eventTimeMs: number): void {
    for (const fold of this.#arrival) addEvent(fold.deltaOf(event, undefined, eventTimeMs).measures, event);
  }

  /** @param row undefined: unmatched */
  resolved(event: GatewayEvent, eventTimeMs: number, row: DiagnosticsRow | undefined): void {
    for (const fold of this.#resolved) {
      const delta = fold.deltaOf(event, row, eventTimeMs);
      addEvent(delta.measures, event);
      if (row === undefined) {
        delta.measures.unmatched += 1;
        continue;
      }
      delta.measures.matched += 1;
      if (row.durationMs === undefined) continue;
      addDuration(delta.measures, row.durationMs);
      delta.sketch ??= new QuantileSketch();
      delta.sketch.add(row.durationMs);
    }
  }

  /** Groups and windows since the last take. */
  get size(): number {
    let size = 0;
    for (const fold of [...this.#arrival, ...this.#resolved]) size += fold.size;
    return size;
  }

  /** Everything folded since the last take, for all windows of all views; adds it to `into`. */
  take(into: DeltaMap): void {
    for (const fold of [...this.#arrival, ...this.#resolved]) fold.take(into);
  }
}

/** One view's deltas of the finest window, by group and window. */
class ViewFold {
  readonly view: ShardedView;
  readonly #grains: readonly Grain[];
  readonly #finestMs: number;
  readonly #grouped: readonly boolean[];
  #deltas = new Map<string, AggregateDelta>();
  readonly #targets = new Map<string, AggregateDelta['target']>();

  constructor(view: ShardedView) {
    this.view = view;
    this.#grains = [...view.windows].sort((a, b) => grainMs[a] - grainMs[b]);
    this.#finestMs = grainMs[this.#finest];
    this.#grouped = dimensions.map((dimension) => view.groupBy.includes(dimension));
  }

  get #finest(): Grain {
    const finest = this.#grains[0];
    if (finest === undefined) throw new Error(`View ${this.view.name} has no windows.`);
    return finest;
  }

  get size(): number {
    return this.#deltas.size;
  }

  deltaOf(event: GatewayEvent, row: DiagnosticsRow | undefined, eventTimeMs: number): AggregateDelta {
    const startMs = windowStartMs(eventTimeMs, this.#finestMs);
    let key = String(startMs);
    for (const dimension of this.view.groupBy) key += '\u0000' + valueOf(dimension, event, row);
    let delta = this.#deltas.get(key);
    if (delta === undefined) {
      const values = dimensions.map((dimension, i) =>
        this.#grouped[i] ? valueOf(dimension, event, row) : 'all',
      );
      delta = emptyDelta(this.#target(this.#finest, startMs, values));
      this.#deltas.set(key, delta);
    }
    return delta;
  }

  take(into: DeltaMap): void {
    const finest = this.#deltas;
    this.#deltas = new Map();
    for (const delta of finest.values()) {
      for (const grain of this.#grains.slice(1)) {
        const {windowStartMs: startMs, dimensions: values} = delta.target;
        const target = this.#target(grain, windowStartMs(startMs, grainMs[grain]), values);
        let coarse = into.get(target.id);
        if (coarse === undefined) into.set(target.id, (coarse = emptyDelta(target)));
        addDelta(coarse, delta);
      }
      mergeInto(into, delta);
    }
  }

  #target(grain: Grain, startMs: number, values: readonly string[]): AggregateDelta['target'] {
    const key = `${grain} ${startMs} ${values.join('\u0000')}`;
    let target = this.#targets.get(key);
    if (target === undefined) {
      if (this.#targets.size >= targetsRememberedMax) this.#targets.clear();
      target = documentTarget(
        {view: this.view.name, grain, windowStartMs: startMs, dimensions: values},
        this.view.shards,
      );
      this.#targets.set(key, target);
    }
    return target;
  }
}

function valueOf(dimension: Dimension, event: GatewayEvent, row: DiagnosticsRow | undefined): string {
  switch (dimension) {
    case 'region':
      return event.region;
    case 'deployment':
      return event.deployment;
    case 'consumer':
      return event.consumer;
    case 'product':
      return event.product;
    case 'model':
      return row?.model || event.model;
    case 'modelVersion':
      return row?.modelVersion || 'unknown';
    case 'principal':
      return row?.principal || 'unknown';
    case 'streamType':
      if (row !== undefined && row.streamType !== 'unknown') return row.streamType;
      if (event.stream === undefined) return 'unknown';
      return event.stream ? 'streaming' : 'non-streaming';
  }
}

const tooManyRequests = 429;
const firstErrorStatus = 400;

/** Adds what the gateway alone knows: counts, tokens, headroom. */
function addEvent(measures: Measures, event: GatewayEvent): void {
  const hasTokens = event.tokenSource !== 'unknown';
  measures.requests += 1;
  if (event.status === undefined ? hasTokens : event.status < firstErrorStatus) measures.succeeded += 1;
  else if (event.status === tooManyRequests) measures.throttled += 1;
  else measures.failed += 1;

  if (!hasTokens) measures.requestsTokensUnknown += 1;
  else {
    if (event.tokenSource === 'estimated') measures.requestsTokensEstimated += 1;
    else measures.requestsTokensReported += 1;
    measures.promptTokens += event.promptTokens ?? 0;
    measures.completionTokens += event.completionTokens ?? 0;
    measures.totalTokens += event.totalTokens ?? 0;
    measures.cachedTokens += event.cachedTokens ?? 0;
    measures.reasoningTokens += event.reasoningTokens ?? 0;
  }

  const {remainingRequests, remainingTokens} = event;
  // A sample has both: with one of them alone the document could not tell 0 left from never said.
  if (remainingRequests === undefined || remainingTokens === undefined) return;
  measures.headroomSamples += 1;
  if (remainingRequests < measures.remainingRequestsMin) measures.remainingRequestsMin = remainingRequests;
  if (remainingTokens < measures.remainingTokensMin) measures.remainingTokensMin = remainingTokens;
}
