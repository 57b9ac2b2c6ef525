import {expect, test} from 'vitest';
import {loadConfig} from './config.ts';

const basics = {
  EVENT_HUBS_NAMESPACE: 'contoso',
  EVENT_HUB_NAME: 'gateway-events',
  STORAGE_ACCOUNT_URL: 'https://contoso.blob.core.windows.net',
  LOG_ANALYTICS_WORKSPACE_ID: '11111111-2222-3333-4444-555555555555',
  COSMOS_ENDPOINT: 'https://contoso.documents.azure.com',
};

function views(text: string) {
  return loadConfig({env: basics, file: {name: 'weir.yaml', text}}).config.views;
}

test('views in the file replace the defaults, and take the global shards unless they say', () => {
  const text = `
shards: 4
views:
  - {name: all, on: resolved, groupBy: [], windows: [5m]}
  - {name: people, on: resolved, groupBy: [principal], windows: [1h, 1d], shards: 2}
`;
  expect(views(text)).toEqual([
    {name: 'all', on: 'resolved', groupBy: [], windows: ['5m'], shards: 4},
    {name: 'people', on: 'resolved', groupBy: ['principal'], windows: ['1h', '1d'], shards: 2},
  ]);
});

test('a variable brings the same list in one line', () => {
  const env = {...basics, WEIR_VIEWS: '[{"name":"v","on":"resolved","groupBy":["region"],"windows":["1h"]}]'};
  expect(loadConfig({env}).config.views).toEqual([
    {name: 'v', on: 'resolved', groupBy: ['region'], windows: ['1h'], shards: 1},
  ]);
});

const view = (changed: string) =>
  `views: [{name: v, on: arrival, groupBy: [region], windows: [5m], ${changed}}]`;

test.each([
  ['views: []', /views in weir.yaml: /],
  ['views: nonsense', /views in weir.yaml: /],
  [
    'views: [{name: V, on: arrival, groupBy: [], windows: [5m]}]',
    /views in weir.yaml\[0\].name: is not 1 to 40/,
  ],
  ['views: [{name: v, on: leaving, groupBy: [], windows: [5m]}]', /\[0\].on: /],
  ['views: [{name: v, on: arrival, groupBy: [], windows: []}]', /\[0\].windows: /],
  ['views: [{name: v, on: arrival, groupBy: [], windows: [7m]}]', /\[0\].windows\[0\]: .*5m/],
  ['views: [{name: v, on: arrival, groupBy: [city], windows: [5m]}]', /\[0\].groupBy\[0\]: .*region/],
  ['views: [{name: v, on: arrival, groupBy: [region, region], windows: [5m]}]', /names a dimension twice/],
  [
    'views: [{name: v, on: arrival, groupBy: [principal], windows: [5m]}]',
    /cannot hold principal in an arrival view/,
  ],
  ['views: [{name: v, on: arrival, groupBy: [modelVersion], windows: [5m]}]', /cannot hold modelVersion/],
  [view('shards: 0'), /\[0\].shards: is less than 1/],
  [view('window: [1h]'), /"window" is not a key of a view; did you mean windows\?/],
  [
    'views: [{name: v, on: arrival, groupBy: [], windows: [5m]}, {name: v, on: arrival, groupBy: [], windows: [5m]}]',
    /two views the same name/,
  ],
])('views that cannot be are refused: %s', (text, message) => {
  expect(() => views(text)).toThrow(message);
});

test('an arrival view may group by what the gateway knows of the answer', () => {
  const text = 'views: [{name: v, on: arrival, groupBy: [model, streamType], windows: [5m]}]';
  expect(views(text)[0]?.groupBy).toEqual(['model', 'streamType']);
});
