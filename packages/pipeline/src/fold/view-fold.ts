import type {CountedEvent} from './counted-event.ts';
import type {DiagnosticsRow} from '../join/diagnostics.ts';
import {windowStartMs} from '../windows/tumbling-window.ts';
import {dimensions, grainMs, type Dimension, type Grain, type ShardedView} from '../windows/view.ts';
import {addDelta, emptyDelta, mergeInto, type AggregateDelta, type DeltaMap} from './aggregate-delta.ts';
import {documentTarget} from './document-target.ts';

/** Names of documents are hashes; remembering this many spares hashing them again at every commit. */
const targetsRememberedMax = 20_000;

/** One view's deltas of the finest window, by window and group. */
export class ViewFold {
  readonly view: ShardedView;
  readonly #grains: readonly Grain[];
  readonly #finest: Grain;
  readonly #finestMs: number;
  readonly #valueOf: readonly ValueOf[];
  readonly #grouped: readonly boolean[];
  #windows = new Map<number, Group>();
  #size = 0;
  /** The window of the event before, which nearly always is this event's, too. */
  #latest: {readonly startMs: number; readonly group: Group} | undefined;
  readonly #targets = new Map<string, AggregateDelta['target']>();

  constructor(view: ShardedView) {
    this.view = view;
    this.#grains = [...view.windows].sort((a, b) => grainMs[a] - grainMs[b]);
    const [finest] = this.#grains;
    if (finest === undefined) throw new Error(`View ${this.view.name} has no windows.`);
    this.#finest = finest;
    this.#finestMs = grainMs[finest];
    this.#valueOf = view.groupBy.map((dimension) => valueOf[dimension]);
    this.#grouped = dimensions.map((dimension) => view.groupBy.includes(dimension));
  }

  /** Groups and windows since the last take. */
  get size(): number {
    return this.#size;
  }

  /** The delta that the event belongs to. */
  deltaOf(event: CountedEvent, row: DiagnosticsRow | undefined, eventTimeMs: number): AggregateDelta {
    const startMs = windowStartMs(eventTimeMs, this.#finestMs);
    let group = this.#latest?.startMs === startMs ? this.#latest.group : this.#window(startMs);
    for (const value of this.#valueOf) group = group.within(value(event, row));
    group.delta ??= this.#begin(event, row, startMs);
    return group.delta;
  }

  /** Hands over everything since the last take, for all windows of the view; adds it to `into`. */
  take(into: DeltaMap): void {
    const windows = this.#windows;
    this.#windows = new Map();
    this.#size = 0;
    this.#latest = undefined;
    for (const window of windows.values()) for (const delta of window.deltas()) this.#takeDelta(into, delta);
  }

  #takeDelta(into: DeltaMap, delta: AggregateDelta): void {
    for (const grain of this.#grains.slice(1)) {
      const {windowStartMs: startMs, dimensions: values} = delta.target;
      const target = this.#target(grain, windowStartMs(startMs, grainMs[grain]), values);
      let coarse = into.get(target.id);
      if (coarse === undefined) into.set(target.id, (coarse = emptyDelta(target)));
      addDelta(coarse, delta);
    }
    mergeInto(into, delta);
  }

  #begin(event: CountedEvent, row: DiagnosticsRow | undefined, startMs: number): AggregateDelta {
    const values = dimensions.map((dimension, i) =>
      this.#grouped[i] ? valueOf[dimension](event, row) : 'all',
    );
    this.#size += 1;
    return emptyDelta(this.#target(this.#finest, startMs, values));
  }

  #window(startMs: number): Group {
    let group = this.#windows.get(startMs);
    if (group === undefined) this.#windows.set(startMs, (group = new Group()));
    this.#latest = {startMs, group};
    return group;
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

/**
 * The events of one window that share the values of the first so many dimensions. A step to the next group looks up one
 * short, shared text; a key of all values would have to be put together and hashed anew for every event.
 */
class Group {
  delta: AggregateDelta | undefined = undefined;
  #groups: Map<string, Group> | undefined = undefined;

  within(value: string): Group {
    this.#groups ??= new Map();
    let group = this.#groups.get(value);
    if (group === undefined) this.#groups.set(value, (group = new Group()));
    return group;
  }

  *deltas(): Generator<AggregateDelta> {
    if (this.delta !== undefined) yield this.delta;
    if (this.#groups !== undefined) for (const group of this.#groups.values()) yield* group.deltas();
  }
}

type ValueOf = (event: CountedEvent, row: DiagnosticsRow | undefined) => string;

const valueOf: Readonly<Record<Dimension, ValueOf>> = {
  region: (event) => event.region,
  deployment: (event) => event.deployment,
  consumer: (event) => event.consumer,
  product: (event) => event.product,
  model: (event, row) => row?.model || event.model,
  modelVersion: (_event, row) => row?.modelVersion || 'unknown',
  principal: (_event, row) => row?.principal || 'unknown',
  streamType(event, row) {
    if (row !== undefined && row.streamType !== 'unknown') return row.streamType;
    if (event.stream === undefined) return 'unknown';
    return event.stream ? 'streaming' : 'non-streaming';
  },
};
