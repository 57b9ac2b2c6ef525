import * as fc from 'fast-check';
import {expect, test} from 'vitest';
import {masked, maskedBytes, maskedText, shownCharsMax} from './masking.ts';

test('what was said is hidden under every known key, at any depth, and figures stay', () => {
  const body = {
    requestId: 'abc',
    usage: {prompt_tokens: 12, completion_tokens: 3},
    messages: [{role: 'user', content: 'a secret'}],
    response: {choices: [{finish_reason: 'stop', message: {content: [{type: 'text', text: 'hidden'}]}}]},
    requestBody: 'also hidden',
    input: [1, 2, 3],
    headers: {'x-ms-region': 'East US', Authorization: 'Bearer abc', 'api-key': 'k'},
  };
  expect(masked(body, 'masked')).toEqual({
    requestId: 'abc',
    usage: {prompt_tokens: 12, completion_tokens: 3},
    messages: [{role: 'user', content: '[masked: 8 characters]'}],
    response: {
      choices: [
        {finish_reason: 'stop', message: {content: [{type: 'text', text: '[masked: 6 characters]'}]}},
      ],
    },
    requestBody: '[masked: 11 characters]',
    input: '[masked: 3 numbers]',
    headers: {
      'x-ms-region': 'East US',
      Authorization: '[masked: credential]',
      'api-key': '[masked: credential]',
    },
  });
});

test('with --show-content words are shown, credentials still are not', () => {
  expect(masked({prompt: 'hello', headers: {'api-key': 'k'}}, 'shown')).toEqual({
    prompt: 'hello',
    headers: {'api-key': '[masked: credential]'},
  });
});

test('a text of 64 characters is shown under an unknown key, one of 65 is not', () => {
  const [short, long] = ['x'.repeat(shownCharsMax), 'x'.repeat(shownCharsMax + 1)];
  expect(masked({short, long}, 'masked')).toEqual({short, long: '[masked: 65 characters]'});
});

test('a body within a body is hidden whole', () => {
  expect(masked({wrapped: '{"prompt":"hi"}'}, 'masked')).toEqual({wrapped: '[masked: 15 characters]'});
});

test('a key named __proto__ neither shows content nor breaks anything', () => {
  const body: unknown = JSON.parse('{"__proto__":{"prompt":"hi"}}');
  expect(JSON.stringify(masked(body, 'masked'))).toBe('{"__proto__":{"prompt":"[masked: 2 characters]"}}');
});

test.each([
  ['plain words', 'plain words'],
  ['{"content":"hi', '[masked: 14 characters]'],
  ['x'.repeat(65), '[masked: 65 characters]'],
])('of the unparsed text %j is shown: %j', (text, expected) => {
  expect(maskedText(text, 'masked')).toBe(expected);
  expect(maskedText(text, 'shown')).toBe(text);
});

test('bytes are shown as base64, or only counted', () => {
  expect(maskedBytes(Buffer.from('hi'), 'shown')).toBe('aGk=');
  expect(maskedBytes(Buffer.from('hi'), 'masked')).toBe('[masked: 2 bytes]');
});

const keys = fc.constantFrom('a', 'content', 'Region', 'api-key', 'body', '__proto__');
const {bodies} = fc.letrec<{bodies: unknown}>((tie) => ({
  bodies: fc.oneof(
    {maxDepth: 4},
    fc.string({minLength: 1}).map((text) => `SECRET${text}`),
    fc.integer(),
    fc.array(tie('bodies'), {maxLength: 3}),
    fc.array(fc.tuple(keys, tie('bodies')), {maxLength: 3}).map((fields) => Object.fromEntries(fields)),
  ),
}));

test('no text below a content key is left in the output, whatever the body', () => {
  fc.assert(
    fc.property(bodies, (body) => {
      expect(JSON.stringify(masked({Prompt: body}, 'masked'))).not.toContain('SECRET');
    }),
  );
});
