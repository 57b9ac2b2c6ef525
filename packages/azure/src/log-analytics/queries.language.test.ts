import {createRequire} from 'node:module';

import {beforeAll, describe, expect, test} from 'vitest';

import {
  clockQuery,
  idsPerQueryMax,
  idsQuery,
  recentQuery,
  rowColumns,
  sliceQuery,
  type BuiltQuery,
} from './queries.ts';

/** The parts of the language service that are used here; its own types describe globals. */
interface KustoColumn {
  readonly Name: string;
  readonly Type: {readonly Name: string};
}
interface KustoList<T> {
  readonly Count: number;
  getItem(index: number): T;
}
interface KustoCode {
  readonly ResultType: {readonly Columns: KustoList<KustoColumn>} | null;
  GetDiagnostics(): KustoList<{readonly Code: string; readonly Message: string}>;
}
interface KustoLanguage {
  readonly KustoCode: {ParseAndAnalyze(text: string, globals: object): KustoCode};
  readonly GlobalState: {readonly Default: {WithDatabase(database: object): object}};
  readonly Symbols: {
    readonly DatabaseSymbol: {readonly ctor: new (name: string, members: object[]) => object};
    readonly TableSymbol: {From(columns: string): {WithName(name: string): object}};
  };
}

const always =
  'TimeGenerated:datetime, Category:string, OperationName:string, ResultSignature:string, CorrelationId:string';
/** What `AzureDiagnostics` looks like in different workspaces. */
const workspaces = {
  'a usual one': `${always}, DurationMs:long, properties_s:string, location_s:string`,
  'one without a row of this kind': `${always}, DurationMs:long`,
  'one past 500 columns': `${always}, DurationMs:long, AdditionalFields:dynamic`,
  'one with a real duration': `${always}, DurationMs:real, properties_s:string, AdditionalFields:dynamic`,
  'one with a duration of text': `${always}, DurationMs:string, properties_s:dynamic, location_s:string`,
  'one without durations': `${always}, properties_s:string, AdditionalFields:string`,
};

const fromMs = Date.parse('2024-05-17T12:00:00.000Z');
const times = {fromMs, toMs: fromMs + 15_000};
const manyIds = Array.from({length: idsPerQueryMax}, (_, index) => {
  return `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
});
const rowQueries: Record<string, BuiltQuery> = {
  'a slice': sliceQuery(times),
  'an empty slice': sliceQuery({fromMs, toMs: fromMs}),
  'a share of a slice': sliceQuery({...times, share: {index: 7, of: 8}}),
  'one id': idsQuery({...times, ids: ['3f6e2a10-0000-4000-8000-0000000000aa']}),
  'an id of digits and dashes': idsQuery({...times, ids: ['0', '-', 'a'.repeat(128)]}),
};

let kusto: KustoLanguage;
let analyze: (text: string, columns: string) => {problems: string[]; columns: string[]};

beforeAll(() => {
  const load = createRequire(import.meta.url);
  load('@kusto/language-service-next/bridge.min.js');
  load('@kusto/language-service-next/Kusto.Language.Bridge.min.js');
  kusto = Reflect.get(Reflect.get(globalThis, 'Kusto'), 'Language');
  analyze = (text, columns) => {
    const table = kusto.Symbols.TableSymbol.From(`(${columns})`).WithName('AzureDiagnostics');
    const database = new kusto.Symbols.DatabaseSymbol.ctor('workspace', [table]);
    const code = kusto.KustoCode.ParseAndAnalyze(text, kusto.GlobalState.Default.WithDatabase(database));
    const columnsFound = code.ResultType === null ? [] : listed(code.ResultType.Columns);
    return {
      problems: listed(code.GetDiagnostics()).map(({Code, Message}) => `${Code} ${Message}`),
      columns: columnsFound.map(({Name, Type}) => `${Name}:${Type.Name}`),
    };
  };
});

function listed<T>(list: KustoList<T>): T[] {
  return Array.from({length: list.Count}, (_, index) => list.getItem(index));
}

const types: Partial<Record<string, string>> = {
  TimeGenerated: 'datetime',
  serverNow: 'datetime',
  DurationMs: 'real',
};
const expectedColumns = rowColumns.map((name) => `${name}:${types[name] ?? 'string'}`);

describe.each(Object.entries(workspaces))('in %s', (_workspace, columns) => {
  test.each(Object.entries(rowQueries))(
    'the query for %s is valid and has the columns we read',
    (_name, query) => {
      expect(analyze(query.text, columns)).toEqual({problems: [], columns: expectedColumns});
    },
  );
});

test('a query for 5,000 ids is valid', () => {
  const {text} = idsQuery({...times, ids: manyIds});
  expect(analyze(text, workspaces['a usual one'])).toEqual({problems: [], columns: expectedColumns});
});

test.each(Object.entries(workspaces))(
  'the query that counts recent rows is valid in %s',
  (_name, columns) => {
    const has = ['hasId', 'hasDuration', 'hasModel', 'hasStreamType'].map((name) => `${name}:bool`);
    expect(analyze(recentQuery(times).text, columns)).toEqual({
      problems: [],
      columns: [...has, 'delaySeconds:long', 'rows:long'],
    });
  },
);

test('the query for the clock is valid', () => {
  expect(analyze(clockQuery().text, always)).toEqual({problems: [], columns: ['serverNow:datetime']});
});

test('the check itself finds a wrong column, function and comparison', () => {
  const text = sliceQuery(times).text;
  const broken = [
    text.replace('CorrelationId, TimeGenerated', 'CorrelationID, TimeGenerated'),
    text.replace('ingestion_time()', 'ingested_time()'),
    text.replace('Category ==', 'Category ='),
  ];
  for (const each of broken) expect(analyze(each, always).problems).not.toEqual([]);
});
