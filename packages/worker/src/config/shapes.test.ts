import {expect, test} from 'vitest';
import {loadConfig} from './config.ts';
import {ConfigurationError} from './configuration-error.ts';
import {loadDecoding} from './decoding.ts';
import {describeConfig} from './describe.ts';
import type {Sources} from './layers.ts';

const basics = {
  EVENT_HUBS_NAMESPACE: 'contoso',
  EVENT_HUB_NAME: 'gateway-events',
  STORAGE_ACCOUNT_URL: 'https://contoso.blob.core.windows.net',
  LOG_ANALYTICS_WORKSPACE_ID: '11111111-2222-3333-4444-555555555555',
  COSMOS_ENDPOINT: 'https://contoso.documents.azure.com',
};

const yaml = (text: string) => ({file: {name: 'weir.yaml', text}});
const own = 'shapes: [{name: own, recognise: {equals: {v: 2}}, fields: {model: m}}]';

function load(others: Omit<Sources, 'env'>, env: NodeJS.ProcessEnv = {}) {
  return loadConfig({env: {...basics, ...env}, ...others}).config;
}

function problems(sources: Sources): readonly string[] {
  try {
    loadDecoding(sources);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

test('there are no shapes of a user by default, and texts are not read', () => {
  expect(load({})).toMatchObject({shapes: [], textShapes: 'none'});
  expect(load(yaml('shapes:\n')).shapes).toEqual([]);
  expect(load(yaml('shapes: []')).shapes).toEqual([]);
});

test.each([
  ['the file', yaml(own), {}],
  ['a variable', {}, {WEIR_SHAPES: own.replace('shapes: ', '')}],
  ['a flag', {flags: {shapes: own.replace('shapes: ', '')}}, {}],
  ['a flag with a file of nothing else', {flags: {shapes: own}}, {}],
  [
    'a variable in JSON',
    {},
    {WEIR_SHAPES: '[{"name":"own","recognise":{"equals":{"v":2}},"fields":{"model":"m"}}]'},
  ],
])('shapes come from %s, and unquoted numbers are numbers', (_, others, env) => {
  const [shape] = load(others, env).shapes;
  expect(shape?.name).toBe('own');
  expect([shape?.recognise({v: 2}), shape?.recognise({v: '2'})]).toEqual([true, false]);
});

test('a quoted number in a shape is text', () => {
  const [shape] = load(yaml(own.replace('v: 2', "v: '2', b: true"))).shapes;
  expect([shape?.recognise({v: '2', b: true}), shape?.recognise({v: 2, b: true})]).toEqual([true, false]);
});

test('${NAME} in a shape is taken from the environment', () => {
  const [shape] = load(yaml(own.replace('v: 2', 'v: "${KIND}"')), {KIND: 'llm'}).shapes;
  expect(shape?.recognise({v: 'llm'})).toBe(true);
});

test('the description for the log names the shapes', () => {
  expect(describeConfig(load(yaml(own)))).toMatchObject({shapes: '["own"]', textShapes: 'none'});
});

test.each([
  [
    'shapes: own',
    /^shapes in weir.yaml must be a list of shapes; it may be up to 20 shapes, for example \[\{name/,
  ],
  ['shapes: "[{"', /^shapes in weir.yaml is not YAML: .* line 1.*; it may be/],
  ['shapes: [own]', /^shapes\[0\] in weir.yaml must be a map; for example name: my-gateway\.$/],
  [
    'shapes: [{name: own, recognise: {has: [a]}, fields: {model: [b, c..d]}}]',
    /^shapes\[0\]\.fields\.model\[1\] in weir.yaml must be a path; for example headers\.apim-request-id/,
  ],
  [
    'shapes: [{name: weir, recognise: {has: [a]}, fields: {model: b}}]',
    /^shapes\[0\]\.name in weir.yaml must not be the name of a built-in shape; for example my-gateway\.$/,
  ],
  [
    `${own.slice(0, -1)}, {name: own, recognise: {has: a}, fields: {model: b}}]`,
    /^shapes\[1\]\.name in weir.yaml must not/,
  ],
  [
    'textShapes: weir',
    /^textShapes in weir.yaml "weir" is none of the words it may be; it may be none, apim-comma/,
  ],
  ['shape: []', /^shape in weir.yaml is not a key; did you mean shapes\?$/],
])('what is wrong is told with the place, the reason and an example: %s', (text, message) => {
  expect(problems({env: {}, ...yaml(text)})).toEqual([expect.stringMatching(message)]);
});

test('all problems of all shapes come at once, with the flag or variable that brought them', () => {
  const text = '[{name: A, recognise: {has: a}, fields: {}}, {name: b}]';
  expect(problems({env: {WEIR_SHAPES: text}})).toEqual([
    expect.stringMatching(/^WEIR_SHAPES\[0\]\.fields must name/),
    expect.stringMatching(/^WEIR_SHAPES\[0\]\.name must be/),
    expect.stringMatching(/^WEIR_SHAPES\[1\]\.recognise must/),
    expect.stringMatching(/^WEIR_SHAPES\[1\]\.fields must/),
  ]);
});

test('more than 20 shapes are refused', () => {
  const list = Array.from({length: 21}, (_, n) => ({
    name: `s-${n}`,
    recognise: {has: 'a'},
    fields: {model: 'm'},
  }));
  expect(problems({env: {}, flags: {shapes: JSON.stringify(list)}})).toEqual([
    expect.stringMatching(/^--shapes holds more than 20 shapes; it may be up to 20/),
  ]);
});

test('decoding is loaded from a configuration that is otherwise incomplete, whose variables are not set', () => {
  const text = `${own}\ncosmos: {key: "\${COSMOS_SECRET}"}\njoin: {deadline: soon}\ntextShapes: apim-comma-joined`;
  const {shapes, textShapes} = loadDecoding({env: {}, ...yaml(text)});
  expect([shapes[0]?.name, shapes[1]?.name, textShapes[0]?.name]).toEqual([
    'own',
    'weir',
    'apim-comma-joined',
  ]);
});
