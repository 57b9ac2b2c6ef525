import {once} from 'node:events';
import {createServer, request, type IncomingMessage, type Server, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {createDecoder, builtInShapes, describeDecoded, type DescribedRecord} from '@weir/pipeline';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';

import {createProxy, type KeyedEvent} from '../../infra/gateway/proxy/proxy.ts';
import {answerBytesMax, lineBytesMax, UsageTap} from '../../infra/gateway/proxy/usage-tap.ts';

const chunk = (fields: object): string =>
  `data: ${JSON.stringify({model: 'gpt-4o-2024-08-06', ...fields})}\n\n`;
const text = chunk({choices: [{delta: {content: 'Hi'}}], usage: null});
const usage = chunk({choices: [], usage: {prompt_tokens: 9, completion_tokens: 2, total_tokens: 11}});

describe('the tap', () => {
  function factsOf(contentType: string, ...chunks: string[]): unknown {
    const tap = new UsageTap(contentType);
    for (const one of chunks) tap.take(Buffer.from(one));
    return tap.end();
  }
  const whole = {
    model: 'gpt-4o-2024-08-06',
    usage: {prompt_tokens: 9, completion_tokens: 2, total_tokens: 11},
  };

  test('finds the usage of a stream however it is cut', () => {
    const stream = `${text}${usage}data: [DONE]\n\n`;
    for (let at = 0; at <= stream.length; at++) {
      expect(factsOf('text/event-stream', stream.slice(0, at), stream.slice(at))).toEqual(whole);
    }
  });

  test('finds it in the last event of the Responses API, and in an answer in one piece', () => {
    const completed = `data: ${JSON.stringify({type: 'response.completed', response: whole})}\n\n`;
    expect(factsOf('text/event-stream; charset=utf-8', 'event: response.completed\n', completed)).toEqual(
      whole,
    );
    const answer = JSON.stringify(whole);
    expect(factsOf('application/json', answer.slice(0, 9), answer.slice(9))).toEqual(whole);
  });

  test.each([
    ['a stream without a usage chunk', 'text/event-stream', [text, 'data: [DONE]\n\n']],
    ['a stream that broke off in its usage', 'text/event-stream', [usage.slice(0, 40)]],
    ['an error page', 'text/html', ['<html>']],
    ['a line above the limit', 'text/event-stream', [`data: ${'x'.repeat(lineBytesMax)}`, usage.slice(6)]],
    ['an answer above the limit', 'application/json', ['"', 'x'.repeat(answerBytesMax), '"']],
  ])('finds none in %s', (_, contentType, chunks) => {
    expect(factsOf(contentType, ...chunks)).toMatchObject({usage: undefined});
  });
});

describe('the proxy', () => {
  let backend: Server;
  let proxy: Server;
  let answered: (incoming: IncomingMessage, outgoing: ServerResponse) => void;
  let sent: KeyedEvent[];
  let logged: Promise<void>;

  beforeEach(async () => {
    sent = [];
    backend = createServer((incoming, outgoing) => answered(incoming, outgoing)).listen(0, '127.0.0.1');
    await once(backend, 'listening');
    const told = Promise.withResolvers<void>();
    logged = told.promise;
    const {port} = backend.address() as AddressInfo;
    proxy = createProxy({
      backend: new URL(`http://127.0.0.1:${port}`),
      send: (event) => {
        sent.push(event);
        told.resolve();
      },
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
  });
  afterEach(async () => {
    for (const server of [proxy, backend]) {
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    }
  });

  async function call(path = '/openai/deployments/chat/chat/completions'): Promise<IncomingMessage> {
    const {port} = proxy.address() as AddressInfo;
    const outgoing = request({host: '127.0.0.1', port, path, method: 'POST', agent: false}).end(
      '{"stream":true}',
    );
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    return answer;
  }

  /** The event as it would be read from the hub. */
  async function described(): Promise<DescribedRecord> {
    await logged;
    expect(sent).toHaveLength(1);
    const body = Buffer.from(JSON.stringify(sent[0]!.body));
    const records = createDecoder({shapes: builtInShapes}).decode(body, 0);
    return describeDecoded([{line: 1, records}])[0]!;
  }

  const headers = {
    'content-type': 'text/event-stream',
    'apim-request-id': 'AA-1',
    'x-ms-region': 'East US 2',
    'x-ratelimit-remaining-tokens': '39120',
  };

  test('hands each chunk on before the next one comes, and logs the usage that the caller asked for', async () => {
    let go = (): void => {};
    const goOn = new Promise<void>((resolve) => (go = resolve));
    answered = (_, outgoing) => {
      outgoing.writeHead(200, headers).write(text);
      void goOn.then(() => outgoing.end(`${usage}data: [DONE]\n\n`));
    };
    const answer = await call();
    const [first] = (await once(answer, 'data')) as [Buffer];
    expect([first.toString(), sent]).toEqual([text, []]);
    go();
    await once(answer, 'end');
    expect(await described()).toMatchObject({
      shape: 'weir',
      missing: [],
      event: {
        requestId: 'aa-1',
        region: 'eastus2',
        deployment: 'chat',
        model: 'gpt-4o-2024-08-06',
        status: 200,
        stream: true,
        promptTokens: 9,
        completionTokens: 2,
        totalTokens: 11,
        tokenSource: 'reported',
        remainingTokens: 39_120,
      },
    });
    expect(sent[0]?.partitionKey).toBe('AA-1');
  });

  test('a caller who hangs up is logged with unknown tokens', async () => {
    answered = (_, outgoing) => outgoing.writeHead(200, headers).write(text);
    const answer = await call();
    await once(answer, 'data');
    answer.destroy();
    expect(await described()).toMatchObject({
      event: {requestId: 'aa-1', stream: true, tokenSource: 'unknown'},
    });
  });

  test('a refusal is logged with its status, and no word about a stream', async () => {
    answered = (_, outgoing) =>
      outgoing.writeHead(429, {...headers, 'content-type': 'application/json'}).end('{}');
    const answer = await call();
    answer.resume();
    expect(answer.statusCode).toBe(429);
    expect(await described()).toMatchObject({event: {status: 429, stream: null, tokenSource: 'unknown'}});
  });

  test('a backend that cannot be reached is a 502 to the caller and an event that counts', async () => {
    backend.closeAllConnections();
    await new Promise((resolve) => backend.close(resolve));
    const answer = await call();
    answer.resume();
    expect(answer.statusCode).toBe(502);
    expect(await described()).toMatchObject({outcome: 'event', event: {requestId: null, status: null}});
  });
});
