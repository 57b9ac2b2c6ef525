import {createServer, type Server} from 'node:http';
import {ContainerClient} from '@azure/storage-blob';
import {BlobCheckpointStore} from '@azure/eventhubs-checkpointstore-blob';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {startAzurite, type Azurite} from '../../../emulators/src/azurite/azurite.ts';
import {BlobCheckpointHint} from './blob-checkpoint-hint.ts';
import {listenOnLoopback} from '../event-hubs/loopback-port.ts';
import {createBlobContainer, StorageRefusedError, StorageUnreachableError} from './blob-container.ts';
import type {BlobContainer} from './blob-container.ts';
import {BlobDeadLetterStore} from './blob-dead-letter-store.ts';
import {BlobJournalStore} from './blob-journal-store.ts';

const partition = {namespace: 'Ns.Example', hub: 'Hub', group: '$Default', partitionId: '3'};
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

let azurite: Azurite;
let container: BlobContainer;
let brokenServer: Server;
/** A storage account whose every answer is a reset connection, a refusal `STATUS-CODE` or a 503, by its path. */
let brokenPort = 0;
let requestsToBroken = 0;

beforeAll(async () => {
  azurite = await startAzurite();
  container = await createBlobContainer({connectionString: azurite.connectionString, name: 'weir'});
  brokenServer = createServer((request, response) => {
    requestsToBroken += 1;
    const [, status, code = ''] = /^\/(\d{3})-(\w+)\//.exec(request.url ?? '') ?? [];
    if (request.url?.includes('reset')) request.socket.destroy();
    else if (status !== undefined) {
      const headers = {'content-type': 'application/xml', 'x-ms-error-code': code};
      response
        .writeHead(Number(status), headers)
        .end(`<?xml version="1.0"?><Error><Code>${code}</Code></Error>`);
    } else response.writeHead(503, {'retry-after': '7'}).end();
  });
  brokenPort = await listenOnLoopback(brokenServer);
});
afterAll(async () => {
  brokenServer.closeAllConnections();
  brokenServer.close();
  await azurite.close();
});

function broken(path: string): ContainerClient {
  const blobEndpoint = `http://127.0.0.1:${brokenPort}/${path}`;
  const connectionString = azurite.connectionString.replace(
    /BlobEndpoint=[^;]*/,
    `BlobEndpoint=${blobEndpoint}`,
  );
  return new ContainerClient(connectionString, 'weir', {retryOptions: {maxTries: 1}});
}

test('a journal is created once, read back with its bytes, and a second create is refused', async () => {
  const store = new BlobJournalStore(container.client);
  expect(await store.read(partition)).toEqual({kind: 'missing'});
  expect(await store.etag(partition)).toEqual({kind: 'missing'});
  const first = await store.write(partition, {bytes: bytes('one'), ifMatch: undefined});
  expect(first.kind).toBe('written');
  expect(await store.write(partition, {bytes: bytes('two'), ifMatch: undefined})).toEqual({kind: 'refused'});
  const read = await store.read(partition);
  expect(read).toMatchObject({kind: 'found', bytes: Buffer.from('one')});
  expect(await store.etag(partition)).toEqual({kind: 'found', etag: read.kind === 'found' ? read.etag : ''});
});

test('a stale If-Match is refused and leaves the journal as it was', async () => {
  const store = new BlobJournalStore(container.client);
  const at = {...partition, partitionId: 'stale'};
  const first = await store.write(at, {bytes: bytes('1'), ifMatch: undefined});
  const stale = first.kind === 'written' ? first.etag : undefined;
  const second = await store.write(at, {bytes: bytes('2'), ifMatch: stale});
  expect(second.kind).toBe('written');
  expect(await store.write(at, {bytes: bytes('x'), ifMatch: stale})).toEqual({kind: 'refused'});
  expect(await store.read(at)).toMatchObject({kind: 'found', bytes: Buffer.from('2')});
});

test('the journal is named by the partition in lower case', async () => {
  const store = new BlobJournalStore(container.client);
  await store.write({...partition, partitionId: 'case'}, {bytes: bytes('1'), ifMatch: undefined});
  expect(await container.client.getBlobClient('journal/ns.example/hub/$default/case').exists()).toBe(true);
});

test('the partitions that have a journal are listed, those of other hubs and groups are not', async () => {
  const store = new BlobJournalStore(container.client);
  const listed = {...partition, hub: 'listed'};
  for (const partitionId of ['0', '1', 'retry'])
    await store.write({...listed, partitionId}, {bytes: bytes('1'), ifMatch: undefined});
  await store.write({...listed, hub: 'listed2'}, {bytes: bytes('1'), ifMatch: undefined});
  await store.write({...listed, group: 'other'}, {bytes: bytes('1'), ifMatch: undefined});
  const {signal} = new AbortController();
  expect(await store.partitionIds(listed, signal)).toEqual(['0', '1', 'retry']);
  expect(await store.partitionIds({...listed, hub: 'none'}, signal)).toEqual([]);
});

