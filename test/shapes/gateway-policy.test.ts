import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';

import {describeCase} from './corpus.ts';
import {expressionProblems, propertyNames} from './policy-expression.ts';
import {parseWellFormed, type XmlPiece} from './well-formed-xml.ts';

const folder = join(import.meta.dirname, '../../infra/gateway/apim');
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
const files = ['weir-caller.xml', 'weir-log.xml', 'policy.xml'];
const log = parseWellFormed(read('weir-log.xml'));
const logger = log.find(({path}) => path.endsWith('/log-to-eventhub'))!;

function expressionsOf(pieces: readonly XmlPiece[]): string[] {
  const values = pieces.flatMap(({attributes, text}) => [...Object.values(attributes), text.trim()]);
  return values.filter((value) => value.startsWith('@'));
}

describe.each(files)('%s', (name) => {
  const pieces = parseWellFormed(read(name));

  test('is well-formed, and its expressions use what API Management documents', () => {
    const expressions = expressionsOf(pieces);
    expect(expressions.length).toBeGreaterThan(1);
    for (const expression of expressions) {
      expect({expression, problems: expressionProblems(expression)}).toEqual({expression, problems: []});
    }
  });
});

describe.each(files.filter((name) => name !== 'policy.xml'))('%s', (name) => {
  test('is a fragment within its limits', () => {
    // No sections, no fragments, at most 32 KB: https://learn.microsoft.com/azure/api-management/policy-fragments
    const [root, ...others] = parseWellFormed(read(name)).map(({path}) => path);
    expect(root).toBe('fragment');
    const refused = /\/(?:inbound|outbound|backend|on-error|base|include-fragment)$/;
    expect(others.filter((path) => refused.test(path))).toEqual([]);
    expect(Buffer.byteLength(read(name))).toBeLessThan(32_768);
  });
});

test('the example policy has the four sections, and names the fragments by their files', () => {
  const pieces = parseWellFormed(read('policy.xml'));
  const sections = pieces.map(({path}) => path).filter((path) => path.split('/').length === 2);
  expect(sections).toEqual(['inbound', 'backend', 'outbound', 'on-error'].map((name) => `policies/${name}`));
  const included = pieces.flatMap(({attributes}) => attributes['fragment-id'] ?? []);
  expect(included).toEqual(['weir-caller', 'weir-log', 'weir-log']);
});

test('every variable that an expression reads is set, or asked for first', () => {
  const all = files.flatMap((name) => parseWellFormed(read(name)));
  const set = new Set(
    all.filter(({path}) => path.endsWith('/set-variable')).map(({attributes}) => attributes['name']),
  );
  for (const expression of expressionsOf(all)) {
    for (const [, name] of expression.matchAll(/context\.Variables\["(\w+)"\]/g)) expect(set).toContain(name);
  }
});

test('the body is read in one place only, behind the check that it is JSON and no stream', () => {
  const reads = files.flatMap((name) =>
    read(name)
      .split('\n')
      .filter((line) => /Body\.As/.test(line)),
  );
  expect(reads).toEqual(['            answer = response.Body.As&lt;JObject&gt;(preserveContent: true);']);
  expect(logger.text).toMatch(
    /if \([^)]*type\.StartsWith\("application\/json"\) && encoding == ""\) \{\s*try \{\s*answer = response\.Body/,
  );
});

test('the request id is the partition key, and the fragment sends once', () => {
  expect(logger.attributes).toEqual({
    'logger-id': 'weir',
    'partition-key': '@((string)context.Variables["weirPartitionKey"])',
  });
  expect(log.find(({path}) => path.endsWith('/when'))?.attributes['condition']).toContain('"weirLogged"');
});

const events = read('events.ndjson').trimEnd().split('\n');

test('the documented events have the fields of the fragment, in its order', () => {
  for (const event of events)
    expect(Object.keys(JSON.parse(event) as object)).toEqual(propertyNames(logger.text));
});

test('the documented events are read as what they are', async () => {
  const described = await describeCase({folder: 'weir', name: 'events', lines: events, expected: []});
  expect(described.map(({shape, outcome}) => [shape, outcome])).toEqual(events.map(() => ['weir', 'event']));
  expect(described.map(({missing}) => missing)).toEqual([[], [], [], ['requestId', 'status', 'region']]);
  expect(described.map(({event}) => event)).toMatchObject([
    {
      requestId: '3f6e2a10-0000-4000-8000-0000000000aa',
      eventTime: '2024-05-17T13:15:00.123Z',
      region: 'eastus2',
      deployment: 'chat',
      model: 'gpt-4o-2024-08-06',
      consumer: '5b0e2f4c-0000-4000-8000-000000000002',
      product: 'std',
      status: 200,
      stream: false,
      promptTokens: 150,
      completionTokens: 50,
      totalTokens: 200,
      cachedTokens: 128,
      reasoningTokens: 0,
      tokenSource: 'reported',
      remainingRequests: 41,
      remainingTokens: 39_120,
    },
    {stream: true, tokenSource: 'unknown', model: null, consumer: 'team-a', remainingTokens: 38_900},
    {status: 429, stream: null, tokenSource: 'unknown', consumer: 'team-b', remainingRequests: 0},
    {requestId: null, region: null, status: null},
  ]);
});

describe('the checks see what is wrong', () => {
  test.each([
    ['<a><b></a>', /ends nothing/],
    ['<a>x & y</a>', /unescaped &/],
    ['<a b="1" b="2"/>', /twice/],
    ['<a b=1/>', /has no end/],
    ['<a>1 < 2</a>', /a bare </],
    ['<a/><b/>', /second root/],
    ['<a><!-- -- --></a>', /two hyphens/],
    ['<a>', /without end/],
  ])('%s', (xml, problem) => {
    expect(() => parseWellFormed(xml)).toThrow(problem);
  });

  test.each([
    ['@(context.Body)', 'context.Body is not documented'],
    ['@(Environment.Exit(1))', 'Environment.Exit is not an allowed type'],
    ['@{ var a = 1; }', 'no return at the end'],
    ['@((1)', ') is missing'],
    ['@("a)', 'a text or character without end'],
  ])('%s', (expression, problem) => {
    expect(expressionProblems(expression)).toContain(problem);
  });
});
