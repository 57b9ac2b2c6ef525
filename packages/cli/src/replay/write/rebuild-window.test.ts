import {beforeEach, expect, test} from 'vitest';
import {formatStateApplied, stateAppliedKey, type ReceivedEvent} from '@weir/pipeline';
import {received} from '../../../../pipeline/src/event-fixture.ts';
import {noonMs} from '../../../../worker/src/commit-fixture.ts';
import {partition} from '../../../../worker/src/in-memory-ports.ts';
import {mark, replayed, requestsOf, WindowWorld} from '../compare/window-fixture.ts';
import {rebuildJson, rebuildText} from './rebuild-text.ts';
import type {Rebuild} from './rebuild-tally.ts';
import {rebuildWindow, type RebuildOptions} from './rebuild-window.ts';

const own = stateAppliedKey(partition, 'lineage1');
const later = {windowStartMs: noonMs + 300_000};
const {target} = requestsOf(1);

let world: WindowWorld;
beforeEach(() => {
  world = new WindowWorld();
  world.stand();
});

/** By default a replay that read 5 requests of one document. */
async function rebuild(
  window = replayed([requestsOf(5)]),
  changes: Partial<RebuildOptions> = {},
): Promise<Rebuild> {
  const rebuilding = rebuildWindow(window, {
    ...world.options,
    mode: 'write',
    shrinking: 'refused',
    letters: 0,
    ...changes,
  });
  const isOver = rebuilding.then(
    () => true,
    () => true,
  );
  while (!(await Promise.race([isOver, world.clock.advance(10_000).then(() => false)])));
  return rebuilding;
}

const kinds = ({refused}: Rebuild): string[] => refused.flatMap(({because}) => because.map(({kind}) => kind));
const writes = (): string[] => world.aggregates.requests.filter((request) => request.startsWith('write'));

test('a document is replaced by what the replay says, and keeps what it remembers of commits', async () => {
  world.hold(requestsOf(3), {
    n: 4,
    changes: {stateApplied: formatStateApplied(new Map([[own, 9]])), revision: 7},
  });
  const {documents, right, refused} = await rebuild();
  expect(documents).toMatchObject([{target, requests: {before: 3, after: 5}}]);
  expect([right, refused]).toEqual([0, []]);
  expect(world.aggregates.get(target.id)).toMatchObject({requests: 5, revision: 8});
  expect(world.aggregates.get(target.id)!['stateApplied']).toBe(`{"${own}":9}`);
});

test('a document remembers every commit up to that of the journal, also one that is made', async () => {
  world.hold(requestsOf(3), {n: 2});
  await rebuild(replayed([requestsOf(5), requestsOf(2, {region: 'westeurope'})]));
  for (const document of world.aggregates.all()) expect(document['stateApplied']).toBe(`{"${own}":5}`);
  expect(world.aggregates.all().map(({requests}) => requests)).toEqual([5, 2]);
});

test('what is right is not written', async () => {
  world.hold(requestsOf(5));
  expect(await rebuild()).toMatchObject({documents: [], right: 1, refused: []});
  expect(writes()).toEqual([]);
});

test('looking says what would be written, and writes nothing', async () => {
  world.hold(requestsOf(3));
  const {documents} = await rebuild(undefined, {mode: 'look'});
  expect(documents).toMatchObject([{requests: {before: 3, after: 5}}]);
  expect(writes()).toEqual([]);
});

test.each([
  ['carry', {carry: [requestsOf(1)]}, 'carried'],
  ['deltas', {deltas: [requestsOf(1)]}, 'being applied'],
  ['parked', {parked: [{lineage: 'lineage1', n: 2, delta: requestsOf(1)}]}, 'refused'],
  ['another document of the window', {carry: [requestsOf(1, {region: 'westeurope'})]}, 'carried'],
])('a window that a journal owes something is left as it is (%s)', async (_, owed, kind) => {
  world.stand(owed);
  world.hold(requestsOf(3));
  world.hold(requestsOf(3, later));
  const result = await rebuild(replayed([requestsOf(5), requestsOf(5, later)]));
  expect(kinds(result)).toEqual([kind]);
  expect(result.documents.map((write) => write.target.windowStartMs)).toEqual([noonMs + 300_000]);
});

