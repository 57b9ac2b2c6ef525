import {BlobCheckpointStore} from '@azure/eventhubs-checkpointstore-blob';
import {afterAll, beforeAll, beforeEach, expect, test} from 'vitest';
import {startAzurite, type Azurite} from '../../../emulators/src/azurite/azurite.ts';
import {createBlobContainer, type BlobContainer} from '../blob/blob-container.ts';
import {StorageClock} from '../blob/storage-clock.ts';
import {OwnershipStore, type OwnershipStoreOptions} from './ownership-store.ts';

const place = ['Ns', 'hub', '$Default'] as const;
let azurite: Azurite;
let container: BlobContainer;
let containers = 0;

beforeAll(async () => {
  azurite = await startAzurite();
});
beforeEach(async () => {
  containers += 1;
  container = await createBlobContainer({
    connectionString: azurite.connectionString,
    name: `ownership-${containers}`,
  });
});
afterAll(() => azurite.close());

function store(options: Partial<OwnershipStoreOptions> = {}): OwnershipStore {
  return new OwnershipStore({
    inner: new BlobCheckpointStore(container.client),
    clock: container.clock,
    ownerId: 'me',
    formerOwnerIds: new Set(),
    expiryMs: 10_000,
    isReceiving: () => true,
    mayClaim: () => true,
    startOf: async () => ({start: {sequenceNumber: 4, offset: '400'}}),
    onLost: () => {},
    onReleaseFailed: () => {},
    now: Date.now,
    ...options,
  });
}

function request(partitionId: string, ownerId: string, etag?: string) {
  const [fullyQualifiedNamespace, eventHubName, consumerGroup] = place;
  return {
    fullyQualifiedNamespace,
    eventHubName,
    consumerGroup,
    partitionId,
    ownerId,
    ...(etag !== undefined && {etag}),
  };
}

async function etagOf(partitionId: string): Promise<string> {
  const list = await new BlobCheckpointStore(container.client).listOwnership(...place);
  return list.find((ownership) => ownership.partitionId === partitionId)?.etag ?? '';
}

test('the start of the partition claimed last is handed out once, and stored checkpoints never', async () => {
  const asked: string[] = [];
  const mine = store({
    startOf: async (partitionId) => {
      asked.push(partitionId);
      return {start: {sequenceNumber: 4, offset: '400'}};
    },
  });
  const [namespace, hub, group] = place;
  await new BlobCheckpointStore(container.client).updateCheckpoint({
    fullyQualifiedNamespace: namespace,
    eventHubName: hub,
    consumerGroup: group,
    partitionId: '1',
    offset: '999',
    sequenceNumber: 9,
  });
  await mine.claimOwnership([request('0', 'me')]);
  await mine.claimOwnership([request('1', 'me')]);
  expect(await mine.listCheckpoints(...place)).toMatchObject([
    {partitionId: '1', offset: '400', sequenceNumber: 4},
  ]);
  expect(await mine.listCheckpoints(...place)).toEqual([]);
  expect(asked).toEqual(['1']);
});

test('a partition that must not be started is written off, so that it can be claimed at once', async () => {
  const mine = store({startOf: () => Promise.reject(new Error('no fence'))});
  await mine.claimOwnership([request('0', 'me')]);
  await expect(mine.listCheckpoints(...place)).rejects.toThrow('no fence');
  const list = await new BlobCheckpointStore(container.client).listOwnership(...place);
  expect(list).toMatchObject([{partitionId: '0', ownerId: ''}]);
});

test('what is ours but not received is shown as abandoned, and what is received as ours', async () => {
  const mine = store({
    isReceiving: (partitionId) => partitionId === '1',
    formerOwnerIds: new Set(['me before']),
  });
  const inner = new BlobCheckpointStore(container.client);
  await inner.claimOwnership([
    request('0', 'me'),
    request('1', 'me'),
    request('2', 'me before'),
    request('3', 'you'),
  ]);
  const owners = (await mine.listOwnership(...place)).map(({ownerId}) => ownerId);
  expect(owners).toEqual(['', 'me', '', 'you']);
  expect([mine.isOwned('1'), mine.isOwned('3'), mine.owners()]).toEqual([true, false, 2]);
});

test('another owner of a partition that is received here is reported, and its claim is not written off', async () => {
  const lost: string[] = [];
  const mine = store({onLost: (partitionId, ownerId) => lost.push(`${partitionId} to ${ownerId}`)});
  await mine.claimOwnership([request('0', 'me')]);
  const inner = new BlobCheckpointStore(container.client);
  await inner.claimOwnership([request('0', 'you', await etagOf('0'))]);
  await mine.release('0');
  await mine.listOwnership(...place);
  expect(lost).toEqual(['0 to you']);
  expect(await inner.listOwnership(...place)).toMatchObject([{ownerId: 'you'}]);
});

test('a draining worker renews and claims nothing new; a finished one only writes off', async () => {
  const mine = store({mayClaim: () => false, isReceiving: (partitionId) => partitionId === '0'});
  expect(await mine.claimOwnership([request('0', 'me'), request('1', 'me')])).toMatchObject([
    {partitionId: '0'},
  ]);
  mine.finish();
  expect(await mine.claimOwnership([request('0', 'me')])).toEqual([]);
  expect(await mine.claimOwnership([request('0', '')])).toMatchObject([{ownerId: ''}]);
});

test('a round that has taken a quarter of the expiry claims nothing new and still renews', async () => {
  let nowMs = Date.now();
  const mine = store({now: () => nowMs, isReceiving: (partitionId) => partitionId === '0'});
  await mine.claimOwnership([request('0', 'me')]);
  await mine.listOwnership(...place);
  nowMs += 2500;
  expect(await mine.claimOwnership([request('1', 'me')])).toEqual([]);
  expect(await mine.claimOwnership([request('0', 'me', await etagOf('0'))])).toMatchObject([
    {partitionId: '0'},
  ]);
  await mine.listOwnership(...place);
  expect(await mine.claimOwnership([request('1', 'me')])).toMatchObject([{partitionId: '1'}]);
});

test('the time of the last renewal is shifted by the distance of the clocks', async () => {
  const ahead = new StorageClock(() => Date.now() + 300_000);
  ahead.observe(new Date().toUTCString());
  const mine = store({clock: ahead});
  await mine.claimOwnership([request('0', 'me')]);
  const [ownership] = await mine.listOwnership(...place);
  const ageMs = Date.now() + 300_000 - (ownership?.lastModifiedTimeInMs ?? 0);
  expect(Math.abs(ageMs)).toBeLessThan(2500);
});

test('a checkpoint through the SDK is a bug and says so', () => {
  expect(() => store().updateCheckpoint()).toThrow('the journal is the only truth');
});
