import {expect, test} from 'vitest';
import {usableConfig} from './usable-config.ts';

const env = {
  EVENT_HUBS_NAMESPACE: 'contoso',
  EVENT_HUB_NAME: 'gateway-events',
  STORAGE_ACCOUNT_URL: 'https://contoso.blob.core.windows.net',
  LOG_ANALYTICS_WORKSPACE_ID: '11111111-2222-3333-4444-555555555555',
  COSMOS_ENDPOINT: 'https://contoso.documents.azure.com',
};

test('a configuration that a worker takes is usable as it is', () => {
  const {config, problems, unusable} = usableConfig({env});
  expect([problems, [...unusable]]).toEqual([[], []]);
  expect(config.eventHubs.namespace).toBe('contoso.servicebus.windows.net');
});

test('a wrong value is told, and leaves the services usable', () => {
  const {config, problems, unusable} = usableConfig({env: {...env, WEIR_JOIN_DEADLINE: '10x'}});
  expect(problems).toEqual([expect.stringContaining('WEIR_JOIN_DEADLINE')]);
  expect([...unusable]).toEqual([]);
  expect(config.join.deadlineMs).toBe(30 * 60_000);
});

test('settings that do not fit each other are told, and leave the services usable', () => {
  const {problems, unusable} = usableConfig({env: {...env, WEIR_JOIN_DEADLINE: '1m'}});
  expect(problems).toEqual([expect.stringContaining('join.sweepAfter')]);
  expect([...unusable]).toEqual([]);
});

test('only the services whose settings are missing or wrong are unusable', () => {
  const {COSMOS_ENDPOINT: _, ...others} = env;
  const {config, problems, unusable} = usableConfig({env: {...others, STORAGE_CONTAINER: 'X'}});
  expect(problems).toEqual([
    expect.stringContaining('COSMOS_ENDPOINT is not set'),
    expect.stringContaining('STORAGE_CONTAINER'),
  ]);
  expect([...unusable].toSorted()).toEqual(['cosmos', 'storage']);
  expect(config.eventHubs.hub).toBe('gateway-events');
});

test('without anything all services are unusable', () => {
  expect([...usableConfig({env: {}}).unusable].toSorted()).toEqual([
    'cosmos',
    'eventHubs',
    'logAnalytics',
    'storage',
  ]);
});
