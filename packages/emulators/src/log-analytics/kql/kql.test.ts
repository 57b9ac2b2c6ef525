import {describe, expect, test} from 'vitest';

import {ticksPerMs, type Cell, type Column, type Row} from './cells.ts';
import {parseQuery} from './parse-query.ts';
import {resultJson} from '../result-json.ts';
import {runQuery, type TableSource} from './run-query.ts';

const nowTicks = BigInt(Date.parse('2024-05-17T13:00:00.000Z')) * ticksPerMs;
const columns: Column[] = [
  {name: '$ingestion', type: 'datetime'},
  {name: 'Name', type: 'string'},
  {name: 'Count', type: 'long'},
  {name: 'At', type: 'datetime'},
  {name: 'Bag', type: 'dynamic'},
];
const at = (text: string): bigint => BigInt(Date.parse(text)) * ticksPerMs;
const rows: Row[] = [
  [at('2024-05-17T12:00:00Z'), 'Alpha one', 3, at('2024-05-17T11:59:59Z') + 4_896_793n, {x: 'a', n: [1, 2]}],
  [at('2024-05-17T12:01:00Z'), 'beta', null, at('2024-05-17T12:00:59Z'), null],
  [at('2024-05-17T12:02:00Z'), 'Gamma', 7, at('2024-05-17T12:01:59Z')],
];
const table: TableSource = {columns, rows: () => rows};

async function run(text: string): Promise<{columns: readonly Column[]; rows: Cell[][]}> {
  const tables = new Map([['T', table]]);
  const result = await runQuery(parseQuery(text), {tables, nowTicks});
  const json = [...resultJson(result, {limits: {rowsMax: 1000, bytesMax: 1e6}})].join('');
  const parsed: {tables: {rows: Cell[][]}[]} = JSON.parse(json);
  return {columns: result.columns, rows: parsed.tables[0]?.rows ?? []};
}

/** The value of one expression, as the answer's JSON shows it. */
async function value(expression: string): Promise<Cell | undefined> {
  return (await run(`print v = ${expression}`)).rows[0]?.[0];
}

describe('expressions', () => {
  test.each<[string, Cell]>([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['7 / 2', 3],
    ['7 / 2.0', 3.5],
    ['-7 % 3', 2],
    ['not(1 == 2) and 2 between (1 .. 2)', true],
    ['1 == 2 or "a" == "a" and false', false],
    ['datetime(2024-05-17) + 1d', '2024-05-18T00:00:00Z'],
    ['datetime(2024-05-17T12:00:57.4896793Z)', '2024-05-17T12:00:57.4896793Z'],
    ['datetime(2024-05-17 12:00:00) - datetime(2024-05-15T10:30:00Z)', '2.01:30:00'],
    ['datetime(2024-05-17T12:00:00+02:00)', '2024-05-17T10:00:00Z'],
    ['tostring(datetime(2024-05-17))', '2024-05-17T00:00:00.0000000Z'],
    ['now() - ago(5m) == timespan(00:05:00)', true],
    ['bin(datetime(2024-05-17T12:03:57Z), 5m)', '2024-05-17T12:00:00Z'],
    ['bin(-7, 5)', -10],
    ['"tab\\t and \\"quotes\\" \\u0041"', 'tab\t and "quotes" A'],
    [String.raw`@"C:\temp ""x"""`, String.raw`C:\temp "x"`],
    ["'single \"double\" \\'x\\''", 'single "double" \'x\''],
    ['trim(@"\\s+", "  a b  ")', 'a b'],
    ['strcat("a", 1, "b", true)', 'a1btrue'],
    ['tolower("ÀB")', 'àb'],
    ['iff(1 > 2, "yes", "no")', 'no'],
    ['coalesce("", "second", "third")', 'second'],
    ['isempty("") and isnotempty("a") and isnull(long(null)) and isnotnull(1)', true],
    ['tolong("1021")', 1021],
    ['tolong("1021.5")', null],
    ['tolong(1021.9)', 1021],
    ['todouble("1.5")', 1.5],
    ['todouble("many")', null],
    ['"a" =~ "A" and "a" != "A"', true],
    ['"b" in ("a", "b") and "B" !in ("a", "b") and "B" in~ ("a", "b")', true],
    ['"one two-three" has "TWO" and not("twofold" has "two")', true],
    ['"onetwo" contains "ETW" and "onetwo" startswith "ONE" and "Files_List" endswith "_list"', true],
    ['hash("a", 4) == hash("a", 4) and hash("a", 4) between (0 .. 3)', true],
    ['tostring(parse_json("{\\"t\\":638515440286054569}").t)', '638515440286054569'],
    ['tostring(parse_json("{\\"a\\":{\\"b\\":[1,true,null]}}").a)', '{"b":[1,true,null]}'],
    ['tostring(parse_json("{\\"a\\":[5,6]}").a[-1])', '6'],
    ['tostring(parse_json("no json").a)', ''],
    ['tostring(parse_json("{\\"v\\":\\"1106\\"}")["v"])', '1106'],
  ])('%s is %j', async (expression, expected) => {
    expect(await value(expression)).toEqual(expected);
  });

  test('every part of a hash is used, and together they hold every value once', async () => {
    const parts = await Promise.all(Array.from({length: 40}, (_, index) => value(`hash("id-${index}", 4)`)));
    expect(new Set(parts)).toEqual(new Set([0, 1, 2, 3]));
  });
});

