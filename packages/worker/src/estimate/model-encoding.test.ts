import {expect, test} from 'vitest';
import {encodingOf} from './model-encoding.ts';

test.each([
  ['gpt-4o', 'o200k_base'],
  ['gpt-4o-mini-2024-07-18', 'o200k_base'],
  ['prod-gpt4o', 'o200k_base'],
  ['gpt-4.1-nano', 'o200k_base'],
  ['gpt-41-mini', 'o200k_base'],
  ['gpt-4.5-preview', 'o200k_base'],
  ['gpt-5-chat', 'o200k_base'],
  ['unknown', 'o200k_base'],
  ['chat', 'o200k_base'],
  ['gpt-4', 'cl100k_base'],
  ['gpt-4-0613', 'cl100k_base'],
  ['gpt-4-1106-preview', 'cl100k_base'],
  ['gpt-4-turbo-2024-04-09', 'cl100k_base'],
  ['GPT4-32k', 'cl100k_base'],
  ['gpt-35-turbo-16k', 'cl100k_base'],
  ['gpt-3.5-turbo', 'cl100k_base'],
  ['text-embedding-3-large', 'cl100k_base'],
  ['text-embedding-ada-002', 'cl100k_base'],
  ['text-davinci-003', 'p50k_base'],
  ['code-cushman-001', 'p50k_base'],
  ['text-curie-001', 'r50k_base'],
  ['davinci', 'r50k_base'],
])('%s reads text by %s', (model, encoding) => {
  expect(encodingOf(model)).toBe(encoding);
});

test.each(['o1', 'o3-mini', 'team-o4-mini', 'gpt-5', 'gpt-5-mini', 'gpt-5.1', 'gpt-oss-120b', 'gpt-5-codex'])(
  '%s thinks before it answers: its text does not tell its tokens',
  (model) => expect(encodingOf(model)).toBe(undefined),
);

test.each([
  'claude-sonnet-4',
  'Meta-Llama-3',
  'Mistral-large',
  'mixtral-8x7b',
  'Phi-4',
  'DeepSeek-R1',
  'gpt-4o-realtime-preview',
  'whisper',
  'dall-e-3',
  'gpt-image-1',
  'gpt-4o-audio-preview',
])('there is no tokenizer for %s', (model) => expect(encodingOf(model)).toBe(undefined));
