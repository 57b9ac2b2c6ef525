import {beforeEach, expect, test} from 'vitest';
import {received} from '../../../../pipeline/src/event-fixture.ts';
import {noonMs} from '../../../../worker/src/commit-fixture.ts';
import {compareWindow} from './compare-window.ts';
import {comparisonJson, comparisonText} from './comparison-text.ts';
import type {Comparison} from './comparison.ts';
import {mark, replayed, requestsOf, WindowWorld} from './window-fixture.ts';

let world: WindowWorld;
beforeEach(() => {
  world = new WindowWorld();
});

function compare(window = replayed([requestsOf(5)])): Promise<Comparison> {
  return compareWindow(window, world.options);
}

const later = {windowStartMs: noonMs + 300_000};

test('documents that hold what the replay says are the same, and journals are not asked', async () => {
  world.hold(requestsOf(5));
  expect(await compare()).toMatchObject({same: 1, different: [], notComparable: []});
  expect(world.journal.requests).toEqual([]);
});

test('one document that was changed is named with its fields, the others are the same', async () => {
  world.stand();
  world.hold(requestsOf(5), {changes: {promptTokens: 7}});
  world.hold(requestsOf(2, {region: 'westeurope'}));
  const {same, different} = await compare(replayed([requestsOf(5), requestsOf(2, {region: 'westeurope'})]));
  expect(same).toBe(1);
  expect(different).toMatchObject([
    {target: requestsOf(5).target, differences: [{field: 'promptTokens', cosmos: 7, replay: 0}]},
  ]);
  expect(different[0]!.explanation).toContain('other tokens');
});

test.each([
  ['a count that was changed by hand', {requests: 4}, /changed by hand/],
  ['fewer requests', {requests: 4, succeeded: 4}, /^1 request fewer .* no journal owes it/],
  ['more requests', {requests: 7, succeeded: 7}, /^2 requests more .*dedupe horizon/],
  ['a computed value', {durationMsP50: 7}, /what is computed from them does not/],
  ['another version', {schemaVersion: 2}, /cannot be read \(schemaVersion is 2/],
  ['another outcome of the join', {matched: 5}, /diagnostics of 5 fewer/],
  ['a name', {region: 'elsewhere'}, /other contents/],
])('%s is explained', async (_, changes, expected) => {
  world.stand();
  world.hold(requestsOf(5), {changes});
  const {different} = await compare();
  expect(different.map(({explanation}) => explanation)).toEqual([expect.stringMatching(expected)]);
});

test('a document of one side only is listed apart', async () => {
  world.stand();
  world.hold(requestsOf(5, {region: 'westeurope'}));
  const {onlyInCosmos, onlyInReplay} = await compare();
  expect(onlyInCosmos).toMatchObject([{requests: 5, target: {dimensions: ['westeurope', ...all]}}]);
  expect(onlyInReplay).toMatchObject([{requests: 5, target: {dimensions: ['eastus2', ...all]}}]);
});
const all = Array.from({length: 7}, () => 'all');

test.each([
  ['carry', {carry: [requestsOf(1)]}, 'carried'],
  ['deltas', {deltas: [requestsOf(1)]}, 'being applied'],
  ['parked', {parked: [{lineage: 'lineage1', n: 2, delta: requestsOf(1)}]}, 'refused'],
])('what the %s of a journal owe a window makes it not comparable yet', async (_, owed, kind) => {
  world.stand(owed);
  world.hold(requestsOf(4));
  const {different, notComparable} = await compare();
  expect(different).toEqual([]);
  expect(notComparable).toMatchObject([{view: 'usage', documents: 1, because: [{partitionId: '3', kind}]}]);
});

test('deltas of the last commit that the document has are owed no more', async () => {
  world.stand({deltas: [requestsOf(1)]});
  world.hold(requestsOf(4), {n: 5});
  expect(await compare()).toMatchObject({different: [{}], notComparable: []});
});

test('only the window that is owed something waits', async () => {
  world.stand({carry: [requestsOf(1, later)]});
  world.hold(requestsOf(4));
  world.hold(requestsOf(4, later));
  const {different, notComparable} = await compare(replayed([requestsOf(5), requestsOf(5, later)]));
  expect(different.map(({target}) => target.windowStartMs)).toEqual([noonMs]);
  expect(notComparable).toMatchObject([{windowStartMs: noonMs + 300_000}]);
});

test('events that only the worker or only the replay has read make their window wait, others do not', async () => {
  for (let n = 0; n < 15; n++) world.log.push(received(n));
  world.log.push(received(15, {timestampMs: noonMs + 301_000}));
  world.hold(requestsOf(4));
  world.hold(requestsOf(4, later));
  const window = replayed([requestsOf(5), requestsOf(5, later)], {last: 12});
  world.stand({head: mark(15)});
  const {notComparable} = await compare(window);
  expect(notComparable).toMatchObject([
    {windowStartMs: noonMs, because: [{kind: 'not read by the replay', count: 2}]},
    {windowStartMs: noonMs + 300_000, because: [{kind: 'not read by the replay', count: 1}]},
  ]);
  world.stand({head: mark(10)});
  expect(await compare(window)).toMatchObject({
    notComparable: [{windowStartMs: noonMs, because: [{kind: 'not read by the worker', count: 2}]}],
    different: [{target: {windowStartMs: noonMs + 300_000}}],
  });
});

test('a document that a worker writes meanwhile is read and judged again', async () => {
  world.hold(requestsOf(4));
  world.stand();
  const {page} = world.ports.windows;
  let pages = 0;
  Object.assign(world.ports.windows, {
    page: async (...args: Parameters<typeof page>) => {
      pages += 1;
      if (pages === 2) world.hold(requestsOf(5), {n: 6});
      return page(...args);
    },
  });
  expect(await compare()).toMatchObject({same: 1, different: [], notComparable: []});
});

test('a window past its retention is neither missing nor different', async () => {
  await world.clock.advance(noonMs + 10 * 86_400_000);
  const settings = {...world.settings, retentionMs: {...world.settings.retentionMs, '5m': 86_400_000}};
  const comparison = await compareWindow(replayed([requestsOf(5)]), {...world.options, settings});
  expect(comparison).toMatchObject({expired: 1, same: 0, onlyInReplay: []});
});

test('a stopped partition is said', async () => {
  world.stand({}, {n: 8});
  world.hold(requestsOf(4));
  const {notes, different} = await compare();
  expect(notes).toEqual([
    expect.stringContaining('The journal stands at commit 5, but Cosmos DB has seen 8'),
  ]);
  expect(different).toHaveLength(1);
});

test('the text fits into 80 columns, is cut with a line that says so, and JSON has everything', async () => {
  world.stand({carry: [requestsOf(1, later)]});
  world.hold(requestsOf(4, later));
  const regions = Array.from({length: 25}, (_, n) => requestsOf(5, {region: `region-${n}`}));
  for (const should of regions) world.hold(should, {changes: {requests: 6, succeeded: 6}});
  const comparison = await compare(replayed([...regions, requestsOf(5, later)]));
  const text = comparisonText(comparison);
  expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
  expect(text).toContain('… and 5 more documents: --format json shows all.');
  expect(text).toContain('Not comparable yet:\n  usage 5m 2024-05-17T12:05:00.000Z: 1 document\n');
  expect(comparisonJson(comparison)).toMatchObject({
    same: 0,
    different: regions.map(({target: {id}}) => ({
      id,
      differences: [
        {field: 'requests', cosmos: 6, replay: 5},
        {field: 'succeeded', cosmos: 6, replay: 5},
      ],
    })),
  });
});
