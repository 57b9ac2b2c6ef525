import {connect} from 'node:net';
import {text as textOf} from 'node:stream/consumers';
import {pino} from 'pino';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {ConfigurationError} from '../config/configuration-error.ts';
import {createMetrics} from '../metrics.ts';
import {startHttpServer, type HttpServer} from './http-server.ts';
import type {Health, StatusReport, StatusSource} from './status-source.ts';

const report: StatusReport = {
  version: '0.1.0',
  started: '2024-05-17T13:00:00.000Z',
  partitions: [
    {
      id: '0',
      state: 'reading',
      head: 10,
      frontier: 8,
      lagSeconds: 0.5,
      open: 2,
      waiting: 2,
      watermark: undefined,
    },
  ],
  join: {waiting: 2, matched: 5, unmatched: 1, feed: 'on', feedLagSeconds: 60, queries: 3},
  output: {writes: 4, throttles: 0, requestUnits: 40.5, concurrency: 16},
  troubles: [{since: '2024-05-17T13:01:00.000Z', sentence: '</script><b>Bad & \u2028worse</b>'}],
};

let health: Health;
let failing: boolean;
let server: HttpServer;

const status: StatusSource = {
  health: () => health,
  status: () => {
    if (failing) throw new Error('AccountKey=secret');
    return report;
  },
  regions: () => [],
};

function start(port = 0) {
  const log = pino({level: 'silent'});
  return startHttpServer({host: '127.0.0.1', port, status, metrics: createMetrics(), log});
}

function ask(path: string, init?: RequestInit) {
  return fetch(new URL(path, server.url), init);
}

/** What a client gets that does not speak like fetch. */
async function raw(request: string): Promise<string> {
  const socket = connect({port: server.port, host: '127.0.0.1'});
  socket.end(request);
  return textOf(socket);
}

beforeEach(async () => {
  health = {live: true, ready: true, sentence: 'Owns 1 of 1 partitions.'};
  failing = false;
  server = await start();
});

afterEach(() => server.close());

describe('health', () => {
  test('ready is 200 or 503, with one sentence', async () => {
    const ready = await ask('/health/ready');
    expect([ready.status, await ready.text()]).toEqual([200, 'Owns 1 of 1 partitions.\n']);
    health = {live: true, ready: false, sentence: 'Connects to Event Hubs.'};
    const waiting = await ask('/health/ready');
    expect([waiting.status, await waiting.text()]).toEqual([503, 'Connects to Event Hubs.\n']);
    expect((await ask('/health/live')).status).toBe(200);
  });

  test('live is 503 only after a fatal error', async () => {
    health = {live: false, ready: true, sentence: 'A journal could not be written.'};
    const answers = await Promise.all([ask('/health/live'), ask('/health/ready')]);
    expect(answers.map((answer) => answer.status)).toEqual([503, 503]);
  });
});

describe('every answer', () => {
  test.each([
    '/',
    '/status.css',
    '/status.js',
    '/favicon.svg',
    '/api/status',
    '/api/regions',
    '/metrics',
    '/none',
  ])('%s may run nothing inline, is not sniffed, cached or framed, and tells no referrer', async (path) => {
    const {headers} = await ask(path);
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; form-action 'none'",
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cache-control')).toBe('no-store');
  });

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('%s is refused with 405', async (method) => {
    const answer = await ask('/api/status', {method});
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('GET, HEAD');
  });

  test('HEAD has the headers of GET and no body', async () => {
    const [got, head] = await Promise.all([ask('/'), ask('/', {method: 'HEAD'})]);
    expect(head.status).toBe(200);
    expect(head.headers.get('content-length')).toBe(got.headers.get('content-length'));
    expect(await head.text()).toBe('');
  });

  test.each(['/none', '/assets/status.css', '/..%2f..%2fpackage.json', '/health', '/__proto__'])(
    '%s is refused with 404',
    async (path) => {
      expect((await ask(path)).status).toBe(404);
    },
  );

  test('a body is refused with 413, a large header with 431, and no HTTP with 400', async () => {
    expect(await raw('GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello')).toMatch(
      /^HTTP\/1.1 413/,
    );
    expect(await raw(`GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(9_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 431/,
    );
    expect(await raw('hello\r\n\r\n')).toMatch(/^HTTP\/1.1 400/);
  });

  test('a page that fails says so without saying what', async () => {
    failing = true;
    const answer = await ask('/api/status');
    expect([answer.status, await answer.text()]).toEqual([500, 'This page failed; the log says why.\n']);
  });
});

describe('data', () => {
  test('the status is JSON in which nothing can be taken for markup', async () => {
    const answer = await ask('/api/status?x=1');
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const body = await answer.text();
    expect(body).not.toMatch(/[<>&\u2028]/);
    expect(JSON.parse(body)).toEqual({...JSON.parse(JSON.stringify(report)), health});
  });

  test('metrics are in the text format of Prometheus', async () => {
    const answer = await ask('/metrics');
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(await answer.text()).toContain('weir_records_total 0');
  });

  test('the page has no inline script or style', async () => {
    const page = await (await ask('/')).text();
    expect(page).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/);
    expect(await (await ask('/status.js')).text()).not.toMatch(
      /innerHTML|insertAdjacentHTML|document\.write/,
    );
  });
});

describe('starting and closing', () => {
  test('a port in use names the variable to change', async () => {
    const second = start(server.port);
    await expect(second).rejects.toThrow(ConfigurationError);
    await expect(second).rejects.toThrow(/^WEIR_HTTP_PORT: port \d+ on 127\.0\.0\.1 is in use/);
  });

  test('closing ends connections that were kept alive, and may be asked for twice', async () => {
    await ask('/health/live');
    await server.close();
    await server.close();
    await expect(ask('/health/live')).rejects.toThrow('fetch failed');
  });
});
