import {expect, test} from 'vitest';

import {gatewayEvent} from '../event-fixture.ts';
import {callTexts} from './call-texts.ts';

const event = gatewayEvent({model: 'gpt-4o', deployment: 'chat'});
const messages = [
  {role: 'system', content: 'Be brief.'},
  {
    role: 'user',
    name: 'ann',
    content: [
      {type: 'text', text: 'Hi'},
      {type: 'image_url', image_url: {}},
    ],
  },
];
const read = [
  {role: 'system', text: 'Be brief.'},
  {role: 'user', name: 'ann', text: 'Hi'},
];

test.each([
  ['messages', messages],
  ['messages in a text', JSON.stringify(messages)],
  ['a request', {messages, stream: true}],
  ['a request in a text', JSON.stringify({messages})],
  ['a request of the Responses API', {input: messages}],
])('a chat is read out of %s', (_, prompt) => {
  expect(callTexts({prompt}, event)).toEqual({model: 'gpt-4o', prompt: read});
});

test.each([
  ['plain text', 'Once upon', 'Once upon'],
  ['a completion request', {prompt: 'Once upon'}, 'Once upon'],
  ['inputs of an embedding', {input: ['a', 'b']}, 'a\nb'],
  ['JSON that is meant as text', '{"explain":"this"}', '{"explain":"this"}'],
  ['a number that is meant as text', '17', '17'],
])('a prompt is read out of %s', (_, prompt, expected) => {
  expect(callTexts({prompt}, event)).toEqual({model: 'gpt-4o', prompt: expected});
});

test.each([
  ['plain text', 'Hello', 'Hello'],
  ['JSON that is meant as text', '{"answer":42}', '{"answer":42}'],
  ['choices', [{message: {content: 'Hello'}}], 'Hello'],
  ['choices in a text', '[{"text":"Hello"}]', 'Hello'],
  ['an answer', '{"choices":[{"message":{"content":"Hello"}}]}', 'Hello'],
  [
    'an answer of the Responses API',
    {output: [{type: 'reasoning'}, {content: [{text: 'Hel'}, {text: 'lo'}]}]},
    'Hello',
  ],
  ['the text of a stream', 'data: {"choices":[{"delta":{"content":"Hello"}}]}\n\n', 'Hello'],
])('a completion is read out of %s', (_, completion, expected) => {
  expect(callTexts({completion}, event)).toEqual({model: 'gpt-4o', completion: expected});
});

test('where nothing was said there are no texts', () => {
  for (const nothing of [undefined, null, '', ' ', 5, {}, [], [5], {messages: {}}, 'data: [DONE]\n\n']) {
    expect(
      callTexts({prompt: nothing === 'data: [DONE]\n\n' ? undefined : nothing, completion: nothing}, event),
    ).toBe(undefined);
  }
});

test('without a model the deployment stands for it', () => {
  expect(callTexts({prompt: 'a'}, gatewayEvent({model: 'unknown', deployment: 'chat'}))?.model).toBe('chat');
});
