import {createHash} from 'node:crypto';
import {countTokens} from 'gpt-tokenizer/encoding/o200k_base';
import {describe, expect, test} from 'vitest';
import {callBytesMax, countCalls} from './count-calls.ts';
import {countTexts} from './count-texts.ts';
import type {Encoding} from './model-encoding.ts';
import {chatOf, publishedCounts} from './published-counts.ts';

/** How far an estimate may be from what was reported. */
const tolerance = 0.03;

/** A model of each encoding. */
const models: Readonly<Record<Encoding, string>> = {
  o200k_base: 'gpt-4o',
  cl100k_base: 'gpt-4',
  p50k_base: 'text-davinci-003',
  r50k_base: 'davinci',
};

const {texts, chats, retired} = publishedCounts;

describe.each(texts.counts)('$text', ({text, tokens}) => {
  test.each(Object.entries(tokens))(
    'has the published number of tokens in %s',
    async (encoding, expected) => {
      const model = models[encoding as Encoding];
      const counted = await countCalls([{model, prompt: text, completion: text}]);
      expect(counted).toEqual([{prompt: expected, completion: expected}]);
    },
  );
});

describe.each(chats)('the published chat', ({messages, promptTokens}) => {
  test.each(Object.entries(promptTokens))(
    'is estimated within 3 %% of what %s reported',
    async (model, reported) => {
      const [counts] = await countCalls([{model, prompt: chatOf(messages)}]);
      expect(Math.abs(counts!.prompt! - reported) / reported).toBeLessThan(tolerance);
    },
  );
});

test.each(['gpt-4', 'gpt-4o'])(
  'the published chat has exactly the tokens that %s reported',
  async (model) => {
    const [{messages, promptTokens}] = chats as [(typeof chats)[number]];
    const counted = await countCalls([{model, prompt: chatOf(messages)}]);
    expect(counted).toEqual([{prompt: promptTokens[model]}]);
  },
);

test('a retired version with other marks around its messages is estimated four percent too low', async () => {
  const {messages, completion, usage} = retired;
  const [counts] = await countCalls([{model: 'gpt-35-turbo', prompt: chatOf(messages), completion}]);
  expect(counts).toEqual({prompt: 55, completion: 66});
  expect((counts!.prompt! + counts!.completion!) / usage.totalTokens).toBeCloseTo(0.96, 2);
});

test('a model of somebody else, and one that thinks, is not counted, and the others are', async () => {
  const said = {prompt: 'Hi', completion: 'Hello'};
  expect(
    await countCalls([
      {model: 'llama-3', ...said},
      {model: 'unknown', ...said},
    ]),
  ).toEqual([undefined, {prompt: 1, completion: 1}]);
});

test('a call of too much text is not counted, wherever calls are counted', async () => {
  const calls = [callBytesMax, callBytesMax + 1].map((bytes) => ({
    model: 'gpt-4o',
    prompt: 'word '.repeat(bytes).slice(0, bytes),
  }));
  expect(await countCalls(calls)).toEqual([{prompt: expect.any(Number)}, undefined]);
});

const [english, japanese] = ['antidisestablishmentarianism', 'お誕生日おめでとう'] as const;
const hashes = Array.from({length: 200}, (_, n) => createHash('sha256').update(String(n)).digest('base64'));

test.each([
  ['letters of English', english.repeat(300)],
  ['Japanese', japanese.repeat(600)],
  ['base64', hashes.join('').replaceAll('=', '')],
  ['signs of two units', '😀👍'.repeat(1_000)],
  ['one letter', 'a'.repeat(6_000)],
  ['blanks', ' '.repeat(6_000)],
])('a run of %s that is cut has the tokens of the whole one, within 3 %%', (_, text) => {
  const cut = countTexts({prompt: text}, (piece) => countTokens(piece)).prompt!;
  expect(Math.abs(cut / countTokens(text) - 1)).toBeLessThan(tolerance);
});

test('the marks of a chat are text where somebody writes them', async () => {
  const [counts] = await countCalls([{model: 'gpt-4o', prompt: 'hi <|endoftext|> there'}]);
  expect(counts!.prompt).toBeGreaterThan(3);
});
