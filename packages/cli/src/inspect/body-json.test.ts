import {expect, test} from 'vitest';
import {readBody} from './body-json.ts';

function jsonOf(body: unknown): string {
  return JSON.stringify(readBody(body).json('shown'));
}

test.each<[string, unknown, string]>([
  ['an object', Buffer.from('{"a":1}'), '{"body":{"a":1}}'],
  ['null', Buffer.from('null'), '{"body":null}'],
  ['an AMQP value', {a: 1}, '{"body":{"a":1}}'],
  ['nothing', undefined, '{"body":null}'],
  ['a text that is JSON', '[1]', '{"body":[1]}'],
  ['bytes in an AMQP value', {a: Buffer.from('hi')}, '{"body":{"a":"aGk="}}'],
  ['bytes that are no UTF-8', Buffer.from([0xff, 0xfe]), '{"bodyBase64":"//4=","parseError":"not UTF-8"}'],
  ['no bytes', Buffer.from(''), '{"bodyText":"","parseError":"empty"}'],
  [
    'a torn text',
    Buffer.from('{"a":'),
    '{"bodyText":"{\\"a\\":","parseError":"Unexpected end of JSON input"}',
  ],
])('%s becomes %s', (_, body, expected) => {
  expect(jsonOf(body)).toBe(expected);
});

test('a number beyond 2^53 is written as it came, and one that is exact stays a number', () => {
  const text =
    '{"ticks":638515440324011672,"exact":9007199254740991,"deep":[123456789012345678901234567890]}';
  expect(jsonOf(Buffer.from(text))).toBe(`{"body":${text}}`);
});

test('masking keeps exact numbers', () => {
  const body = readBody(Buffer.from('{"ticks":638515440324011672}'));
  expect(JSON.stringify(body.json('masked'))).toBe('{"body":{"ticks":638515440324011672}}');
});

test.each(['my secret prompt', '{"a":1} secret', '{"a": secret}', '["secret', '"secret\n"', '{secret}'])(
  'the error of %j does not quote it',
  (text) => {
    const json = readBody(Buffer.from(text)).json('masked');
    expect(json).toHaveProperty('parseError');
    expect('parseError' in json && json.parseError).not.toMatch(/secret/);
  },
);