test('records that wait for diagnostics touch resolved views, of windows that end after the watermark', async () => {
  const open = {runs: [4, 2], others: []};
  const views = [{...world.settings.views[0]!, on: 'resolved' as const}];
  const settings = {...world.settings, views};
  world.hold(requestsOf(3));
  world.hold(requestsOf(3, later));
  const window = replayed([requestsOf(5), requestsOf(5, later)]);
  world.stand({open, watermarks: {arrivalMs: noonMs + 400_000, resolvedMs: noonMs + 300_000}});
  const result = await rebuild(window, {settings});
  expect(result.refused).toMatchObject([
    {
      window: {windowStartMs: noonMs + 300_000},
      because: [{kind: 'waiting', count: 2, fromMs: noonMs + 300_000}],
    },
  ]);
  expect(kinds(await rebuild(window))).toEqual([]);
});

test('halves that wait for the other touch arrival views, too', async () => {
  const open = {runs: [], others: [], calls: [{places: [4, 0], owes: 'both' as const}]};
  world.stand({open});
  world.hold(requestsOf(3));
  expect(kinds(await rebuild())).toEqual(['waiting']);
});

test('events beyond what either has read are refused where they are of the window', async () => {
  for (let n = 0; n < 12; n++) world.log.push(received(n));
  world.hold(requestsOf(3));
  world.stand({head: mark(11)});
  expect(kinds(await rebuild())).toEqual(['not read by the replay']);
  world.stand({head: mark(5)});
  expect(kinds(await rebuild())).toEqual(['not read by the worker']);
  world.log.splice(10, 2, received(10, {timestampMs: 0}), received(11, {timestampMs: 0}));
  world.stand({head: mark(11)});
  expect(kinds(await rebuild())).toEqual([]);
});

test('a partition that no worker has begun will count its events yet', async () => {
  world.journal.delete();
  world.progress.delete(world.progress.all()[0]!.id);
  for (let n = 0; n < 10; n++) world.log.push(received(n));
  world.hold(requestsOf(3));
  expect(kinds(await rebuild())).toEqual(['not read by the worker']);
});

test('events of the window that expired before the replay began leave it as it is', async () => {
  const at = (n: number): ReceivedEvent => received(n, {atMs: mark(n).enqueuedTimeMs});
  for (let n = 4; n < 10; n++) world.log.push(at(n));
  world.hold(requestsOf(3));
  const read = new Map([[partition.partitionId, {first: mark(4), last: mark(9)}]]);
  expect(kinds(await rebuild(replayed([requestsOf(5)], {read})))).toEqual(['not known']);
  world.log.unshift(received(3, {atMs: noonMs - 400_000}));
  expect(kinds(await rebuild(replayed([requestsOf(5)], {read})))).toEqual([]);
});

test('events without positions, or still undecided, leave it as it is', async () => {
  world.hold(requestsOf(3));
  expect(kinds(await rebuild(replayed([requestsOf(5)], {read: undefined})))).toEqual(['not known']);
  const views = [{...world.settings.views[0]!, on: 'resolved' as const}];
  const settings = {...world.settings, views};
  const undecided = await rebuild(replayed([requestsOf(5)], {undecided: 2}), {settings});
  expect(kinds(undecided)).toEqual(['undecided']);
});

test('a replay that counts open dead letters writes nothing, since a retry would count them again', async () => {
  world.hold(requestsOf(3));
  expect(kinds(await rebuild(undefined, {letters: 2}))).toEqual(['dead letters']);
  expect(writes()).toEqual([]);
});

test('a window does not lose requests unless that is allowed', async () => {
  world.hold(requestsOf(8));
  const result = await rebuild();
  expect(result.refused).toMatchObject([{because: [{kind: 'shrinks', from: 8, to: 5}]}]);
  expect(writes()).toEqual([]);
  await rebuild(undefined, {shrinking: 'allowed'});
  expect(world.aggregates.get(target.id)).toMatchObject({requests: 5});
});

test('requests that move to another document of the window do not make it shrink', async () => {
  world.hold(requestsOf(5, {region: 'unknown'}));
  const {documents} = await rebuild();
  expect(documents.map(({requests}) => [requests.before, requests.after])).toEqual([
    [0, 5],
    [5, 0],
  ]);
  expect(world.aggregates.all().map(({region, requests}) => [region, requests])).toEqual([
    ['unknown', 0],
    ['eastus2', 5],
  ]);
});

test.each([
  ['of another source', '{"01234567/3/lineage1":4}', 'others count in it'],
  ['of a partition that is no more', `{"${own.replace('/3/', '/7/')}":4}`, 'others count in it'],
])('a document that holds counts %s is left as it is', async (_, stateApplied, kind) => {
  world.hold(requestsOf(3), {changes: {stateApplied}});
  expect(kinds(await rebuild())).toEqual([kind]);
});

