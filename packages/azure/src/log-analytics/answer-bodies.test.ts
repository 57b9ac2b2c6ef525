import {once} from 'node:events';
import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http';
import {createGzip, gzipSync} from 'node:zlib';
import {
  createDefaultHttpClient,
  createPipelineFromOptions,
  createPipelineRequest,
} from '@azure/core-rest-pipeline';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {AnswerBodies} from './answer-bodies.ts';
import {AnswerReader} from './answer-reader.ts';
import {LogAnalyticsDiagnostics} from './log-analytics-diagnostics.ts';

/** Far less than the 90 s after which a query without an answer ends. */
const soonMs = 10_000;
const head = '{"tables":[{"columns":[{"name":"a"}],"rows":[';
const gzip = {'content-encoding': 'gzip'};

let server: Server;
let answer: (response: ServerResponse, request: IncomingMessage) => void;
let port: number;
beforeEach(async () => {
  server = createServer((request, response) => {
    request.resume();
    answer(response, request);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const ask = () =>
  new LogAnalyticsDiagnostics({workspaceId: 'ws-1', endpoint: `http://127.0.0.1:${port}`}).slice({
    fromMs: 0,
    toMs: 1,
  });

test('a compressed answer is asked for, and read', async () => {
  let asked: IncomingMessage['headers'] = {};
  answer = (response, request) => {
    asked = request.headers;
    response.writeHead(200, gzip).end(gzipSync(`${head}["x"]]}]}`));
  };
  expect(await ask()).toMatchObject({
    kind: 'unavailable',
    cause: expect.stringContaining('lacks the column'),
  });
  expect(asked).toMatchObject({
    'accept-encoding': 'gzip',
    'content-type': 'application/json',
    'cache-control': 'no-cache',
    'content-length': expect.stringMatching(/^\d+$/),
  });
});

test('a compressed refusal still says what is wrong', async () => {
  const body = {error: {code: 'InsufficientAccessError', message: 'The caller has no access.'}};
  answer = (response) =>
    response
      .writeHead(403, {...gzip, 'content-type': 'application/json'})
      .end(gzipSync(JSON.stringify(body)));
  expect(await ask()).toEqual({
    kind: 'forbidden',
    reason: expect.stringContaining('InsufficientAccessError'),
  });
});

test.each(['gzip', 'identity'])(
  'an answer (%s) whose connection breaks is unavailable at once',
  {timeout: soonMs},
  async (encoding) => {
    const rows = Buffer.from(`${head}${'["x"],'.repeat(50_000)}`);
    const bytes = encoding === 'gzip' ? gzipSync(rows) : rows;
    answer = (response) => {
      response.writeHead(200, {...(encoding === 'gzip' && gzip), 'content-length': bytes.length});
      response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
    };
    expect(await ask()).toEqual({kind: 'unavailable', cause: 'ECONNRESET'});
  },
);

test.each(['gzip', 'identity'])(
  'an answer (%s) that never ends is refused at its bound, and its connection closed',
  {timeout: soonMs},
  async (encoding) => {
    const closed = Promise.withResolvers<void>();
    answer = (response) => {
      response.writeHead(200, encoding === 'gzip' ? gzip : {});
      const body = encoding === 'gzip' ? createGzip() : response;
      if (body !== response) body.pipe(response);
      const more = (): void => {
        while (!response.destroyed && body.write(`{"tables":[{"columns":[{"name":"${'x'.repeat(65_536)}`));
      };
      body.on('drain', more);
      response.on('close', () => closed.resolve());
      more();
    };
    const {signal} = new AbortController();
    const bodies = new AnswerBodies();
    const rows = {begin: () => {}, take: () => {}};
    bodies.expect(signal, new AnswerReader(rows, {lengthMax: 1_000_000}));
    const pipeline = createPipelineFromOptions({});
    pipeline.addPolicy(bodies.policy, {afterPhase: 'Sign'});
    const request = createPipelineRequest({
      url: `http://127.0.0.1:${port}`,
      allowInsecureConnection: true,
      abortSignal: signal,
    });
    await expect(pipeline.sendRequest(createDefaultHttpClient(), request)).rejects.toThrow(TypeError);
    await closed.promise;
  },
);
