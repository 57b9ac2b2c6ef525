import {describe, expect, test} from 'vitest';

import {completionOfSse, isSseText, modelOfSse, usageOfSse} from './sse-text.ts';

function sse(...chunks: unknown[]): string {
  return [...chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`), 'data: [DONE]\n\n'].join('');
}

const hello = {model: 'gpt-4o', choices: [{delta: {content: 'Hel'}}], usage: null};
const world = {model: 'gpt-4o', choices: [{delta: {content: 'lo'}}], usage: null};
const usage = {prompt_tokens: 9, completion_tokens: 2, total_tokens: 11};

test.each([
  ['data: {}\n\n', true],
  [': keep-alive\n\ndata: {}', true],
  ['event: response.created\ndata: {}', true],
  ['\n data: {}', true],
  ['{"data: ":1}', false],
  ['database: down', false],
  ['', false],
])('%j is the text of a stream: %s', (text, expected) => {
  expect(isSseText(text)).toBe(expected);
});

describe('the usage of a stream', () => {
  test('is that of its last chunk that has one', () => {
    expect(usageOfSse(sse(hello, world, {choices: [], usage}))).toEqual(usage);
    expect(usageOfSse(sse({...hello, usage: {total_tokens: 5}}, {choices: [], usage}))).toEqual(usage);
    expect(usageOfSse(sse({choices: [], usage}, world))).toEqual(usage);
    // A null that belongs to something else in the chunk hides nothing.
    expect(usageOfSse(sse({usage, detail: {usage: null}}))).toEqual(usage);
    expect(usageOfSse(sse({choices: [], usage}).replaceAll('":', '": '))).toEqual(usage);
  });

  test('is read with any line ends and without a blank behind the colon', () => {
    const text = sse(hello, {choices: [], usage});
    expect(usageOfSse(text.replaceAll('\n', '\r\n'))).toEqual(usage);
    expect(usageOfSse(text.replaceAll('data: ', 'data:'))).toEqual(usage);
    expect(usageOfSse(text.trimEnd())).toEqual(usage);
  });

  test('of the Responses API stands in the last event', () => {
    const done = {type: 'response.completed', response: {model: 'gpt-4o', usage}};
    expect(usageOfSse(`event: response.completed\n${sse(done)}`)).toEqual(usage);
  });

  test('is absent without a chunk of it, in a torn one, and where a text only speaks of it', () => {
    expect(usageOfSse(sse(hello, world))).toBeUndefined();
    expect(usageOfSse(`${sse(hello)}data: {"usage":{"prompt_tokens":9,`)).toBeUndefined();
    expect(usageOfSse(sse({choices: [{delta: {content: '"usage":{"total_tokens":1}'}}]}))).toBeUndefined();
    expect(usageOfSse('')).toBeUndefined();
  });
});

test('the model is that of the first chunk that names one', () => {
  expect(modelOfSse(sse({model: '', choices: []}, hello))).toBe('gpt-4o');
  expect(modelOfSse(sse({detail: {model: ''}, model: 'gpt-4o'}))).toBe('gpt-4o');
  expect(modelOfSse(sse({type: 'response.created', response: {model: 'gpt-4o'}}))).toBe('gpt-4o');
  expect(modelOfSse(sse({choices: []}))).toBeUndefined();
  expect(modelOfSse('"model" data: {"model":"x"}')).toBeUndefined();
});

test('the completion is what the first choice says, chunk by chunk', () => {
  expect(completionOfSse(sse(hello, world))).toBe('Hello');
  expect(completionOfSse(sse({choices: [{text: 'a'}]}, {choices: [{text: 'b'}]}))).toBe('ab');
  expect(completionOfSse(sse({type: 'response.output_text.delta', delta: 'Hi'}))).toBe('Hi');
  expect(completionOfSse(sse({choices: []}, {choices: [null]}, 5))).toBeUndefined();
});
