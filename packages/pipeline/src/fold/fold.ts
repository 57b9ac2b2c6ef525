import type {CountedEvent} from './counted-event.ts';
import type {DiagnosticsRow} from '../join/diagnostics.ts';
import type {ShardedView} from '../windows/view.ts';
import type {DeltaMap} from './aggregate-delta.ts';
import {addDuration, type Measures} from './measures.ts';
import {QuantileSketch} from './quantile-sketch.ts';
import {ViewFold} from './view-fold.ts';

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
  arrived(event: CountedEvent, eventTimeMs: number): void {
    for (const fold of this.#arrival) addEvent(fold.deltaOf(event, undefined, eventTimeMs).measures, event);
  }

  /** @param row undefined: unmatched */
  resolved(event: CountedEvent, eventTimeMs: number, row: DiagnosticsRow | undefined): void {
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

const tooManyRequests = 429;
const firstErrorStatus = 400;

/** Adds what the gateway alone knows: counts, tokens, headroom. */
function addEvent(measures: Measures, event: CountedEvent): void {
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