describe('operators', () => {
  test('where keeps the rows whose predicate is true, and a null is not', async () => {
    const result = await run('T | where Count > 1 | project Name');
    expect(result.rows).toEqual([['Alpha one'], ['Gamma']]);
  });

  test('a project names, types and orders its columns', async () => {
    const result = await run('T | take 1 | project Bag.x, n = Count, At, ingestion_time()');
    expect(result.columns).toEqual([
      {name: 'Bag_x', type: 'dynamic'},
      {name: 'n', type: 'long'},
      {name: 'At', type: 'datetime'},
      {name: 'Column1', type: 'datetime'},
    ]);
    expect(result.rows).toEqual([['"a"', 3, '2024-05-17T11:59:59.4896793Z', '2024-05-17T12:00:00Z']]);
  });

  test('without a project every column is shown but the hidden one', async () => {
    const result = await run('T | extend twice = Count * 2, Name = tolower(Name) | where twice == 14');
    expect(result.columns.map(({name}) => name)).toEqual(['Name', 'Count', 'At', 'Bag', 'twice']);
    expect(result.rows).toEqual([['gamma', 7, '2024-05-17T12:01:59Z', 'null', 14]].map(nullBag));
  });

  test('summarize counts, and finds least and greatest, by group', async () => {
    const text = 'T | summarize rows = count(), dcount(Name), min(Count), max(At) by has = isnotnull(Count)';
    const result = await run(`${text} | order by rows desc`);
    expect(result.rows).toEqual([
      [true, 2, 2, 3, '2024-05-17T12:01:59Z'],
      [false, 1, 1, null, '2024-05-17T12:00:59Z'],
    ]);
    expect(result.columns.map(({name}) => name)).toEqual([
      'has',
      'rows',
      'dcount_Name',
      'min_Count',
      'max_At',
    ]);
  });

  test('a count of nothing is zero', async () => {
    expect((await run('T | where false | summarize count()')).rows).toEqual([[0]]);
  });

  test('order by is descending unless it says asc, and take cuts', async () => {
    expect((await run('T | order by Name | project Name | take 1')).rows).toEqual([['beta']]);
    expect((await run('T | sort by Count asc | project Count | limit 2')).rows).toEqual([[null], [3]]);
  });

  test('let names a constant for the whole query', async () => {
    const text = 'let lo = datetime(2024-05-17T12:01:00Z); let step = 1m;';
    const result = await run(
      `${text} T | where ingestion_time() >= lo and ingestion_time() < lo + step | project Name`,
    );
    expect(result.rows).toEqual([['beta']]);
  });

  test('column_ifexists takes the column, or its default', async () => {
    const result = await run(
      'T | take 1 | project column_ifexists("Name", ""), b = column_ifexists("nope_s", "-")',
    );
    expect(result.rows).toEqual([['Alpha one', '-']]);
  });

  test('a list of 5,000 ids is parsed and bound in a few milliseconds', async () => {
    const ids = Array.from({length: 5000}, (_, index) => `"${String(index).padStart(36, '0')}"`).join(', ');
    const text = `T | where Name in~ (${ids}, "BETA") | project Name`;
    await run(text);
    const before = process.cpuUsage();
    expect((await run(text)).rows).toEqual([['beta']]);
    const {user, system} = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(150);
  });
});

describe('refusals', () => {
  test.each([
    ['T | where', 'SyntaxError', /could not be parsed/],
    ['T | were Name == "a"', 'SyntaxError', /'were'/],
    ['T | where Name == "open', 'SyntaxError', /could not be parsed/],
    ['T | where Name = "a"', 'SyntaxError', /'='/],
    ['T | project (((Name)', 'SyntaxError', /end of query/],
    [`T | where ${'('.repeat(500)}1`, 'SyntaxError', /could not be parsed/],
    ['U | take 1', 'SemanticError', /'U'/],
    ['T | where nope == 1', 'SemanticError', /'nope'/],
    ['T | where nope(Name)', 'SemanticError', /Unknown function: 'nope'/],
    ['T | where Name == 1', 'SemanticError', /string and long/],
    ['T | where At > "2024"', 'SemanticError', /datetime and string/],
    ['T | where Name', 'SemanticError', /not bool/],
    ['T | project Name.x', 'SemanticError', /dynamic/],
    ['T | project trim("(", Name)', 'SemanticError', /ill-formed/],
    ['T | project trim(Name)', 'SemanticError', /number of arguments/],
    ['T | where Count + "a" == 1', 'SemanticError', /'\+'/],
  ])('%s is a %s', async (text, kind, message) => {
    await expect(run(text)).rejects.toMatchObject({kind, message: expect.stringMatching(message)});
  });
});

/** A dynamic null is shown as null. */
function nullBag(row: Cell[]): Cell[] {
  return row.map((cell) => (cell === 'null' ? null : cell));
}
