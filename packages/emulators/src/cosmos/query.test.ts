import {afterAll, beforeAll, expect, test} from 'vitest';
import {startFixture, type Fixture} from './emulator-fixture.ts';

let fixture: Fixture;

beforeAll(async () => {
  fixture = await startFixture();
  for (let n = 0; n < 25; n += 1) {
    const region = n % 2 === 0 ? 'eastus2' : 'swedencentral';
    const document = {
      id: `d${n}`,
      pk: `p${n % 3}`,
      n,
      region,
      nested: {a: [n]},
      ...(n === 7 ? {extra: null} : {}),
    };
    fixture.emulator.put({database: 'weir', container: 'aggregates', document});
  }
});

afterAll(async () => fixture[Symbol.asyncDispose]());

async function ask(query: string, parameters: Record<string, string | number | null> = {}) {
  const named = Object.entries(parameters).map(([name, value]) => ({name: `@${name}`, value}));
  const spec = {query, parameters: named};
  return (await fixture.container.items.query<unknown>(spec).fetchAll()).resources;
}

test.each([
  ['SELECT VALUE c.n FROM c WHERE c.n < 3', [0, 1, 2]],
  ['SELECT VALUE c.n FROM c WHERE c.n >= 1 AND c.n <= 2', [1, 2]],
  ['SELECT VALUE c.n FROM c WHERE c.n = 1 OR c.n = 3 AND c.n > 5', [1]],
  ['SELECT VALUE c.n FROM c WHERE NOT (c.n > 1)', [0, 1]],
  ['SELECT VALUE c.n FROM c WHERE c.n BETWEEN 3 AND 4 AND c.region = "eastus2"', [4]],
  ['SELECT VALUE c.n FROM c WHERE c.n IN (5, 99, -1)', [5]],
  ['SELECT VALUE c.n FROM c WHERE c.n NOT BETWEEN 1 AND 23', [0, 24]],
  ["SELECT VALUE c.n FROM c WHERE STARTSWITH(c.region, 'swe') AND c.n < 4", [1, 3]],
  ['SELECT VALUE c.n FROM c WHERE IS_DEFINED(c.extra)', [7]],
  ['SELECT VALUE c.n FROM c WHERE c.extra = null', [7]],
  ['SELECT VALUE c.n FROM c WHERE c["nested"].a[0] = 9', [9]],
  ['SELECT VALUE c.n FROM c WHERE c.n = "1"', []],
  ['SELECT VALUE c.n FROM c WHERE NOT (c.nothing = 1)', []],
  ['SELECT VALUE r.n FROM root AS r WHERE r.n = 2', [2]],
  ['SELECT c.n, c.region AS place, c.nothing FROM c WHERE c.n = 2', [{n: 2, place: 'eastus2'}]],
  ['SELECT VALUE COUNT(1) FROM c', [25]],
  ['SELECT VALUE COUNT(c.extra) FROM c', [1]],
  ['SELECT VALUE SUM(c.n) FROM c WHERE c.n < 4', [6]],
  ['SELECT VALUE MAX(c.n) FROM c', [24]],
  ['SELECT VALUE c.n FROM c ORDER BY c.n DESC OFFSET 2 LIMIT 3', [22, 21, 20]],
  ['SELECT TOP 2 VALUE c.n FROM c ORDER BY c.region DESC, c.n ASC', [1, 3]],
])('%s', async (query, expected) => {
  expect(await ask(query)).toEqual(expected);
});

test('parameters are values, never text', async () => {
  expect(await ask('SELECT VALUE c.n FROM c WHERE c.region = @r', {r: "x' OR 1=1"})).toEqual([]);
  expect(
    await ask('SELECT VALUE c.n FROM c WHERE c.n = @n AND c.region = @r', {n: 3, r: 'swedencentral'}),
  ).toEqual([3]);
});

test('a partition key confines a query', async () => {
  const query = fixture.container.items.query('SELECT VALUE c.n FROM c WHERE c.n < 6', {partitionKey: 'p1'});
  expect((await query.fetchAll()).resources).toEqual([1, 4]);
});

test.each(['SELECT VALUE c.n FROM c', 'SELECT VALUE c.n FROM c ORDER BY c.n DESC'])(
  'pages of %s follow their continuation without gaps or repeats',
  async (query) => {
    const seen: number[] = [];
    let pages = 0;
    let continuationToken: string | undefined;
    do {
      const options = {maxItemCount: 10, ...(continuationToken === undefined ? {} : {continuationToken})};
      const page = await fixture.container.items.query<number>(query, options).fetchNext();
      seen.push(...page.resources);
      continuationToken = page.continuationToken;
      pages += 1;
    } while (continuationToken);
    expect(pages).toBe(3);
    expect(new Set(seen).size).toBe(25);
    expect(seen).toHaveLength(25);
  },
);

test.each(['SELECT VALUE c.n FROM c ORDER BY c.n DESC', 'SELECT VALUE COUNT(1) FROM c', 'SELECT * FROM c'])(
  'the query plan gives %s the same answer',
  async (query) => {
    const planned = fixture.container.items.query<unknown>(query, {forceQueryPlan: true, maxItemCount: 7});
    expect((await planned.fetchAll()).resources).toEqual(await ask(query));
  },
);

test.each([
  ['SELECT DISTINCT c.region FROM c', 'DISTINCT'],
  ['SELECT c.region FROM c GROUP BY c.region', 'GROUP BY'],
  ['SELECT VALUE x FROM c JOIN x IN c.a', 'JOIN'],
  ['SELECT VALUE UPPER(c.region) FROM c', 'UPPER'],
  ['SELECT COUNT(1) FROM c', 'VALUE'],
  ['SELECT VALUE c.n FROM c WHERE c.n = @missing', '@missing'],
  ['SELECT VALUE c.n FROM c WHERE c.n + 1 = 2', '+'],
  ['DELETE FROM c', 'DELETE'],
])('%s is 400 and names what is not supported', async (query, part) => {
  await expect(ask(query)).rejects.toMatchObject({code: 400, body: {message: expect.stringContaining(part)}});
});
