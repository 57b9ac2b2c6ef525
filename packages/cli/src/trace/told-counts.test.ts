import {builtInShapes, createDecoder} from '@weir/pipeline';
import {expect, test} from 'vitest';
import {CountsByPartition, ToldCounts} from './told-counts.ts';

const horizonMs = 300_000;
const atMs = Date.parse('2024-05-17T12:00:00Z');

/** At so many minutes. */
function teller(sequenceNumber: number, minute: number): Parameters<ToldCounts['tell']>[1] {
  return {sequenceNumber, index: 0, enqueuedTimeMs: atMs + minute * 60_000, requestId: `r${sequenceNumber}`};
}

/** What is known of each telling of one set of counts. */
function tellAll(told: ToldCounts, tellers: readonly ReturnType<typeof teller>[]): unknown[] {
  return tellers.map((one) => {
    told.reach(one);
    return told.tell('openai-logger g', one);
  });
}

test('each telling renews the counts, and the first is said to have them', () => {
  const told = new ToldCounts({horizonMs, windowFromMs: undefined});
  const tellers = [teller(0, 0), teller(1, 4), teller(2, 8)];
  expect(tellAll(told, tellers)).toEqual([
    undefined,
    {kind: 'told before', by: tellers[0]},
    {kind: 'told before', by: tellers[0]},
  ]);
});

test('at the horizon they are still known, behind it they are new', () => {
  const told = new ToldCounts({horizonMs, windowFromMs: undefined});
  expect(tellAll(told, [teller(0, 0), teller(1, 5), teller(2, 10.001)])).toMatchObject([
    undefined,
    {kind: 'told before'},
    undefined,
  ]);
});

test('a search that does not reach back by the horizon cannot tell', () => {
  const judge = (minute: number): unknown[] =>
    tellAll(new ToldCounts({horizonMs, windowFromMs: atMs}), [teller(9, minute)]);
  expect(judge(4)).toEqual([{kind: 'perhaps told before', fromMs: atMs - 60_000}]);
  expect(judge(5)).toEqual([undefined]);
});

test('an event that is missing in between may have told them', () => {
  const told = new ToldCounts({horizonMs, windowFromMs: undefined});
  told.reach(teller(0, 0));
  told.reach(teller(2, 1));
  expect(tellAll(told, [teller(3, 2)])).toMatchObject([{kind: 'perhaps told before'}]);
});

test('beyond the bound the oldest is forgotten, and what it might have told is not denied', () => {
  const told = new ToldCounts({horizonMs, windowFromMs: undefined, tellersMax: 1});
  told.reach(teller(0, 0));
  expect(told.tell('a', teller(0, 0))).toBeUndefined();
  told.reach(teller(1, 1));
  expect(told.tell('b', teller(1, 1))).toBeUndefined();
  told.reach(teller(2, 2));
  expect(told.tell('a', teller(2, 2))).toMatchObject({kind: 'perhaps told before'});
});

test('partitions are judged each for itself, as each worker remembers its own', () => {
  const counts = new CountsByPartition({horizonMs, windowFromMs: undefined});
  const body = {
    Type: 'openai-logger',
    message_guid: 'g',
    prompt_tokens: 9,
    completion_tokens: 3,
    resp_headers: {},
  };
  const decoder = createDecoder({shapes: builtInShapes});
  const records = decoder.decode(Buffer.from(JSON.stringify(body)), atMs);
  const look = (partition: string, sequenceNumber: number): unknown[] => {
    const place = {partition, sequenceNumber, offset: '', enqueuedTimeMs: atMs, properties: {}, body};
    return [...counts.look(place, records).values()];
  };
  expect(look('0', 0)).toEqual([]);
  expect(look('1', 0)).toEqual([]);
  expect(look('0', 1)).toMatchObject([{kind: 'told before', by: {sequenceNumber: 0}}]);
});
