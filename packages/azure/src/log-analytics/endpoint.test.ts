import {expect, test} from 'vitest';

import {LogAnalyticsSettingError, queryTarget, workspaceIds, workspacesMax} from './endpoint.ts';

test.each([
  ['public', 'https://api.loganalytics.io'],
  ['usgov', 'https://api.loganalytics.us'],
  ['china', 'https://api.loganalytics.azure.cn'],
] as const)('the %s cloud is asked at its own host, with its own audience', (cloud, url) => {
  expect(queryTarget({cloud})).toEqual({url, audience: url, security: 'https'});
});

test('an endpoint of its own keeps the audience of the cloud', () => {
  const target = queryTarget({cloud: 'usgov', endpoint: 'https://logs.contoso.example:8443/'});
  expect(target).toEqual({
    url: 'https://logs.contoso.example:8443',
    audience: 'https://api.loganalytics.us',
    security: 'https',
  });
});

test.each(['http://127.0.0.1:4021', 'http://localhost:4021', 'http://[::1]:4021'])(
  '%s is loopback and needs no token',
  (endpoint) => {
    expect(queryTarget({cloud: 'public', endpoint})).toMatchObject({url: endpoint, security: 'loopback'});
  },
);

test('https to loopback is treated like any other https endpoint', () => {
  expect(queryTarget({cloud: 'public', endpoint: 'https://127.0.0.1:4021'}).security).toBe('https');
});

test.each([
  'http://api.loganalytics.io',
  'http://127.0.0.1.contoso.example',
  'http://10.0.0.4:4021',
  'http://localhost.contoso.example',
  'http://localhost@contoso.example',
  'ws://localhost',
  'localhost:4021',
  'https://contoso.example/v1',
  'https://contoso.example/?a=b',
  '',
])('the endpoint %j is refused, and the variable named', (endpoint) => {
  expect(() => queryTarget({cloud: 'public', endpoint})).toThrow(LogAnalyticsSettingError);
  expect(() => queryTarget({cloud: 'public', endpoint})).toThrow(/LOG_ANALYTICS_ENDPOINT/);
});

test('several workspaces are a comma list, each asked once', () => {
  expect(workspaceIds('a')).toEqual({first: 'a', others: []});
  expect(workspaceIds('a, b,c,a')).toEqual({first: 'a', others: ['b', 'c']});
});

test.each([
  '',
  ' ',
  'a,,b',
  'a/b',
  'a b',
  '../x',
  Array.from({length: workspacesMax + 1}, (_, i) => `w${i}`).join(','),
])('the workspace list %j is refused', (list) => {
  expect(() => workspaceIds(list)).toThrow(/LOG_ANALYTICS_WORKSPACE_ID/);
});
