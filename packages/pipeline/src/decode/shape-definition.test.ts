import {describe, expect, test} from 'vitest';

import {builtInShapes, createDecoder} from './decode.ts';
import type {DecodedRecord, Shape} from './decode.ts';
import {shapeFromDefinition} from './shape-definition.ts';

const definition = {
  name: 'contoso-proxy',
  recognise: {has: ['callId', 'route.region'], equals: {kind: 'llm'}},
  fields: {
    requestId: ['answer.headers.apim-request-id', 'callId'],
    eventTime: 'at',
    region: 'route.region',
    deploymentUrl: 'url',
    model: 'answer.model',
    consumer: 'app',
    consumerKey: 'key',
    product: 'plan',
    status: 'answer.status',
    stream: 'streamed',
    usage: 'answer.usage',
    remainingTokens: 'answer.headers.x-ratelimit-remaining-tokens',
  },
  time: {unit: 'us'},
  absent: ['n/a'],
};
const object = {
  kind: 'llm',
  callId: 'c-1',
  at: 1_715_951_700_123_456,
  route: {region: 'East US 2'},
  url: '/openai/deployments/chat/completions',
  app: 'n/a',
  key: 'secret',
  answer: {
    status: '200',
    model: 'gpt-4o',
    usage: {input_tokens: 9, output_tokens: 2},
    headers: {'Apim-Request-Id': ['AA-1', 'AA-2'], 'X-RateLimit-Remaining-Tokens': '41,40'},
  },
};

function shapeOf(changes: Record<string, unknown> = {}): Shape {
  const made = shapeFromDefinition({...definition, ...changes});
  if (made.kind === 'invalid') throw new Error(JSON.stringify(made.problems));
  return made.shape;
}

function read(changes: Record<string, unknown>, body: Record<string, unknown>): DecodedRecord {
  const decoder = createDecoder({shapes: [shapeOf(changes), ...builtInShapes]});
  return decoder.decode(body, 0)[0]!;
}

test('a defined shape is read like a built-in one', () => {
  expect(read({}, object)).toMatchObject({
    kind: 'event',
    event: {
      requestId: 'aa-2',
      eventTimeMs: 1_715_951_700_123,
      region: 'eastus2',
      deployment: 'chat',
      model: 'gpt-4o',
      consumer: '2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b',
      product: 'unknown',
      status: 200,
      stream: undefined,
      promptTokens: 9,
      completionTokens: 2,
      totalTokens: 11,
      tokenSource: 'reported',
      remainingTokens: 41,
      shape: 'contoso-proxy',
      missing: [],
    },
  });
});

test('the next path counts where one leads to nothing', () => {
  const answer = {...object.answer, headers: {'apim-request-id': ''}};
  expect(read({}, {...object, answer})).toMatchObject({event: {requestId: 'c-1'}});
});

test('an object without one of its marks is another shape', () => {
  for (const other of [
    {...object, kind: 'probe'},
    {...object, callId: undefined},
    {...object, route: 'x'},
  ]) {
    expect(read({}, other)).toMatchObject({reason: 'unknown shape', shape: 'contoso-proxy'});
  }
});

describe('a time', () => {
  test.each([
    [{unit: 's'}, 1_715_951_700, 1_715_951_700_000],
    [{unit: 'ms'}, '1715951700123', 1_715_951_700_123],
    [{unit: 'ns'}, '1715951700123456789', 1_715_951_700_123],
    [{unit: 's'}, '2024-05-17T13:15:00Z', 1_715_951_700_000],
    [{format: 'dd.MM.yyyy HH:mm:ss', offset: '+02:00'}, '17.05.2024 15:15:00', 1_715_951_700_000],
    [undefined, 1_715_951_700, 1_715_951_700_000],
  ])('of %j is read from %j', (time, at, expected) => {
    expect(read({time}, {...object, at})).toMatchObject({event: {eventTimeMs: expected}});
  });

  test.each([
    [{unit: 'ms'}, 1_715_951_700],
    [{unit: 'ns'}, 1_715_951_700_123],
    [{format: 'dd.MM.yyyy'}, '2024-05-17'],
    [{format: 'dd.MM.yyyy'}, '30.02.2024'],
  ])('of %j that is none is a dead letter: %j', (time, at) => {
    expect(read({time}, {...object, at})).toMatchObject({kind: 'malformed', reason: 'bad time'});
  });
});

test('counts of a gateway that counts by itself are estimated', () => {
  const fields = {...definition.fields, promptTokens: 'p', completionTokens: 'c'};
  expect(read({fields, tokens: 'estimated'}, {...object, p: '3', c: 4})).toMatchObject({
    event: {promptTokens: 3, completionTokens: 4, totalTokens: 7, tokenSource: 'estimated'},
  });
});

test('what it lacks and requires follows from its paths', () => {
  const shape = shapeOf({fields: {requestId: 'id', promptTokens: 'p', consumerKey: 'k'}});
  expect(shape.requiredKeys).toEqual(['callId', 'route', 'kind']);
  expect(shape.lacks).not.toContain('consumer');
  expect(shape.lacks).not.toContain('totalTokens');
  expect(shape.lacks).toContain('completionTokens');
  expect(shape.lacks).toContain('region');
});

describe('a definition is refused with the place and an example', () => {
  test.each<[string, unknown]>([
    ['', 'text'],
    ['colour', {...definition, colour: 1}],
    ['name', {...definition, name: 'Not A Name'}],
    ['name', {...definition, name: 'weir'}],
    ['name', {...definition, name: 'apim-comma-joined'}],
    ['description', {...definition, description: 'two\nlines'}],
    ['recognise', {...definition, recognise: undefined}],
    ['recognise', {...definition, recognise: {}}],
    ['recognise.has', {...definition, recognise: {has: 'a..b'}}],
    ['recognise.has[1]', {...definition, recognise: {has: ['a', 5]}}],
    ['recognise.equals.kind', {...definition, recognise: {equals: {kind: {}}}}],
    ['fields', {...definition, fields: undefined}],
    ['fields', {...definition, fields: {}}],
    ['fields.colour', {...definition, fields: {colour: 'a', model: 'b'}}],
    ['fields.model', {...definition, fields: {model: []}}],
    ['time.unit', {...definition, time: {unit: 'min'}}],
    ['time.format', {...definition, time: {format: 'HH:mm'}}],
    ['time.offset', {...definition, time: {offset: '+02:00'}}],
    ['tokens', {...definition, tokens: 'summed'}],
    ['absent', {...definition, absent: 'NA'}],
  ])('%s (%#)', (path, value) => {
    const made = shapeFromDefinition(value);
    expect(made).toMatchObject({kind: 'invalid', problems: [{path}]});
    expect(made.kind === 'invalid' ? made.problems.length : 0).toBe(1);
    expect(JSON.stringify(made)).not.toContain('"example":""');
  });

  test('and all problems come at once', () => {
    const made = shapeFromDefinition({name: '', recognise: {has: 'a'}, fields: {model: '..'}, tokens: 1});
    const paths = made.kind === 'invalid' ? made.problems.map(({path}) => path) : [];
    expect(paths.toSorted()).toEqual(['fields.model', 'name', 'tokens']);
  });
});