test('counts of a hub that was made again since are left, those of a journal that was begun anew are not', async () => {
  world.hold(requestsOf(3), {changes: {stateApplied: `{"${own.replace('lineage1', 'lineage0')}":4}`}});
  const madeAgain = new Date(noonMs + 3_600_000).toISOString();
  world.stand({hubCreatedAt: madeAgain});
  Object.assign(world.ports.hub, {hubFacts: async () => ({createdAt: madeAgain, partitionIds: ['3']})});
  expect(kinds(await rebuild())).toEqual(['older hub']);
  world.stand();
  Object.assign(world.ports.hub, {hubFacts: async () => ({createdAt: 'then', partitionIds: ['3']})});
  expect(kinds(await rebuild())).toEqual([]);
});

test('a document that cannot be read is left as it is', async () => {
  world.hold(requestsOf(3), {changes: {schemaVersion: 9}});
  expect(kinds(await rebuild())).toEqual(['unreadable']);
  world.hold(requestsOf(3), {changes: {stateApplied: 'x'}});
  expect(kinds(await rebuild())).toEqual(['unreadable']);
  expect(writes()).toEqual([]);
});

test('nothing is rebuilt while a partition is stopped', async () => {
  world.stand({}, {n: 8});
  world.hold(requestsOf(3));
  expect(kinds(await rebuild())).toEqual(['stopped']);
});

test('a window past its retention is not made again', async () => {
  const settings = {...world.settings, retentionMs: {...world.settings.retentionMs, '5m': 86_400_000}};
  await world.clock.advance(noonMs + 2 * 86_400_000);
  expect(await rebuild(undefined, {settings})).toMatchObject({documents: [], expired: 1, refused: []});
});

test('a worker that writes between the reading and the replacing makes it begin again', async () => {
  world.hold(requestsOf(3), {n: 4});
  let came = 0;
  world.aggregates.onWrite = () => {
    came += 1;
    if (came > 1) return;
    // The next commit adds a request that the replay has not read.
    world.hold(requestsOf(4), {n: 6});
    world.log.push(...Array.from({length: 11}, (_, n) => received(n)));
    world.stand({n: 6, head: mark(10)});
  };
  expect(kinds(await rebuild())).toEqual(['not read by the replay']);
  expect(world.aggregates.get(target.id)).toMatchObject({requests: 4});
});

test.each(['answer lost', 'never arrives'] as const)(
  'a write whose fate is unclear (%s) is done once',
  async (fault) => {
    world.hold(requestsOf(3));
    world.aggregates.writes.push(fault);
    const {documents, right} = await rebuild();
    expect([documents.length, right]).toEqual([1, 0]);
    expect(world.aggregates.get(target.id)).toMatchObject({requests: 5, revision: 2});
  },
);

test('a document that is written all the time is given up after a bounded number of tries', async () => {
  world.hold(requestsOf(3));
  let n = 5;
  world.aggregates.onWrite = () => world.hold(requestsOf(3), {n: (n += 1)});
  expect(kinds(await rebuild())).toEqual(['not known']);
  expect(writes()).toHaveLength(10);
});

test('without the right to write it ends at once', async () => {
  world.hold(requestsOf(3));
  world.aggregates.writes.push({kind: 'forbidden', reason: 'a role is missing'});
  await expect(rebuild()).rejects.toMatchObject({code: 'START_UP'});
});

test('the text says what changes, document by document, within 80 columns', async () => {
  world.hold(requestsOf(3));
  world.stand({carry: [requestsOf(1, later)]});
  world.hold(requestsOf(4, later));
  const result = await rebuild(replayed([requestsOf(5), requestsOf(5, later)]), {mode: 'look'});
  const text = rebuildText(result, 'to do');
  expect(text).toBe(`1 document to be replaced, 0 documents right as they are, 1 window left as it
is.

usage 5m 2024-05-17T12:00:00.000Z
  region eastus2
  requests 3 → 5, succeeded 3 → 5, requestsTokensUnknown 3 → 5

usage 5m 2024-05-17T12:05:00.000Z is left as it is:
  - partition 3: the worker holds counts back until the refresh of their
    documents
`);
  expect(rebuildJson(result, 'done')).toMatchObject({
    written: true,
    documents: [{id: target.id, change: 'replaced', requests: {before: 3, after: 5}}],
    refused: [{view: 'usage', windowStart: '2024-05-17T12:05:00.000Z', because: [expect.any(String)]}],
  });
});
