import {readFile} from 'node:fs/promises';

import {
  apimCommaJoinedShape,
  builtInShapes,
  createDecoder,
  describeDecoded,
  eventFields,
} from '@weir/pipeline';
import {expect, test} from 'vitest';

import {loadDecoding} from '../../packages/worker/src/config/decoding.ts';
import {readCorpus} from './corpus.ts';
import {fieldOrigins} from './field-origins.ts';
import {gatewaysPage} from './gateways-page.ts';
import {ownEvent, ownShapes} from './own-shape-example.ts';

test('docs/gateways.md is what the corpus shows; write-gateways-page.ts renews it', async () => {
  const written = await readFile(new URL('../../docs/gateways.md', import.meta.url), 'utf8');
  expect(written).toBe(gatewaysPage());
});

const corpus = readCorpus();

test('what is absent in the table is what the shape says it lacks', () => {
  for (const {name, lacks, tells} of [...builtInShapes, apimCommaJoinedShape]) {
    if (tells === 'nothing') continue;
    const {origins} = fieldOrigins(name, corpus);
    const absent = eventFields.filter((field) => origins[field] === 'absent');
    expect({name, absent}).toEqual({name, absent: eventFields.filter((field) => lacks.includes(field))});
  }
});

test.each([
  ['apim-chargeback', 'consumer', 'derived'],
  ['apim-multiapp-logging', 'deployment', 'derived'],
  ['genai-toolkit', 'stream', 'derived'],
  ['sse-proxy', 'stream', 'derived'],
  ['workload', 'region', 'read'],
  ['simple-l7-proxy', 'status', 'read'],
  ['apim-chargeback', 'cachedTokens', 'read'],
] as const)('%s: %s is %s', (shape, field, origin) => {
  expect(fieldOrigins(shape, corpus).origins[field]).toBe(origin);
});

test('the example of an own shape is a configuration, and reads the event beside it', () => {
  const decoder = createDecoder(loadDecoding({env: {}, file: {name: 'weir.yaml', text: ownShapes}}));
  const records = decoder.decode(Buffer.from(JSON.stringify(ownEvent)), 0);
  expect(describeDecoded([{line: 1, records}])).toMatchObject([
    {
      shape: 'contoso-proxy',
      missing: [],
      event: {
        requestId: '3f6e2a10-0000-4000-8000-0000000000aa',
        eventTime: '2024-05-17T13:15:00.000Z',
        region: 'eastus2',
        deployment: 'chat',
        model: 'gpt-4o',
        consumer: expect.stringMatching(/^[0-9a-f]{64}$/),
        status: 200,
        stream: false,
        totalTokens: 12,
        tokenSource: 'reported',
      },
    },
  ]);
});
