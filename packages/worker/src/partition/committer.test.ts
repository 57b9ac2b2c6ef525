import {progressId} from '@weir/pipeline';
import {beforeEach, expect, test} from 'vitest';
import {DocumentWriter} from '../apply/document-writer.ts';
import {commit, delta, noonMs, taken} from '../commit-fixture.ts';
import {partition} from '../in-memory-ports.ts';
import {Committer} from './committer.ts';
import {SessionWorld} from './session-fixture.ts';

let world: SessionWorld;
let committer: Committer;
let order: string[];
let stop: AbortController;

beforeEach(async () => {
  world = new SessionWorld();
  await world.clock.advance(noonMs);
  order = [];
  stop = new AbortController();
  const {ports, told} = world;
  world.journal.onWrite = () => void order.push('journal');
  world.progress.onWrite = () => void order.push('fence');
  world.aggregates.onWrite = ({grain}) => void order.push(`document ${String(grain)}`);
  const {deadLetters, checkpoints} = ports;
  committer = new Committer({
    ports: {
      ...ports,
      deadLetters: {write: (...args) => (order.push('dead letters'), deadLetters.write(...args))},
      checkpoints: {write: (...args) => (order.push('checkpoint'), checkpoints.write(...args))},
    },
    partition,
    writer: new DocumentWriter({
      ports,
      retentionMs: {'5m': 1, '1h': undefined, '1d': undefined},
      report: told.report,
    }),
    signal: stop.signal,
    report: told.report,
    progress: () => ({
      watermarks: {arrivalMs: 0, resolvedMs: 0},
      lagMs: 0,
      owner: 'w',
      nowMs: world.clock.now(),
    }),
    recovered: {etag: undefined, fence: undefined},
  });
});

const resume = {sequenceNumber: 4, offset: 'o4', enqueuedTimeMs: noonMs};
const letter = {
  sequenceNumber: 1,
  index: 0,
  offset: 'o1',
  enqueuedTimeMs: noonMs,
  reason: 'empty',
  layer: 'decode',
} as const;

async function apply(one: Parameters<typeof commit>[0]): ReturnType<Committer['apply']> {
  const applying = committer.apply(commit(one));
  await world.clock.advance(1_000);
  return applying;
}

test('a commit goes through journal, fence, documents, dead letters and checkpoint, in this order', async () => {
  const one = commit({resume, deadLetters: [letter], deltas: [delta(1)]});
  expect(await committer.write(taken(one))).toEqual({kind: 'done'});
  expect(await committer.apply(one)).toEqual({kind: 'done', parked: [], expired: 0});
  expect(order).toEqual(['journal', 'fence', 'document 5m', 'dead letters', 'checkpoint']);
});

test('the finest grain is written first, for a stop that runs out of time', async () => {
  await apply({deltas: [delta(1, {grain: '1d'}), delta(1, {grain: '5m'}), delta(1, {grain: '1h'})]});
  expect(order).toEqual(['fence', 'document 5m', 'document 1h', 'document 1d']);
});

test('the next commit goes under the ETag of the one before', async () => {
  expect(await committer.write(taken(commit({n: 1})))).toEqual({kind: 'done'});
  expect(await committer.write(taken(commit({n: 2})))).toEqual({kind: 'done'});
  world.journal.put(taken(commit({n: 3, author: 'somebody'})).bytes);
  expect(await committer.write(taken(commit({n: 3})))).toMatchObject({kind: 'lost'});
});

test('checkpoints are written every 30 s and never for the start of the log', async () => {
  await apply({n: 1});
  expect(order).toEqual(['fence']);
  for (let n = 2; n <= 32; n++) await apply({n, resume});
  expect(order.filter((what) => what === 'checkpoint')).toHaveLength(2);
  await committer.checkpoint('now');
  expect(order.filter((what) => what === 'checkpoint')).toHaveLength(3);
});

test('a checkpoint that fails costs nothing but a message', async () => {
  world.ports.checkpoints.write = async () => ({kind: 'unavailable', cause: 'busy'});
  expect(await apply({resume})).toMatchObject({kind: 'done'});
  expect(world.told.kinds()).toEqual(['checkpoint']);
});

test('dead letters are tried until they are written', async () => {
  const {deadLetters} = world.ports;
  const write = deadLetters.write.bind(deadLetters);
  let tries = 0;
  world.ports.deadLetters.write = async (...args) =>
    (tries += 1) < 3 ? {kind: 'unavailable', cause: 'busy'} : write(...args);
  expect(await apply({deadLetters: [letter]})).toMatchObject({kind: 'done'});
  expect([...world.deadLetters.keys()]).toEqual(['lineage1/1']);
});

test('what expired or was refused is told apart', async () => {
  world.aggregates.writes.push({kind: 'unacceptable', reason: 'full'});
  const old = delta(1, {windowStartMs: noonMs - 3_600_000});
  const fresh = delta(1, {grain: '1h'});
  const applied = await apply({deltas: [old, fresh]});
  expect(applied).toMatchObject({
    kind: 'done',
    expired: 1,
    parked: [{reason: 'full', entry: {lineage: 'lineage1', n: 1}}],
  });
});

test('parked deltas of one document are applied in one write, each under its own number', async () => {
  const old = {lineage: 'lineage0', n: 9, delta: delta(1, {grain: '1h'})};
  const queued = {lineage: 'lineage1', n: 4, delta: delta(10, {grain: '1h'})};
  expect(await committer.retryParked([old, queued])).toEqual({parked: [], expired: 0});
  expect(order).toEqual(['document 1h']);
  const [document] = world.aggregates.all();
  expect(document).toMatchObject({requests: 11});
  expect(Object.values(JSON.parse(String(document?.['stateApplied'])) as object)).toEqual([9, 4]);
});

test('the journal is compared with the ETag that was written last', async () => {
  expect(await committer.compareJournal()).toEqual({kind: 'done'});
  await committer.write(taken(commit()));
  expect(await committer.compareJournal()).toEqual({kind: 'done'});
  world.journal.reads.push({kind: 'unavailable', cause: 'busy'});
  expect(await committer.compareJournal()).toEqual({kind: 'done'}); // nothing is known, so nothing is concluded
  world.journal.put(taken(commit({author: 'somebody'})).bytes);
  expect(await committer.compareJournal()).toMatchObject({kind: 'lost'});
  world.journal.delete();
  expect(await committer.compareJournal()).toMatchObject({kind: 'lost'});
});

test('a journal that appears where there was none belongs to another owner', async () => {
  world.journal.put(taken(commit({author: 'somebody'})).bytes);
  expect(await committer.compareJournal()).toMatchObject({kind: 'lost'});
});

test('the fence is rewritten with the last commit that passed it', async () => {
  expect(await committer.rewriteFence()).toEqual({kind: 'done'});
  expect(order).toEqual([]);
  await apply({n: 1});
  await committer.rewriteFence();
  expect(order).toEqual(['fence', 'fence']);
  expect(world.progress.get(progressId(partition))?.['n']).toBe(1);
});
