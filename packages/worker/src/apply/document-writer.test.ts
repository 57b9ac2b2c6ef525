import {addContributions, formatAggregate, newAggregate, type AggregateDelta} from '@weir/pipeline';
import {beforeEach, expect, test} from 'vitest';
import {settle, VirtualClock} from '../../../azure/src/cosmos/virtual-clock.ts';
import {delta, noonMs, reports} from '../commit-fixture.ts';
import {InMemoryDocuments} from '../in-memory-ports.ts';
import {DocumentWriter, type Applied} from './document-writer.ts';

const dayMs = 86_400_000;
const {target} = delta(1);

let documents: InMemoryDocuments;
let clock: VirtualClock;
let told: ReturnType<typeof reports>;
let writer: DocumentWriter;
let stop: AbortController;
beforeEach(async () => {
  [documents, clock, told, stop] = [
    new InMemoryDocuments(),
    new VirtualClock(),
    reports(),
    new AbortController(),
  ];
  await clock.advance(noonMs);
  writer = newWriter();
});

function newWriter(): DocumentWriter {
  const ports = {aggregates: documents, clock, random: () => 0.5};
  return new DocumentWriter({
    ports,
    retentionMs: {'5m': 30 * dayMs, '1h': undefined, '1d': undefined},
    report: told.report,
  });
}

function add(
  source: string,
  n: number,
  {requests = 1, signal = stop.signal}: {requests?: number; signal?: AbortSignal} = {},
): Promise<Applied> {
  return writer.add(target, {source, n, delta: delta(requests)}, signal);
}

/** Lets everything that waits go on. */
async function all(...adding: Promise<Applied>[]): Promise<string[]> {
  await clock.advance(120_000);
  return (await Promise.all(adding)).map(({kind}) => kind);
}

/** What another worker writes. */
function elsewhere(source: string, n: number, added: AggregateDelta): void {
  const state = newAggregate(target);
  addContributions(state, [{source, n, delta: added}]);
  documents.put(formatAggregate(state, {nowMs: noonMs, retentionMs: undefined}));
}

const there = (): Record<string, unknown> | undefined => documents.get(target.id);
const writes = (): number => documents.requests.filter((request) => request.startsWith('write')).length;

test('a document is made where there is none, and replaced from the confirmed copy without another read', async () => {
  expect(await all(add('a', 1))).toEqual(['applied']);
  expect(await all(add('a', 2, {requests: 4}))).toEqual(['applied']);
  expect(there()).toMatchObject({requests: 5, revision: 2, stateApplied: '{"a":2}'});
  expect(documents.requests.map((request) => request.split(' ')[0])).toEqual(['read', 'write', 'write']);
});

test('what several partitions add at one moment goes into one write', async () => {
  expect(await all(add('a', 1), add('b', 7), add('c', 3))).toEqual(['applied', 'applied', 'applied']);
  expect(writes()).toBe(1);
  expect(there()).toMatchObject({requests: 3, revision: 1, stateApplied: '{"a":1,"b":7,"c":3}'});
});

test('writes of one document are serial: what comes meanwhile waits and goes, together, into the next', async () => {
  let underWay = 0;
  let most = 0;
  let release = (): void => {};
  documents.onWrite = async () => {
    most = Math.max(most, (underWay += 1));
    await new Promise<void>((resolve) => (release = resolve));
    underWay -= 1;
  };
  const adding = [add('a', 1)];
  await settle();
  for (const n of [2, 3, 4]) adding.push(add('a', n));
  await settle();
  expect([writes(), writer.documentsPending]).toEqual([1, 1]);
  release();
  await settle();
  expect([writes(), most]).toEqual([2, 1]);
  release();
  expect(await all(...adding)).toEqual(['applied', 'applied', 'applied', 'applied']);
  expect(there()).toMatchObject({requests: 4, revision: 2});
  expect(writer.documentsPending).toBe(0);
});

test('two documents do not wait for one another', async () => {
  documents.onWrite = ({id}) => (id === target.id ? new Promise(() => {}) : undefined);
  void add('a', 1);
  const other = delta(2, {region: 'westeurope'});
  expect(await all(writer.add(other.target, {source: 'a', n: 1, delta: other}, stop.signal))).toEqual([
    'applied',
  ]);
});

test('what the document remembers is skipped without a write', async () => {
  elsewhere('a', 5, delta(10));
  expect(await all(add('a', 4), add('a', 5))).toEqual(['applied', 'applied']);
  expect([writes(), there()?.['requests']]).toEqual([0, 10]);
});

test('a refused write is never success: the document is read, compared and written again', async () => {
  await all(add('a', 1));
  elsewhere('b', 1, delta(100));
  expect(await all(add('a', 2))).toEqual(['applied']);
  expect(there()).toMatchObject({requests: 101, stateApplied: '{"a":2,"b":1}'});
});

test('a refused write after which the document has our number is success without another write', async () => {
  documents.onWrite = () => elsewhere('a', 1, delta(1)); // the first try of a stale owner arrives in between
  expect(await all(add('a', 1))).toEqual(['applied']);
  expect([writes(), there()?.['requests']]).toEqual([1, 1]);
});

