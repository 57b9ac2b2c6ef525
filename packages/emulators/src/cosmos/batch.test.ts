import {expect, test} from 'vitest';
import {startFixture} from './emulator-fixture.ts';

test('a batch writes all its operations, reads included', async () => {
  await using fixture = await startFixture();
  const {etag} = await fixture.container.items.create({id: 'old', pk: 'p', n: 1});
  const {code, result} = await fixture.container.items.batch(
    [
      {operationType: 'Create', resourceBody: {id: 'new', pk: 'p'}},
      {operationType: 'Replace', id: 'old', resourceBody: {id: 'old', pk: 'p', n: 2}, ifMatch: etag},
      {operationType: 'Upsert', resourceBody: {id: 'other', pk: 'p'}},
      {operationType: 'Read', id: 'old'},
      {operationType: 'Delete', id: 'new'},
    ],
    'p',
  );
  expect(code).toBe(200);
  expect(result?.map(({statusCode}) => statusCode)).toEqual([201, 200, 201, 200, 204]);
  const ids = fixture.emulator.documents('weir', 'aggregates').map(({id, n}) => ({id, n}));
  expect(ids).toEqual([
    {id: 'old', n: 2},
    {id: 'other', n: undefined},
  ]);
});

test('one refused operation rolls everything back and marks the others 424', async () => {
  await using fixture = await startFixture();
  await fixture.container.items.create({id: 'old', pk: 'p', n: 1});
  await fixture.container.items.create({id: 'gone', pk: 'p', n: 1});
  const before = fixture.emulator.documents('weir', 'aggregates');
  const {code, result} = await fixture.container.items.batch(
    [
      {operationType: 'Delete', id: 'gone'},
      {operationType: 'Create', resourceBody: {id: 'new', pk: 'p'}},
      {operationType: 'Upsert', resourceBody: {id: 'old', pk: 'p', n: 2}},
      {operationType: 'Replace', id: 'old', resourceBody: {id: 'old', pk: 'p', n: 3}, ifMatch: '"stale"'},
      {operationType: 'Delete', id: 'old'},
    ],
    'p',
  );
  expect(code).toBe(207);
  expect(result?.map(({statusCode}) => statusCode)).toEqual([424, 424, 424, 412, 424]);
  expect(fixture.emulator.documents('weir', 'aggregates')).toEqual(before);
});

test('a batch cannot leave its logical partition', async () => {
  await using fixture = await startFixture();
  const {result} = await fixture.container.items.batch(
    [{operationType: 'Create', resourceBody: {id: 'a', pk: 'other'}}],
    'p',
  );
  expect(result?.[0]?.statusCode).toBe(400);
  expect(fixture.emulator.documents('weir', 'aggregates')).toEqual([]);
});
