import assert from 'node:assert/strict';
import {expect, test} from 'vitest';
import type {Workload} from '../oracle/workload.ts';
import {diagnosticsRow, gatewayEvent} from './calls.ts';
import {largeBytes, largeHead, sendLarge} from './large-requests.ts';
import {listeningAt} from './listening.ts';
import {Scenario} from './scenario.ts';

const paths = [
  '/',
  '/status.js',
  '/status.css',
  '/favicon.svg',
  '/api/status',
  '/api/regions',
  '/metrics',
  '/health/live',
  '/health/ready',
  '/none',
] as const;
const methods = ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
const markup = '"><script>alert(1)</script><img src=x onerror=alert(1)>';
/** Nothing inline, nothing from elsewhere, in no frame, and no form. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; form-action 'none'";
/** A worker's heap comes and goes by some of it; a body that was kept would show in full. */
const grownBytesMax = largeBytes / 2;

/** Markup wherever an event or a row can hold text. */
const hostile: Workload = {
  records: [0, 1].map((number) => ({
    partitionId: '0',
    enqueuedTimeMs: 0,
    body: Buffer.from(
      JSON.stringify(
        gatewayEvent(number, {
          deployment: markup,
          model: markup,
          productId: markup,
          appId: markup,
          subscriptionId: markup,
        }),
      ),
    ),
  })),
  rows: [
    diagnosticsRow(0, {
      properties_s: JSON.stringify({modelName: markup, modelVersion: markup, streamType: 'Non-Streaming'}),
    }),
  ],
};
/** Its region is none, so it counts under `unknown`. */
const regionOfMarkup = Buffer.from(
  JSON.stringify(gatewayEvent(2, {headers: {'x-ms-region': markup, 'x-markup': markup}})),
);

test('names of events and rows are markup on no page of the worker', {timeout: 60_000}, async () => {
  const scenario = await Scenario.start({partitionCount: 1});
  const worker = scenario.startWorker();
  scenario.publish([...hostile.records, {partitionId: '0', enqueuedTimeMs: 0, body: regionOfMarkup}]);
  scenario.ingest(hostile.rows);
  await scenario.untilCommitted(3);
  await worker.metricsWhen((now) => now.sum('weir_join_outcomes_total') === 3);
  const written = scenario.documents();
  for (const field of ['deployment', 'model', 'product', 'consumer']) {
    assert(
      written.some((document) => document[field] === markup),
      `no document has it in ${field}`,
    );
  }
  expect(new Set(written.map(({region}) => region))).toEqual(
    new Set(['all', 'eastus', 'uksouth', 'unknown']),
  );

  const url = await worker.url();
  expect(new URL(url).hostname).toBe('127.0.0.1');
  for (const path of paths) {
    const {headers, text} = await ask(url, path);
    expect([path, headers.get('content-security-policy')]).toEqual([path, policy]);
    expect([path, headers.get('x-content-type-options')]).toEqual([path, 'nosniff']);
    assert(!text.includes('<script>'), `${path} holds the markup`);
  }
  for (const path of ['/api/status', '/api/regions']) {
    const {headers, text} = await ask(url, path);
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    expect(text).not.toMatch(/[<>&]/);
  }
  expect(worker.stdout).not.toContain('alert(1)');
});

test(
  'no request changes anything: other methods are refused with 405, bodies with 413, 50 MiB are not kept',
  {timeout: 60_000},
  async () => {
    const scenario = await Scenario.start({partitionCount: 1});
    const worker = scenario.startWorker();
    await scenario.untilAllBegun(worker);
    const url = await worker.url();
    for (const path of paths) {
      for (const method of methods) {
        const {status, headers} = await fetch(new URL(path, url), {method});
        expect([method, path, status, headers.get('allow')]).toEqual([method, path, 405, 'GET, HEAD']);
      }
    }
    const port = Number(new URL(url).port);
    expect(await listeningAt(port)).toEqual(['127.0.0.1']);

    const before = (await worker.metrics()).sum('process_resident_memory_bytes');
    for (const [head, answer] of [
      [largeHead('POST', '/api/status'), /^HTTP\/1\.1 405 /],
      [largeHead('GET', '/api/status'), /^HTTP\/1\.1 413 /],
    ] as const) {
      const {text, sentBytes} = await sendLarge({port, head});
      assert(text === '' ? sentBytes < largeBytes : answer.test(text), text.slice(0, 200));
      const after = (await worker.metrics()).sum('process_resident_memory_bytes');
      expect(after - before).toBeLessThan(grownBytesMax);
    }
    expect(await scenario.problemsAtRest({records: [], rows: []})).toEqual([]);
  },
);

async function ask(url: string, path: string): Promise<{headers: Headers; text: string}> {
  const response = await fetch(new URL(path, url));
  return {headers: response.headers, text: await response.text()};
}
