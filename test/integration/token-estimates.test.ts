import assert from 'node:assert/strict';
import {expect, test} from 'vitest';
import {publishedCounts} from '../../packages/worker/src/estimate/published-counts.ts';
import {eventually} from './eventually.ts';
import {hub, Scenario} from './scenario.ts';
import {readBlobs} from './stored-blobs.ts';

const partitionId = '0';
const writtenWithinMs = 60_000;
const nowMs = Date.now();

/** Texts with counts that their makers published: nothing here was counted by Weir. */
const {messages, promptTokens} = publishedCounts.chats[0]!;
const [, word, sum, birthday] = publishedCounts.texts.counts;

const logger = (n: number, model: string, completion: string, more: object = {}): object => ({
  Type: 'openai-logger',
  message_guid: `guid-${n}`,
  model,
  prompt: JSON.stringify(messages),
  completion,
  resp_headers: {'apim-request-id': `tokens-${n}`, 'x-ms-region': 'East US'},
  ...more,
});
const half = (type: string, more: object): object => ({
  'event-type': type,
  'event-time': new Date(nowMs).toISOString(),
  'message-id': 'tokens-4',
  model: 'gpt-4',
  ...more,
});
const bodies = [
  logger(1, 'gpt-4o', word!.text),
  logger(2, 'gpt-4', birthday!.text),
  logger(3, 'gpt-4o', 'told', {prompt_tokens: 30, completion_tokens: 12, total_tokens: 42}),
  logger(5, 'o3-mini', word!.text),
  half('Request', {messages: JSON.stringify(messages)}),
  half('Response', {choices: JSON.stringify([{message: {role: 'assistant', content: sum!.text}}])}),
];
const calls = 5;
const prompts = promptTokens['gpt-4o']! + 2 * promptTokens['gpt-4']!;
const completions = word!.tokens.o200k_base! + birthday!.tokens.cl100k_base! + sum!.tokens.cl100k_base!;

/** Publishes the bodies and waits until all calls are in the documents. @returns sums over one view's hours */
async function writtenSums(scenario: Scenario): Promise<Record<string, number>> {
  const events = bodies.map((body) => ({body: Buffer.from(JSON.stringify(body))}));
  scenario.stack.eventHubs.append({hub, partitionId, events});
  const sums = (): Record<string, number> => {
    const found: Record<string, number> = {};
    for (const document of scenario.documents()) {
      if (document['view'] !== 'region-usage' || document['grain'] !== '1h') continue;
      for (const [field, value] of Object.entries(document))
        if (typeof value === 'number') found[field] = (found[field] ?? 0) + value;
    }
    return found;
  };
  return eventually(() => (sums()['requests'] === calls ? sums() : undefined), {
    within: writtenWithinMs,
    otherwise: () => `the documents hold ${JSON.stringify(sums())}`,
  });
}

test(
  'calls that tell their texts are counted like their makers count, and no text leaves memory',
  {timeout: 90_000},
  async () => {
    const scenario = await Scenario.start({partitionCount: 1});
    const worker = scenario.startWorker({settings: {'tokens.estimateWait': '10s', 'log.level': 'trace'}});
    await worker.untilReady();
    expect(await writtenSums(scenario)).toMatchObject({
      promptTokens: prompts + 30,
      completionTokens: completions + 12,
      totalTokens: prompts + completions + 42,
      requestsTokensEstimated: 3,
      requestsTokensReported: 1,
      requestsTokensUnknown: 1,
    });
    const metrics = await worker.metrics();
    expect(metrics.sum('weir_token_estimates_total', 'outcome="estimated"')).toBe(4);

    const places = new Map([['metrics', metrics.text]]);
    for (const path of ['/api/status', '/api/regions', '/']) places.set(path, (await worker.get(path)).text);
    expect((await worker.stop()).code).toBe(0);
    places.set('output', `${worker.stdout}${worker.stderr}`);
    const {blob} = scenario.stack;
    for (const [name, text] of await readBlobs(blob.connectionString, {prefix: ''})) places.set(name, text);
    places.set('documents', JSON.stringify([scenario.documents(), [...scenario.progress()]]));
    const said = [...messages.map(({content}) => content), word!.text, birthday!.text];
    for (const [name, text] of places)
      for (const one of said) assert(!text.includes(one), `${name} holds what was said`);
  },
);

test('switched off, the tokens of such calls are unknown', {timeout: 90_000}, async () => {
  const scenario = await Scenario.start({partitionCount: 1});
  const worker = scenario.startWorker({settings: {'tokens.estimate': 'false'}});
  await worker.untilReady();
  expect(await writtenSums(scenario)).toMatchObject({
    totalTokens: 42,
    requestsTokensEstimated: 0,
    requestsTokensReported: 1,
    requestsTokensUnknown: 4,
  });
  expect((await worker.metrics()).sum('weir_token_estimates_total')).toBe(0);
});