test.each(['answer lost', 'never arrives'] as const)(
  'a write whose fate is unclear (%s) counts once',
  async (fault) => {
    documents.writes.push(fault);
    expect(await all(add('a', 1, {requests: 6}))).toEqual(['applied']);
    expect(there()).toMatchObject({requests: 6, revision: 1});
    expect(documents.requests.map((request) => request.split(' ')[0]).slice(0, 3)).toEqual([
      'read',
      'write',
      'read',
    ]);
    expect(told.kinds()).toEqual(['write']);
  },
);

test('a document deleted under a copy is made again within its retention, with the new delta alone', async () => {
  await all(add('a', 1, {requests: 6}));
  documents.delete(target.id);
  expect(await all(add('a', 2))).toEqual(['applied']);
  expect(there()).toMatchObject({requests: 1});
});

test('a missing document whose window is past its retention is not made again', async () => {
  await clock.advance(31 * dayMs);
  expect(await all(add('a', 1))).toEqual(['expired']);
  expect(there()).toBeUndefined();
});

test('a document that is still there takes a delta however old its window is', async () => {
  elsewhere('b', 1, delta(2));
  await clock.advance(31 * dayMs);
  expect(await all(add('a', 1))).toEqual(['applied']);
  expect(there()).toMatchObject({requests: 3, ttl: 1});
});

test('a document that cannot be read is parked, never overwritten', async () => {
  documents.put({id: target.id, pk: target.pk, requests: 3, schemaVersion: 1});
  const applied = add('a', 1);
  expect(await all(applied)).toEqual(['parked']);
  expect(await applied).toMatchObject({reason: expect.stringContaining('cannot be read')});
  expect(there()).toMatchObject({requests: 3});
  expect(writes()).toBe(0);
});

test('a document that was mended takes the parked delta at the next try', async () => {
  documents.put({id: target.id, pk: target.pk, schemaVersion: 1});
  await all(add('a', 1));
  elsewhere('b', 1, delta(2));
  expect(await all(add('a', 1))).toEqual(['applied']);
  expect(there()).toMatchObject({requests: 3});
});

test('a document that cannot be read is no copy that others are shown', async () => {
  documents.put({id: target.id, pk: target.pk, schemaVersion: 99});
  await all(add('a', 1));
  expect([...writer.copies()]).toEqual([]);
});

test('what Cosmos DB refuses for good is parked with its reason', async () => {
  documents.writes.push({kind: 'unacceptable', reason: 'too large'});
  const [one, two] = [add('a', 1), add('b', 1)];
  expect(await all(one, two)).toEqual(['parked', 'parked']);
  expect(await one).toEqual({kind: 'parked', reason: 'too large'});
});

test('a throttled write waits at least as long as it was told to and loses nothing', async () => {
  documents.writes.push({kind: 'throttled', retryAfterMs: 5_000});
  const adding = add('a', 1);
  await clock.advance(4_999);
  expect(there()).toBeUndefined();
  expect(await all(adding)).toEqual(['applied']);
  expect(told.kinds()).toEqual(['throttled']);
});

test('a read that fails or is throttled is tried again', async () => {
  documents.reads.push({kind: 'unavailable', cause: 'down'}, {kind: 'throttled', retryAfterMs: 100});
  expect(await all(add('a', 1))).toEqual(['applied']);
  expect(told.kinds()).toEqual(['read', 'throttled']);
});

test('while writing is forbidden nothing is dropped, and asking is slow', async () => {
  documents.writes.push({kind: 'forbidden', reason: 'no role'}, {kind: 'forbidden', reason: 'no role'});
  const adding = add('a', 1);
  await clock.advance(9_000);
  expect(writes()).toBe(1);
  expect(await all(adding)).toEqual(['applied']);
  expect(told.troubles[0]?.message).toContain('no role');
});

test('a partition that is lost while a write waits is left out of it; the others are written', async () => {
  const lost = new AbortController();
  documents.writes.push({kind: 'throttled', retryAfterMs: 1_000});
  const adding = [add('a', 1, {requests: 100, signal: lost.signal}), add('b', 1)];
  await settle();
  lost.abort();
  expect(await all(...adding)).toEqual(['abandoned', 'applied']);
  expect(there()).toMatchObject({requests: 1, stateApplied: '{"b":1}'});
});

test('a worker that stops leaves what waits to the next owner', async () => {
  documents.writes.push({kind: 'throttled', retryAfterMs: 60_000});
  const adding = add('a', 1);
  await settle();
  stop.abort();
  expect(await all(adding)).toEqual(['abandoned']);
  expect([writes(), writer.documentsPending]).toEqual([1, 0]);
});

test('a refused write leaves no trace in the copy: the next one builds on what was confirmed', async () => {
  await all(add('a', 1, {requests: 1}));
  documents.writes.push({kind: 'unacceptable', reason: 'full'});
  expect(await all(add('a', 2, {requests: 10}))).toEqual(['parked']);
  expect(await all(add('b', 1, {requests: 100}))).toEqual(['applied']);
  expect(there()).toMatchObject({requests: 101, stateApplied: '{"a":1,"b":1}'});
});
