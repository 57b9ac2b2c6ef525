import {beforeEach, expect, test} from 'vitest';
import {VirtualClock} from '../../../azure/src/cosmos/virtual-clock.ts';
import {createLogger} from '../log.ts';
import type {Trouble} from '../trouble.ts';
import {TroubleBoard} from './trouble-board.ts';

let clock: VirtualClock;
let lines: Record<string, unknown>[];
let board: TroubleBoard;
beforeEach(() => {
  clock = new VirtualClock();
  lines = [];
  const destination = {write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>)};
  board = new TroubleBoard({clock, log: createLogger({level: 'info', destination})});
});

const trouble = (fields: Partial<Trouble> = {}): Trouble => ({
  layer: 'Cosmos DB',
  kind: 'throttled',
  message: 'Slower.',
  ...fields,
});

test('one kind of trouble is one line a minute, which says how many it stands for', async () => {
  for (let n = 0; n < 100; n++) board.report(trouble());
  expect(lines).toMatchObject([{msg: 'Slower.', layer: 'Cosmos DB', kind: 'throttled'}]);
  await clock.advance(60_000);
  board.report(trouble());
  expect(lines[1]).toMatchObject({suppressed: 99});
});

test.each(['gap', 'lost', 'stopped'])('of partitions with the trouble %s each has its line', (kind) => {
  for (const partitionId of ['0', '1', '0']) board.report(trouble({kind, partitionId}));
  expect(lines).toMatchObject([{partitionId: '0'}, {partitionId: '1'}]);
});

test('one kind at two services is two lines', () => {
  board.report(trouble());
  board.report(trouble({layer: 'Log Analytics'}));
  expect(lines).toHaveLength(2);
});

test('what needs a person is an error, the rest a warning', () => {
  board.report(trouble());
  board.report(trouble({kind: 'stopped', layer: 'worker', partitionId: '3', fields: {missing: 4}}));
  expect(lines.map(({level}) => level)).toEqual([expect.anything(), lines[1]?.['level']]);
  expect(lines[0]?.['level']).not.toBe(lines[1]?.['level']);
  expect(lines[1]).toMatchObject({partitionId: '3', missing: 4});
});

test('the page shows the worst first, then the latest, each with its service', async () => {
  board.report(trouble({message: 'a'}));
  board.report(trouble({kind: 'lost', layer: 'Event Hubs', message: 'b'}));
  await clock.advance(1_000);
  board.report(trouble({kind: 'write', message: 'c'}));
  expect(board.current().map(({sentence}) => sentence)).toEqual([
    'Event Hubs: b',
    'Cosmos DB: c',
    'Cosmos DB: a',
  ]);
});

test('a trouble is shown since it began, once, and is over two minutes after its last report', async () => {
  await clock.advance(1_000);
  board.report(trouble());
  for (let minute = 0; minute < 10; minute++) {
    await clock.advance(60_000);
    board.report(trouble());
  }
  expect(board.current()).toEqual([{since: '1970-01-01T00:00:01.000Z', sentence: 'Cosmos DB: Slower.'}]);
  await clock.advance(120_001);
  expect(board.current()).toEqual([]);
  board.report(trouble());
  expect(board.current()[0]?.since).toBe('1970-01-01T00:12:01.001Z');
});

test('each partition’s trouble is shown by itself, at most twenty in all', () => {
  for (let n = 0; n < 50; n++) board.report(trouble({partitionId: String(n), message: `p${n}`}));
  expect(lines).toHaveLength(1);
  expect(board.current()).toHaveLength(20);
});
