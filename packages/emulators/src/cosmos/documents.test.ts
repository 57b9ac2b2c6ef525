import {get} from 'node:http';
import {expect, test} from 'vitest';
import {connect, startFixture} from './emulator-fixture.ts';

test('a document comes back as it was written, with an ETag and a charge', async () => {
  await using fixture = await startFixture();
  const id = 'ns|hub|$Default|0 é%';
  const written = await fixture.container.items.create({id, pk: 'p|é', requests: 1});
  const read = await fixture.container.item(id, 'p|é').read();
  expect(written.statusCode).toBe(201);
  expect(written.requestCharge).toBeGreaterThan(5);
  expect(read.resource).toMatchObject({id, pk: 'p|é', requests: 1, _etag: written.etag});
  expect(read.etag).toBe(written.etag);
});

test('a missing document is 404 and a missing container 404 with substatus 1003', async () => {
  await using fixture = await startFixture();
  const missing = await fixture.container.item('nobody', 'p').read();
  const nowhere = await fixture.client.database('weir').container('nowhere').item('nobody', 'p').read();
  expect(missing).toMatchObject({statusCode: 404, substatus: 0});
  expect(nowhere).toMatchObject({statusCode: 404, substatus: 1003});
});

test('creating an id twice in one logical partition is 409, in another it is fine', async () => {
  await using fixture = await startFixture();
  const {items} = fixture.container;
  const onlyNew = {accessCondition: {type: 'IfNoneMatch', condition: '*'}};
  await items.create({id: 'a', pk: 'one'}, onlyNew);
  await expect(items.create({id: 'a', pk: 'one'}, onlyNew)).rejects.toMatchObject({code: 409});
  await expect(items.create({id: 'a', pk: 'two'}, onlyNew)).resolves.toMatchObject({statusCode: 201});
});

test('a stale If-Match is refused with 412 and changes nothing', async () => {
  await using fixture = await startFixture();
  const first = await fixture.container.items.create({id: 'a', pk: 'p', n: 1});
  const item = fixture.container.item('a', 'p');
  const under = (condition: string) => ({accessCondition: {type: 'IfMatch', condition}});
  const second = await item.replace({id: 'a', pk: 'p', n: 2}, under(first.etag));
  expect(second.etag).not.toBe(first.etag);
  const stale = under(first.etag);
  await expect(item.replace({id: 'a', pk: 'p', n: 3}, stale)).rejects.toMatchObject({code: 412});
  await expect(fixture.container.items.upsert({id: 'a', pk: 'p', n: 3}, stale)).rejects.toMatchObject({
    code: 412,
  });
  await expect(item.delete(stale)).rejects.toMatchObject({code: 412});
  expect(fixture.emulator.documents('weir', 'aggregates')).toMatchObject([{n: 2, _etag: second.etag}]);
});

test('a read under If-None-Match of the same ETag is 304', async () => {
  await using fixture = await startFixture();
  const {etag} = await fixture.container.items.create({id: 'a', pk: 'p'});
  const options = {accessCondition: {type: 'IfNoneMatch', condition: etag}};
  expect((await fixture.container.item('a', 'p').read(options)).statusCode).toBe(304);
});

test('replace and delete of what is not there are 404, upsert makes it', async () => {
  await using fixture = await startFixture();
  const item = fixture.container.item('a', 'p');
  await expect(item.replace({id: 'a', pk: 'p'})).rejects.toMatchObject({code: 404});
  await expect(item.delete()).rejects.toMatchObject({code: 404});
  expect((await fixture.container.items.upsert({id: 'a', pk: 'p'})).statusCode).toBe(201);
  expect((await fixture.container.items.upsert({id: 'a', pk: 'p'})).statusCode).toBe(200);
  expect((await item.delete()).statusCode).toBe(204);
});

test('a partition key in the header that is not the body’s is 400', async () => {
  await using fixture = await startFixture();
  await fixture.container.items.create({id: 'a', pk: 'p'});
  const moved = fixture.container.item('a', 'p').replace({id: 'a', pk: 'other'});
  await expect(moved).rejects.toMatchObject({code: 400, substatus: 1001});
});

test('a document above 2 MB is 413, and so is a request far above it', async () => {
  await using fixture = await startFixture();
  const {items} = fixture.container;
  const fits = items.create({id: 'fits', pk: 'p', text: 'x'.repeat(2 * 1024 * 1024 - 200)});
  await expect(fits).resolves.toMatchObject({statusCode: 201});
  const above = items.create({id: 'above', pk: 'p', text: 'x'.repeat(2 * 1024 * 1024)});
  await expect(above).rejects.toMatchObject({code: 413});
  const far = items.create({id: 'far', pk: 'p', text: 'x'.repeat(6 * 1024 * 1024)});
  await expect(far).rejects.toMatchObject({code: 413});
});

