import {describe, expect, test} from 'vitest';

import {apimCommaJoinedShape, builtInShapes, createDecoder} from './decode.ts';

const enqueuedTimeMs = Date.UTC(2024, 4, 17, 12);
const stream = {
  type: 'stream_completion',
  content: 'Hello',
  model: 'gpt-4o',
  usage: null,
  prompt: [{role: 'user', content: 'Hi'}],
  region: 'East US',
};

describe('texts of a call', () => {
  const keeping = createDecoder({shapes: builtInShapes, texts: 'kept'});

  test('are there only where they were asked for', () => {
    const [record] = createDecoder({shapes: builtInShapes}).decode(stream, enqueuedTimeMs);
    expect(record).not.toHaveProperty('texts');
    expect(keeping.decode(stream, enqueuedTimeMs)[0]).toMatchObject({
      texts: {model: 'gpt-4o', prompt: [{role: 'user', text: 'Hi'}], completion: 'Hello'},
    });
  });

  test('are not there where the tokens are known', () => {
    const [record] = keeping.decode({...stream, usage: {total_tokens: 3}}, enqueuedTimeMs);
    expect(record).toMatchObject({kind: 'event', event: {totalTokens: 3}});
    expect(record).not.toHaveProperty('texts');
  });

  test('are not in what is left of a torn body', () => {
    const torn = JSON.stringify({...stream, padding: 'x'.repeat(200_000)}).slice(0, 200_000);
    const [record] = keeping.decode(torn, enqueuedTimeMs);
    expect(record).toMatchObject({kind: 'event', event: {missing: expect.arrayContaining(['truncated'])}});
    expect(record).not.toHaveProperty('texts');
  });
});

describe('a comma-joined text', () => {
  const text = '5/24/2024 2:45:56 PM,apim-x,e1,10.0.0.4,Creates, and completes';

  test('is a dead letter unless its shape was asked for', () => {
    const [record] = createDecoder({shapes: builtInShapes}).decode(Buffer.from(text), enqueuedTimeMs);
    expect(record).toEqual({kind: 'malformed', reason: 'not JSON'});
    const reading = createDecoder({shapes: builtInShapes, textShapes: [apimCommaJoinedShape]});
    expect(reading.decode(Buffer.from(text), enqueuedTimeMs)).toMatchObject([
      {event: {eventTimeMs: Date.UTC(2024, 4, 24, 14, 45, 56), shape: 'apim-comma-joined'}},
    ]);
    expect(reading.decode(JSON.stringify([text, 'x']), enqueuedTimeMs)).toMatchObject([
      {event: {shape: 'apim-comma-joined'}},
      {reason: 'not an object'},
    ]);
  });
});
