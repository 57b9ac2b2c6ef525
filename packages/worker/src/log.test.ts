import {describe, expect, test} from 'vitest';
import {createLogger, describeError, kindsMax, OncePer} from './log.ts';

const storageKey = `${'Ab1+'.repeat(21)}Zz==`;
const hubKey = `${'Cd2/'.repeat(10)}xyz=`;
const signature = 'q%2BhZxSig9Value';
const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJvaWQiOiJhYmMifQ.c2lnbmF0dXJl';

/** Where secrets were seen to hide in messages of the SDKs. */
const planted = [
  [
    'a connection string',
    `bad: Endpoint=sb://x/;SharedAccessKeyName=n;SharedAccessKey=${hubKey};EntityPath=h`,
    hubKey,
  ],
  ['an account key', `DefaultEndpointsProtocol=https;AccountName=n;AccountKey=${storageKey}`, storageKey],
  ['a key by its name', 'SharedAccessKey=short-key', 'short-key'],
  ['a SAS URL', `GET https://n.blob.core.windows.net/c?sv=2024&sig=${signature}&se=x`, signature],
  ['an encoded Cosmos token', `authorization type%3dmaster%26ver%3d1.0%26sig%3d${signature}`, signature],
  ['a SAS token', `SharedAccessSignature sr=sb%3A%2F%2Fx&sig=${signature}&se=1&skn=n`, signature],
  ['a bearer token', 'Authorization: Bearer abc.DEF-123_456', 'abc.DEF-123_456'],
  ['a token alone', `token was ${jwt}`, jwt.slice(21)],
  ['a shared key header', `SharedKey account:${hubKey}`, hubKey],
  ['a bare key', `the key ${storageKey} is wrong`, storageKey],
  ['a URL with a password', 'proxy http://user:hunter2@proxy:3128 refused', 'hunter2'],
  ['an API key', '{"api-key": "0123456789abcdef"}', '0123456789abcdef'],
] as const;

function capture(level = 'info') {
  const lines: string[] = [];
  return {log: createLogger({level, destination: {write: (line) => void lines.push(line)}}), lines};
}

describe('describeError', () => {
  test('gives name, code, status and message, and the cause', () => {
    const error = Object.assign(new Error('It\ntook too long.', {cause: new TypeError('fetch failed')}), {
      name: 'RestError',
      code: 'RequestTimeout',
      statusCode: 408,
    });
    expect(describeError(error)).toBe(
      'RestError RequestTimeout 408: It took too long.; cause: TypeError: fetch failed',
    );
  });

  test.each(planted)('removes %s', (_, message, secret) => {
    const text = describeError(new Error(message, {cause: new Error(message)}));
    expect(text).not.toContain(secret);
    expect(text).toContain('removed)');
  });

  test('is bounded in length and in causes', () => {
    expect(describeError(new Error('x'.repeat(100_000))).length).toBeLessThan(1_100);
    const loop = new Error('again');
    loop.cause = loop;
    expect(describeError(loop)).toBe('Error: again; cause: Error: again; cause: Error: again');
  });

  test.each([
    [undefined, ''],
    [null, 'null'],
    ['text', 'text'],
    [7, '7'],
    [{message: 'plain'}, 'Error: plain'],
    [
      new AggregateError([new Error('connect ECONNREFUSED')], ''),
      'AggregateError; cause: Error: connect ECONNREFUSED',
    ],
  ])('takes whatever was thrown: %s', (thrown, text) => {
    expect(describeError(thrown)).toBe(text);
  });
});

describe('createLogger', () => {
  test('a line is JSON with time, level, sentence and fields, and nothing of process and host', () => {
    const {log, lines} = capture();
    log.warn({partitionId: '3', retryAfterMs: 20}, 'Cosmos DB throttled the write.');
    const line: object = JSON.parse(lines[0] ?? '');
    expect(Object.keys(line).toSorted()).toEqual(['level', 'msg', 'partitionId', 'retryAfterMs', 'time']);
    expect(line).toMatchObject({level: 'warn', msg: 'Cosmos DB throttled the write.'});
  });

  test.each(planted)('no field brings %s into a line, which stays JSON', (_, message, secret) => {
    const {log, lines} = capture();
    log.error(
      {err: new Error(message), nested: {accountKey: secret, url: message}, quoted: `"${message}"`},
      message,
    );
    expect(lines[0]).not.toContain(secret);
    expect(() => JSON.parse(lines[0] ?? '')).not.toThrow();
  });

  test('a line that is too long is replaced by one that says so', () => {
    const {log, lines} = capture();
    log.info({huge: 'x'.repeat(20_000)}, 'Hello.');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({msg: 'A log line was too long.'});
  });

  test('lines below the level are not written', () => {
    const {log, lines} = capture('warn');
    log.info('Quiet.');
    expect(lines).toEqual([]);
  });
});

describe('OncePer', () => {
  test('one line a minute per kind, which says how many it stands for', () => {
    let nowMs = 0;
    const repeated = new OncePer<'throttled' | 'refused'>({now: () => nowMs});
    expect(repeated.turn('throttled')).toEqual({suppressed: 0});
    nowMs = 59_999;
    expect(repeated.turn('throttled')).toBeUndefined();
    expect(repeated.turn('throttled')).toBeUndefined();
    expect(repeated.turn('refused')).toEqual({suppressed: 0});
    nowMs = 60_000;
    expect(repeated.turn('throttled')).toEqual({suppressed: 2});
  });

  test('at the most kinds there may be, the one that was quiet for longest is forgotten', () => {
    const repeated = new OncePer<string>({now: () => 0});
    for (let i = 0; i <= kindsMax; i += 1) repeated.turn(`kind ${i}`);
    expect(repeated.turn(`kind ${kindsMax}`)).toBeUndefined();
    expect(repeated.turn('kind 1')).toBeUndefined();
    expect(repeated.turn('kind 0')).toEqual({suppressed: 0});
  });

  test('a clock that was set back silences nothing for long', () => {
    let nowMs = 10_000_000;
    const repeated = new OncePer<'throttled'>({now: () => nowMs});
    repeated.turn('throttled');
    nowMs = 0;
    expect(repeated.turn('throttled')).toEqual({suppressed: 0});
  });
});
