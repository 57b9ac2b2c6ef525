import assert from 'node:assert/strict';
import {expect, onTestFinished, test} from 'vitest';
import {WorkerProcess} from './worker-process.ts';

const key = Buffer.from('a key that must not be told').toString('base64');
/** All by TLS. None of these hosts exists: a worker that gets as far as to ask for one does not end with 2. */
const safe = {
  EVENT_HUBS_CONNECTION_STRING: `Endpoint=sb://weir.invalid;SharedAccessKeyName=listen;SharedAccessKey=${key}`,
  EVENT_HUB_NAME: 'gateway-logs',
  STORAGE_CONNECTION_STRING: `DefaultEndpointsProtocol=https;AccountName=weir;AccountKey=${key};EndpointSuffix=weir.invalid`,
  LOG_ANALYTICS_WORKSPACE_ID: '00000000-0000-4000-8000-000000000000',
  LOG_ANALYTICS_ENDPOINT: 'https://logs.weir.invalid',
  COSMOS_ENDPOINT: 'https://cosmos.weir.invalid',
  COSMOS_KEY: key,
};

async function start(
  changes: Readonly<Record<string, string>>,
): Promise<{code: number | null; stderr: string; text: string}> {
  const worker = new WorkerProcess({variables: {...safe, WEIR_HTTP_PORT: '0', ...changes}});
  onTestFinished(() => worker.kill());
  const {code} = await worker.exited;
  return {code, stderr: worker.stderr, text: `${worker.stdout}${worker.stderr}`};
}

test.for<[variable: keyof typeof safe | 'STORAGE_ACCOUNT_URL', value: string]>([
  ['EVENT_HUBS_CONNECTION_STRING', `${safe.EVENT_HUBS_CONNECTION_STRING};UseDevelopmentEmulator=true`],
  ['STORAGE_CONNECTION_STRING', safe.STORAGE_CONNECTION_STRING.replace('https', 'http')],
  ['STORAGE_CONNECTION_STRING', `${safe.STORAGE_CONNECTION_STRING};BlobEndpoint=http://blob.weir.invalid`],
  ['STORAGE_ACCOUNT_URL', 'http://blob.weir.invalid'],
  ['LOG_ANALYTICS_ENDPOINT', 'http://logs.weir.invalid'],
  ['COSMOS_ENDPOINT', 'http://cosmos.weir.invalid'],
])('%s without TLS to another machine ends the start with 2 and is named', async ([variable, value]) => {
  const {code, stderr, text} = await start({[variable]: value});
  assert.equal(code, 2, text);
  expect(stderr).toMatch(new RegExp(`^weir: ${variable} .*(plain http|without TLS)`));
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(text).not.toContain(key);
});

test('by TLS the same hosts are asked for', async () => {
  const {code, text} = await start({});
  assert.equal(code, 1, text);
  expect(text).toMatch(/Storage account .*: no usable answer/);
  expect(text).not.toContain(key);
});
