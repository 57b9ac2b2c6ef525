import {expect, test} from 'vitest';
import {startFixture} from './emulator-fixture.ts';

test('a burst of 429 strikes as often as it was told, and says how long to wait', async () => {
  await using fixture = await startFixture();
  const fault = fixture.emulator.injectFault({kind: 'throttled', retryAfterMs: 40, count: 2});
  const write = () => fixture.container.items.upsert({id: 'a', pk: 'p'});
  await expect(write()).rejects.toMatchObject({code: 429, substatus: 3200, retryAfterInMs: 40});
  await expect(write()).rejects.toMatchObject({code: 429});
  expect((await write()).statusCode).toBe(201);
  expect(fault.struck).toBe(2);
});

test('a fault strikes only the operation and the document it names', async () => {
  await using fixture = await startFixture();
  const {emulator, container} = fixture;
  const fault = emulator.injectFault({kind: 'unavailable', operations: ['upsert'], id: (id) => id === 'b'});
  await container.items.upsert({id: 'a', pk: 'p'});
  await container.items.create({id: 'b', pk: 'p'});
  await expect(container.items.upsert({id: 'b', pk: 'p'})).rejects.toMatchObject({code: 503});
  expect(fault.struck).toBe(1);
});

test('a fault with a duration ends by the emulator’s clock', async () => {
  let nowMs = 1_000_000;
  await using fixture = await startFixture({now: () => nowMs});
  fixture.emulator.injectFault({kind: 'timeout', forMs: 500});
  const write = () => fixture.container.items.upsert({id: 'a', pk: 'p'});
  await expect(write()).rejects.toMatchObject({code: 408});
  await expect(write()).rejects.toMatchObject({code: 408});
  nowMs += 500;
  expect((await write()).statusCode).toBe(201);
});

test('a lost answer was written all the same, a reset was not', async () => {
  await using fixture = await startFixture();
  const {emulator, container} = fixture;
  emulator.injectFault({kind: 'answerLost', operations: ['create']});
  await expect(container.items.create({id: 'lost', pk: 'p'})).rejects.toMatchObject({code: 'ECONNRESET'});
  emulator.injectFault({kind: 'reset', operations: ['create']});
  await expect(container.items.create({id: 'reset', pk: 'p'})).rejects.toMatchObject({code: 'ECONNRESET'});
  expect(emulator.documents('weir', 'aggregates').map(({id}) => id)).toEqual(['lost']);
  const creates = emulator.requests.filter(({operation}) => operation === 'create');
  expect(creates).toMatchObject([
    {id: 'lost', status: 201, delivery: 'lost'},
    {id: 'reset', status: 0, delivery: 'lost'},
  ]);
});

test('a 412 storm refuses a condition that holds', async () => {
  await using fixture = await startFixture();
  const {etag} = await fixture.container.items.create({id: 'a', pk: 'p'});
  fixture.emulator.injectFault({kind: 'conditionRefused', count: 2});
  const options = {accessCondition: {type: 'IfMatch', condition: etag}};
  const replace = () => fixture.container.item('a', 'p').replace({id: 'a', pk: 'p', n: 1}, options);
  await expect(replace()).rejects.toMatchObject({code: 412});
  await expect(replace()).rejects.toMatchObject({code: 412});
  expect((await replace()).statusCode).toBe(200);
});

test('a stale read shows the version before, once', async () => {
  await using fixture = await startFixture();
  const {emulator, container} = fixture;
  const first = await container.items.create({id: 'a', pk: 'p', n: 1});
  emulator.injectFault({kind: 'staleRead', operations: ['read']});
  expect((await container.item('a', 'p').read()).statusCode).toBe(404);
  await container.items.upsert({id: 'a', pk: 'p', n: 2});
  emulator.injectFault({kind: 'staleRead', operations: ['read']});
  const stale = await container.item('a', 'p').read();
  expect(stale.resource).toMatchObject({n: 1});
  expect(stale.etag).toBe(first.etag);
  expect((await container.item('a', 'p').read()).resource).toMatchObject({n: 2});
});

test('closing does not wait for a request that is held up', async () => {
  const fixture = await startFixture();
  fixture.emulator.injectFault({kind: 'latency', ms: 60_000});
  const held = fixture.container.items.create({id: 'a', pk: 'p'}).catch((error: unknown) => error);
  await expect.poll(() => fixture.emulator.pendingRequests).toBe(1);
  await fixture[Symbol.asyncDispose]();
  expect(await held).toBeInstanceOf(Error);
});

test('above the budget requests get 429 until the debt is paid', async () => {
  let nowMs = 1_000_000;
  await using fixture = await startFixture({now: () => nowMs, requestUnitsPerSecond: 20});
  const write = (id: string) => fixture.container.items.create({id, pk: 'p'});
  let refused: unknown;
  for (let n = 0; n < 10 && refused === undefined; n += 1) {
    refused = await write(`d${n}`).then(
      () => undefined,
      (error: unknown) => error,
    );
  }
  expect(refused).toMatchObject({code: 429, substatus: 3200});
  const written = fixture.emulator.documents('weir', 'aggregates').length;
  expect(written).toBe(4);
  nowMs += 1000;
  expect((await write('later')).statusCode).toBe(201);
});

test('charges follow the published figures: reads by size, replaces twice an insert', async () => {
  await using fixture = await startFixture();
  const small = {id: 'small', pk: 'p', text: 'x'.repeat(950)};
  const insert = await fixture.container.items.create(small);
  const replace = await fixture.container.item('small', 'p').replace(small);
  const read = await fixture.container.item('small', 'p').read();
  expect(replace.requestCharge).toBeCloseTo(2 * insert.requestCharge, 1);
  expect(read.requestCharge).toBeCloseTo(1, 1);
});
