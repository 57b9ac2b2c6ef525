import {expect, test} from 'vitest';
import {diagnosticsRow} from '../event-fixture.ts';
import {RowsAhead} from './rows-ahead.ts';

const row = (requestId: string) => diagnosticsRow({requestId});

test('a row waits for its event and leaves with it', () => {
  const ahead = new RowsAhead({rowsMax: 10, keepMs: 100});
  expect(ahead.add(row('a'), 0)).toBeUndefined();
  expect(ahead.has('a')).toBe(true);
  expect(ahead.take('a')).toEqual(row('a'));
  expect(ahead.take('a')).toBeUndefined();
  expect(ahead.size).toBe(0);
});

test('at the bound the oldest row goes, and is told', () => {
  const ahead = new RowsAhead({rowsMax: 2, keepMs: 100});
  ahead.add(row('a'), 0);
  ahead.add(row('b'), 0);
  expect(ahead.add(row('c'), 0)).toEqual(row('a'));
  expect(ahead.size).toBe(2);
  expect([ahead.has('a'), ahead.has('b'), ahead.has('c')]).toEqual([false, true, true]);
});

test('without room nothing is kept', () => {
  const ahead = new RowsAhead({rowsMax: 0, keepMs: 100});
  expect(ahead.add(row('a'), 0)).toEqual(row('a'));
  expect(ahead.size).toBe(0);
});

test('a row that no event came for leaves once, when its time is over', () => {
  const ahead = new RowsAhead({rowsMax: 10, keepMs: 100});
  ahead.add(row('a'), 0);
  ahead.add(row('b'), 50);
  expect(ahead.takeExpired(99)).toEqual([]);
  expect(ahead.takeExpired(100)).toEqual([row('a')]);
  expect(ahead.takeExpired(100)).toEqual([]);
  expect(ahead.takeExpired(150)).toEqual([row('b')]);
});
