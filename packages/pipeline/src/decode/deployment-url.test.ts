import {expect, test} from 'vitest';

import {deploymentOfUrl} from './deployment-url.ts';

test.each([
  ['https://x.example/openai/deployments/chat-4o/chat/completions?api-version=2024-06-01', 'chat-4o'],
  ['/openai/Deployments/chat', 'chat'],
  ['/deployments/chat?x=/deployments/other', 'chat'],
  ['/deployments/a%20b/', 'a b'],
  ['/deployments/a%zz/', 'a%zz'],
])('%s names %s', (url, deployment) => {
  expect(deploymentOfUrl(url)).toBe(deployment);
});

test.each([
  '/openai/v1/responses',
  '/deployments/',
  '/deployments',
  '',
  undefined,
  5,
  `${'x'.repeat(5_000)}/deployments/a`,
])('a URL without a deployment names none (%#)', (url) => {
  expect(deploymentOfUrl(url)).toBeUndefined();
});