test('a full logical partition is 403 with substatus 1014, others go on, and deletes make room', async () => {
  await using fixture = await startFixture({partitionBytesMax: 1000});
  const {container} = fixture;
  await container.items.create({id: 'a', pk: 'p', text: 'x'.repeat(800)});
  const full = container.items.create({id: 'b', pk: 'p', text: 'x'.repeat(800)});
  await expect(full).rejects.toMatchObject({code: 403, substatus: 1014});
  await container.items.create({id: 'b', pk: 'q', text: 'x'.repeat(800)});
  await container.item('a', 'p').delete();
  await container.items.create({id: 'b', pk: 'p', text: 'x'.repeat(800)});
});

test('a request signed with another key is 401', async () => {
  await using fixture = await startFixture();
  const stranger = connect(fixture.emulator, Buffer.from('another key').toString('base64'));
  const read = stranger.database('weir').container('aggregates').item('a', 'p').read();
  await expect(read).rejects.toMatchObject({code: 401});
  const unsigned = await fetch(`${fixture.emulator.endpoint}/dbs/weir`);
  expect(unsigned.status).toBe(401);
  stranger.dispose();
});

test('a document expires its ttl after its last write, and its id is free at once', async () => {
  let nowMs = Date.parse('2026-05-17T12:00:00.500Z');
  await using fixture = await startFixture({now: () => nowMs});
  const {container} = fixture;
  const item = container.item('a', 'p');
  await container.items.create({id: 'a', pk: 'p', ttl: 10});
  await container.items.create({id: 'keeps', pk: 'p', ttl: -1});
  await container.items.create({id: 'inherits', pk: 'p'});
  nowMs += 9_000;
  await item.replace({id: 'a', pk: 'p', ttl: 10});
  nowMs += 9_000;
  expect((await item.read()).statusCode).toBe(200);
  nowMs += 1_000;
  expect((await item.read()).statusCode).toBe(404);
  await expect(item.replace({id: 'a', pk: 'p', ttl: 10})).rejects.toMatchObject({code: 404});
  expect(fixture.emulator.documents('weir', 'aggregates').map(({id}) => id)).toEqual(['keeps', 'inherits']);
  expect((await container.items.create({id: 'a', pk: 'p', ttl: 10})).statusCode).toBe(201);
});

test('the default TTL of a container counts for documents without one, and can be changed', async () => {
  let nowMs = Date.parse('2026-05-17T12:00:00Z');
  await using fixture = await startFixture({now: () => nowMs});
  const {container} = fixture;
  const {resource} = await container.read();
  await container.items.create({id: 'a', pk: 'p'});
  await container.replace({...resource, id: 'aggregates', partitionKey: {paths: ['/pk']}, defaultTtl: 5});
  nowMs += 5_000;
  expect((await container.item('a', 'p').read()).statusCode).toBe(404);
  await expect(container.items.create({id: 'b', pk: 'p', ttl: 0})).rejects.toMatchObject({code: 400});
});

test('databases and containers are listed, and gone after their deletion', async () => {
  await using fixture = await startFixture();
  const {client, container} = fixture;
  const database = client.database('weir');
  await expect(
    database.containers.create({id: 'aggregates', partitionKey: {paths: ['/pk']}}),
  ).rejects.toMatchObject({code: 409});
  expect((await database.containers.readAll().fetchAll()).resources.map(({id}) => id)).toEqual([
    'aggregates',
  ]);
  await container.delete();
  await expect(container.read()).rejects.toMatchObject({code: 404});
  await database.delete();
  expect((await client.databases.readAll().fetchAll()).resources).toEqual([]);
});

test('the account advertises the address by which it was reached', async () => {
  await using fixture = await startFixture();
  const {resource} = await fixture.client.getDatabaseAccount();
  const {port} = new URL(fixture.emulator.endpoint);
  expect(resource?.writableLocations[0]?.databaseAccountEndpoint).toBe(`http://127.0.0.1:${port}/`);
});

test('what is outside the subset is refused by name', async () => {
  await using fixture = await startFixture();
  const patched = fixture.container.item('a', 'p').patch([{op: 'incr', path: '/n', value: 1}]);
  await expect(patched).rejects.toMatchObject({code: 400, body: {message: expect.stringContaining('PATCH')}});
});

test('a person can look at the newest documents without a key, by a loopback name only', async () => {
  await using fixture = await startFixture();
  const {emulator} = fixture;
  for (const id of ['a', 'b', 'c'])
    emulator.put({database: 'weir', container: 'aggregates', document: {id, pk: 'p'}});
  const path = '/emulator/documents?database=weir&container=aggregates';
  const answer = await fetch(`${emulator.endpoint}${path}&limit=2`);
  expect(await answer.json()).toMatchObject({count: 3, documents: [{id: 'c'}, {id: 'b'}]});
  expect((await fetch(`${emulator.endpoint}${path}&limit=5000`)).status).toBe(400);
  expect(await statusByName(`${emulator.endpoint}${path}`, 'rebound.example')).toBe(403);
});

async function statusByName(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const request = get(url, {headers: {host}, agent: false}, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on('error', reject);
  });
}