test.each([
  '409-BlobImmutableDueToPolicy',
  '409-ContainerBeingDeleted',
  '412-LeaseIdMissing',
  '403-AccountIsDisabled',
  '403-InsufficientAccountPermissions',
  '500-InternalError',
  '503-ServerBusy',
])('dead letters and journals that storage refuses with %s are not taken for written', async (path) => {
  const [status, code] = path.split('-');
  const cause = `${code} (status ${status})`;
  const letters = new BlobDeadLetterStore(broken(path));
  const letter = {lineage: 'l', n: 1, bytes: bytes('x')};
  expect(await letters.write(partition, letter)).toMatchObject({kind: 'unavailable', cause});
  const journal = new BlobJournalStore(broken(path));
  expect(await journal.write(partition, {bytes: bytes('x'), ifMatch: '"1"'})).toEqual({
    kind: 'unclear',
    cause,
  });
});

test('a reset connection and a 503 are unclear for a write, unavailable for a read, and sent once', async () => {
  const reset = new BlobJournalStore(broken('reset'));
  requestsToBroken = 0;
  expect((await reset.write(partition, {bytes: bytes('1'), ifMatch: 'x'})).kind).toBe('unclear');
  expect(requestsToBroken).toBe(1);
  expect((await reset.read(partition)).kind).toBe('unavailable');
  const busy = new BlobJournalStore(broken('busy'));
  expect((await busy.write(partition, {bytes: bytes('1'), ifMatch: 'x'})).kind).toBe('unclear');
  expect(await busy.read(partition)).toMatchObject({kind: 'unavailable', retryAfterMs: 7000});
  expect(requestsToBroken).toBe(4);
});

test('a fired signal rejects with an AbortError instead of an outcome', async () => {
  const store = new BlobJournalStore(container.client);
  await expect(store.read(partition, AbortSignal.abort())).rejects.toMatchObject({name: 'AbortError'});
});

test('dead letters of one commit are written once and a repeat counts as written', async () => {
  const store = new BlobDeadLetterStore(container.client);
  const letters = {lineage: 'abc', n: 4, bytes: bytes('first')};
  expect(await store.write(partition, letters)).toEqual({kind: 'written'});
  expect(await store.write(partition, {...letters, bytes: bytes('again')})).toEqual({kind: 'written'});
  const blob = container.client.getBlobClient('dead-letters/ns.example/hub/$default/3/abc/4');
  expect(String(await blob.downloadToBuffer())).toBe('first');
});

test('the SDK reads the checkpoint hint, which never goes backwards', async () => {
  const hint = new BlobCheckpointHint(container.client);
  const at = {...partition, hub: 'hinted'};
  await hint.write(at, {sequenceNumber: -1, offset: '-1'});
  await hint.write(at, {sequenceNumber: 7, offset: '700'});
  await hint.write(at, {sequenceNumber: 9, offset: '900'});
  await hint.write(at, {sequenceNumber: 8, offset: '800'});
  const sdk = new BlobCheckpointStore(container.client);
  const checkpoints = await sdk.listCheckpoints('ns.example', 'hinted', '$Default');
  expect(checkpoints).toMatchObject([{partitionId: '3', sequenceNumber: 9, offset: '900'}]);
});

test('a container that exists is opened again and the service clock is known', async () => {
  const again = await createBlobContainer({connectionString: azurite.connectionString, name: 'weir'});
  expect(Math.abs(again.clock.aheadMs())).toBeLessThan(2000);
});

test('plain http to another machine, a wrong key and a malformed connection are refused without the secret', async () => {
  const key = Buffer.from('wrong key').toString('base64');
  const cases = [
    azurite.connectionString.replace('127.0.0.1', 'storage.example'),
    azurite.connectionString.replace(/AccountKey=[^;]*/, `AccountKey=${key}`),
    `AccountKey=${key}`,
  ];
  for (const connectionString of cases) {
    const attempt = createBlobContainer({connectionString, name: 'weir'});
    await expect(attempt).rejects.toBeInstanceOf(StorageRefusedError);
    await expect(attempt).rejects.not.toThrow(key);
  }
});

test('an account that does not answer is unreachable, not refused', async () => {
  const gone = azurite.connectionString.replace(/BlobEndpoint=[^;]*/, 'BlobEndpoint=http://127.0.0.1:1/x');
  await expect(createBlobContainer({connectionString: gone, name: 'weir'})).rejects.toBeInstanceOf(
    StorageUnreachableError,
  );
});
