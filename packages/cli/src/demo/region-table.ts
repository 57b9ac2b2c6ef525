import {CosmosClient} from '@azure/cosmos';
import {addDelta, readAggregate, type AggregateDelta, type DocumentTarget} from '@weir/pipeline';
import Table from 'cli-table3';

/** One region's figures over all windows. */
interface RegionSum {
  usage: AggregateDelta | undefined;
  latency: AggregateDelta | undefined;
  streaming: number;
}

const grain = '1h';

/** One space between columns and no lines: narrow enough for 80 columns. */
export const withoutFrame = Object.fromEntries(
  ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right']
    .concat(['left', 'left-mid', 'right', 'right-mid', 'mid', 'mid-mid'])
    .map((name) => [name, ''])
    .concat([['middle', ' ']]),
);

/** Reads the aggregate documents back from Cosmos DB and adds them up per region, for a terminal of 80 columns. */
export async function regionTable({endpoint, key}: {endpoint: string; key: string}): Promise<string> {
  const client = new CosmosClient({endpoint, key, connectionPolicy: {enableEndpointDiscovery: false}});
  try {
    const sums = new Map<string, RegionSum>();
    const query = {
      query: 'SELECT * FROM c WHERE c.grain = @grain',
      parameters: [{name: '@grain', value: grain}],
    };
    const {resources} = await client
      .database('weir')
      .container('aggregates')
      .items.query<Record<string, string>>(query)
      .fetchAll();
    for (const document of resources) add(sums, document);
    return render(sums);
  } finally {
    client.dispose();
  }
}

function add(sums: Map<string, RegionSum>, document: Readonly<Record<string, string>>): void {
  const kind =
    document['view'] === 'region-usage'
      ? 'usage'
      : document['view'] === 'region-latency'
        ? 'latency'
        : undefined;
  if (kind === undefined) return;
  const region = document['region']!;
  const sum = sums.get(region) ?? {usage: undefined, latency: undefined, streaming: 0};
  sums.set(region, sum);
  const target: DocumentTarget = {
    id: document['id']!,
    pk: document['pk']!,
    view: document['view']!,
    grain,
    windowStartMs: 0,
    dimensions: [],
  };
  const {sum: delta} = readAggregate(target, document);
  if (kind === 'latency' && document['streamType'] === 'streaming') sum.streaming += delta.measures.requests;
  const before = sum[kind];
  if (before === undefined) sum[kind] = delta;
  else addDelta(before, delta);
}

function render(sums: ReadonlyMap<string, RegionSum>): string {
  const table = new Table({
    head: ['region', 'requests', 'tokens', 'p50 s', 'p95 s', 'p99 s', 'stream', 'matched', 'unmatched'],
    colAligns: ['left', ...Array<'right'>(8).fill('right')],
    style: {head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0},
    chars: withoutFrame,
  });
  const count = (n: number): string => n.toLocaleString('en-US');
  for (const [region, {usage, latency, streaming}] of [...sums].sort(([a], [b]) => a.localeCompare(b))) {
    const u = usage?.measures;
    const l = latency?.measures;
    const seconds = (q: number): string => {
      if (l === undefined || latency?.sketch === undefined) return '-';
      return (latency.sketch.quantile(q, {min: l.durationMsMin, max: l.durationMsMax}) / 1000).toFixed(2);
    };
    table.push([
      region,
      count(u?.requests ?? 0),
      count(u?.totalTokens ?? 0),
      seconds(0.5),
      seconds(0.95),
      seconds(0.99),
      l === undefined || l.requests === 0 ? '-' : `${Math.round((streaming / l.requests) * 100)} %`,
      count(l?.matched ?? 0),
      count(l?.unmatched ?? 0),
    ]);
  }
  return table.toString();
}
