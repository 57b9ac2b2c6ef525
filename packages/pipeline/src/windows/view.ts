/** The window sizes that documents are kept in; each divides the next, so finer deltas add up to coarser ones. */
export const grains = ['5m', '1h', '1d'] as const;
export type Grain = (typeof grains)[number];

export const grainMs: Readonly<Record<Grain, number>> = {'5m': 300_000, '1h': 3_600_000, '1d': 86_400_000};

/** The order is part of the contract: document ids hash the values in it. */
export const dimensions = [
  'region',
  'deployment',
  'model',
  'modelVersion',
  'streamType',
  'consumer',
  'product',
  'principal',
] as const;
export type Dimension = (typeof dimensions)[number];

/** One value for each of {@link dimensions}, in that order; `all` where the view does not group by it. */
export type DimensionValues = readonly string[];

/** What is kept: which events, when they count, by which dimensions, in which windows. */
export interface View {
  readonly name: string;
  /** `arrival`: as soon as the event is read. `resolved`: once its diagnostics came, or never will. */
  readonly on: 'arrival' | 'resolved';
  readonly groupBy: readonly Dimension[];
  readonly windows: readonly Grain[];
}

/** A view with the number of logical partitions that each of its partition keys is spread over, 1 or more. */
export interface ShardedView extends View {
  readonly shards: number;
}

export const defaultViews: readonly View[] = [
  {name: 'region-usage', on: 'arrival', groupBy: ['region', 'deployment'], windows: ['5m', '1h']},
  {
    name: 'region-latency',
    on: 'resolved',
    groupBy: ['region', 'model', 'modelVersion', 'streamType'],
    windows: ['5m', '1h', '1d'],
  },
  {name: 'chargeback', on: 'arrival', groupBy: ['consumer', 'product', 'deployment'], windows: ['1h', '1d']},
];
