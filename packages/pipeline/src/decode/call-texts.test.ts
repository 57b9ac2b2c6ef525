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
      {type: 'text', text: 'H'},
      {type: 'text', text: 'i'},
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
  ['an answer of the Responses API', {output: [{content: [{text: 'Hel'}, {text: 'lo'}]}]}, 'Hello'],
  ['several choices', {choices: [{message: {content: 'Hel'}}, {message: {content: 'lo'}}]}, 'Hello'],
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

const image = {type: 'image_url', image_url: {url: 'data:image/png;base64,AAAA'}};

test.each([
  ['an image', [{role: 'user', content: [{type: 'text', text: 'What is it?'}, image]}]],
  ['sound', [{role: 'user', content: [{type: 'input_audio', input_audio: {}}]}]],
  ['tools', {messages, tools: [{type: 'function', function: {name: 'weather'}}]}],
  ['the call of a tool', [{role: 'assistant', content: null, tool_calls: [{id: 'a'}]}]],
  ['an item that is no message', {input: [...messages, {type: 'function_call_output', output: '5'}]}],
  ['token numbers', {input: [15, 16]}],
])('a prompt with %s is left out, as a text and as it is: its tokens are more than its text', (_, prompt) => {
  expect(callTexts({prompt}, event)).toBe(undefined);
  const asText = {prompt: JSON.stringify(prompt), completion: 'Hello'};
  expect(callTexts(asText, event)).toEqual({model: 'gpt-4o', completion: 'Hello'});
});

test.each([
  ['the call of a tool', {choices: [{message: {content: null, tool_calls: [{id: 'a'}]}}]}],
  ['a tool beside text', {choices: [{message: {content: 'Hm', tool_calls: [{id: 'a'}]}}]}],
  ['one choice without text', {choices: [{message: {content: 'Hm'}}, {message: {}}]}],
  ['a reasoning', {output: [{type: 'reasoning'}, {content: [{text: 'Hello'}]}]}],
])('a completion with %s is left out, as a text and as it is', (_, completion) => {
  expect(callTexts({completion}, event)).toBe(undefined);
  expect(callTexts({prompt: 'Hi', completion: JSON.stringify(completion)}, event)).toEqual({
    model: 'gpt-4o',
    prompt: 'Hi',
  });
});

test.each([
  ['a chat', 'data: {"choices":[{"delta":{"content":"Hm","tool_calls":[{"index":0}]}}]}'],
  ['the Responses API', 'data: {"type":"response.function_call_arguments.delta","delta":"{"}'],
])('a stream of %s that calls a tool is left out', (_, chunk) => {
  const stream = `data: {"choices":[{"delta":{"content":"Hello"}}]}\n\n${chunk}\n\n`;
  expect(callTexts({completion: stream}, event)).toBe(undefined);
});

test('a text in the place of a whole request or response, such as an error page, says nothing', () => {
  const raw = {request: '{"messages":[{"role":"user","content":"Hi"}]}', response: '<html>502</html>'};
  expect(callTexts(raw, event)).toEqual({model: 'gpt-4o', prompt: [{role: 'user', text: 'Hi'}]});
  expect(callTexts({request: 'Hi', response: '{"error":{"code":"429"}}'}, event)).toBe(undefined);
});

test('without a model the deployment stands for it', () => {
  expect(callTexts({prompt: 'a'}, gatewayEvent({model: 'unknown', deployment: 'chat'}))?.model).toBe('chat');
});
