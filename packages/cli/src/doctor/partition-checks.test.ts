import {BlobJournalStore, createBlobContainer} from '@weir/azure';
import type {Stack} from '@weir/emulators';
import {
  documentTarget,
  emptyDelta,
  encodeCommit,
  noneOpen,
  progressDocument,
  startMark,
  type Commit,
} from '@weir/pipeline';
import {createLogger, loadConfig, Service} from '@weir/worker';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {examined, gatewayEvent, hub, stackWith, troublesOf} from './doctor-fixture.ts';

let stack: Stack;
beforeEach(async () => {
  stack = await stackWith();
});
afterEach(() => stack.close());

const partition = {namespace: '127.0.0.1', hub, group: '$Default', partitionId: '1'};

/** A journal, and the fence that its commit has passed, unless it is given another number. */
async function begun(fields: Partial<Commit>, {fenceN}: {fenceN?: number} = {}): Promise<void> {
  const {createdAtMs} = stack.eventHubs.facts(hub, '1');
  const commit: Commit = {
    lineage: 'aaaaaaaabbbbbbbb',
    n: 7,
    author: 'us',
    hubCreatedAt: new Date(createdAtMs).toISOString(),
    head: startMark,
    frontier: startMark,
    resume: startMark,
    open: noneOpen,
    deltas: [],
    carry: [],
    parked: [],
    deadLetters: [],
    watermarks: {arrivalMs: 0, resolvedMs: 0},
    ...fields,
  };
  const {connectionString} = stack.blob;
  const {client} = await createBlobContainer({connectionString, name: 'weir'});
  await new BlobJournalStore(client).write(partition, {bytes: encodeCommit(commit), ifMatch: undefined});
  putFence({...commit, n: fenceN ?? commit.n});
}

function putFence(commit: Commit): void {
  const progress = {watermarks: commit.watermarks, lagMs: 0, owner: 'worker-1', nowMs: Date.now()};
  const document = progressDocument(partition, commit, progress);
  const container = {id: 'aggregates', pk: 'x'};
  stack.cosmos.put({database: 'weir', container: 'progress', document});
  stack.cosmos.put({database: 'weir', container: 'aggregates', document: container});
}

test('parked documents are named', async () => {
  const target = documentTarget(
    {view: 'usage', grain: '5m', windowStartMs: 0, dimensions: Array<string>(8).fill('all')},
    1,
  );
  await begun({parked: [{lineage: 'aaaaaaaabbbbbbbb', n: 6, delta: emptyDelta(target)}]});
  const findings = await examined(stack);
  expect(troublesOf(findings, 'partitions.journals')).toMatchObject([
    {severity: 'warning', found: expect.stringContaining(`${target.id} (partition 1)`)},
  ]);
});

test('at parked.documentsMax parked documents are a problem', async () => {
  const target = documentTarget(
    {view: 'usage', grain: '5m', windowStartMs: 0, dimensions: Array<string>(8).fill('all')},
    1,
  );
  await begun({parked: [{lineage: 'aaaaaaaabbbbbbbb', n: 6, delta: emptyDelta(target)}]});
  const findings = await examined(stack, {env: {WEIR_PARKED_DOCUMENTS_MAX: '1'}});
  expect(troublesOf(findings, 'partitions.journals')).toMatchObject([{severity: 'problem'}]);
});

test('a stopped partition is a problem, with the command that shows the ways out', async () => {
  await begun({}, {fenceN: 9});
  const findings = await examined(stack);
  expect(troublesOf(findings, 'partitions.journals')).toMatchObject([
    {
      severity: 'problem',
      found: expect.stringContaining('The journal stands at commit 7, but Cosmos DB has seen 9.'),
      fix: 'weir recover --partition 1',
    },
  ]);
});

test('what a stale read may explain is looked at again, within the time of a check', async () => {
  await begun({}, {fenceN: 3});
  const findings = await examined(stack);
  expect(troublesOf(findings, 'partitions.journals')).toMatchObject([
    {severity: 'problem', found: expect.stringContaining('has seen only 3')},
  ]);
});

test('fences without the container of their journals are a problem', async () => {
  putFence({
    lineage: 'aaaaaaaabbbbbbbb',
    n: 1,
    author: 'us',
    head: startMark,
    frontier: startMark,
    watermarks: {arrivalMs: 0, resolvedMs: 0},
  } as Commit);
  const findings = await examined(stack);
  expect(troublesOf(findings, 'partitions.journals')).toMatchObject([
    {severity: 'problem', fix: expect.stringContaining('STORAGE_CONTAINER')},
  ]);
});

test('without a worker the backlog and its absence are told', async () => {
  const tenMinutesAgo = Date.now() - 10 * 60_000;
  const events = Array.from({length: 10}, (_, index) => gatewayEvent({}, tenMinutesAgo + index));
  stack.eventHubs.append({hub, partitionId: '1', events});
  const head = {sequenceNumber: 2, offset: '2', enqueuedTimeMs: tenMinutesAgo};
  await begun({head});
  const findings = await examined(stack);
  expect(troublesOf(findings, 'partitions.journals')).toMatchObject([
    {
      severity: 'warning',
      found: expect.stringMatching(/^7 events are not read yet; a restart now would read 3 again\./),
    },
  ]);
  expect(troublesOf(findings, 'partitions.owners')).toMatchObject([
    {severity: 'warning', found: 'No worker is running, and one has been.'},
  ]);
});

test('beside a running worker its partitions are owned, and nothing is taken from it', async () => {
  stack.eventHubs.append({hub, partitionId: '1', events: [gatewayEvent()]});
  const {config} = loadConfig({
    env: {...stack.variables},
    flags: {
      'http.port': '0',
      'ownership.interval': '500ms',
      'ownership.expiry': '10s',
      'flush.interval': '300ms',
    },
  });
  const service = await Service.start({config, log: createLogger({level: 'silent'}), version: '0'});
  try {
    await vi.waitFor(() => expect(stack.eventHubs.receivingLinks()).toHaveLength(4), {timeout: 15_000});
    const findings = await examined(stack);
    expect(troublesOf(findings)).toEqual([]);
    expect(findings).toContainEqual({
      check: 'partitions.owners',
      severity: 'ok',
      found: '1 worker owns 4 of 4 partitions.',
    });
    expect(findings).toContainEqual(
      expect.objectContaining({check: 'event-hubs.reading', severity: 'skipped'}),
    );
    expect(stack.eventHubs.receivingLinks()).toHaveLength(4);
  } finally {
    await service.stop();
  }
}, 40_000);
