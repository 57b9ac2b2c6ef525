import {readFileSync} from 'node:fs';
import {nearest} from '@weir/worker';
import {expect, test} from 'vitest';
import {configOf, type ConfigFlags} from '../command-config.ts';
import {EventSelection, type WantedEvents} from './event-selection.ts';
import {parseWhere} from './where.ts';

const shapes = new URL('../../../../test/fixtures/shapes/', import.meta.url);
const bodyIn = (name: string): string =>
  readFileSync(new URL(`${name}.ndjson`, shapes), 'utf8').split('\n')[0] ?? '';
/** 14 + 6 tokens by o200k_base, see test/fixtures/tokens. */
const withTexts = bodyIn('openai-logger/texts-without-counts');
const plain = bodyIn('workload/whole-call');

interface Asked extends Partial<Omit<WantedEvents, 'where'>> {
  readonly where?: string;
  readonly flags?: ConfigFlags;
}

function judge(body: string, {where, flags = {}, ...asked}: Asked = {}): ReturnType<EventSelection['judge']> {
  const wanted: WantedEvents = {
    which: 'all',
    content: 'masked',
    ...asked,
    where: where === undefined ? undefined : parseWhere(where, (word, names) => nearest(word, names)?.name),
  };
  const selection = new EventSelection(wanted, configOf(undefined, {flags, needs: []}));
  const place = {sequenceNumber: 0, offset: '0', enqueuedTimeMs: 0, properties: {}};
  return selection.judge('0', {...place, body: Buffer.from(body)});
}

test('texts without counts are estimated, and stay masked', async () => {
  const text = await judge(withTexts);
  expect(JSON.parse(text ?? '')).toMatchObject({
    reading: {event: {promptTokens: 14, completionTokens: 6, totalTokens: 20, tokenSource: 'estimated'}},
  });
  expect(text).not.toContain('antidisestablishmentarianism');
});

test('a condition sees the estimate', async () => {
  expect(await judge(withTexts, {where: 'tokenSource=estimated and totalTokens>19'})).toContain(
    '"estimated"',
  );
  expect(await judge(withTexts, {where: 'tokenSource=unknown'})).toBeUndefined();
  expect(await judge(withTexts, {where: 'reading.event.totalTokens=20'})).toContain('"estimated"');
});

test('nothing is counted for an event without texts, or one that is not wanted anyway', () => {
  expect(judge(plain)).toContain('"reported"');
  expect(judge(withTexts, {where: 'region=westeurope and tokenSource=estimated'})).toBeUndefined();
  expect(judge(withTexts, {which: 'malformed'})).toBeUndefined();
});

test('with tokens.estimate off the tokens are unknown', () => {
  expect(judge(withTexts, {flags: {'tokens.estimate': 'false'}})).toContain('"unknown"');
});
