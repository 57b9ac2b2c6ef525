import {beforeEach, expect, test} from 'vitest';
import {VirtualClock} from '../../../azure/src/cosmos/virtual-clock.ts';
import {ApplyTogether} from './apply-together.ts';

let clock: VirtualClock;
let together: ApplyTogether;
let through: string[];
beforeEach(() => {
  clock = new VirtualClock();
  together = new ApplyTogether(clock);
  through = [];
});

function join(count: number): void {
  for (let i = 0; i < count; i++) together.join();
}
function arrive(name: string): void {
  void together.arrive().then(() => through.push(name));
}

test('partitions begin together, when the last one has arrived', async () => {
  join(3);
  arrive('a');
  arrive('b');
  await clock.advance(100);
  expect(through).toEqual([]);
  arrive('c');
  await clock.advance(0);
  expect(through).toEqual(['a', 'b', 'c']);
});

test('nobody waits for a late one, and the late one does not wait either', async () => {
  join(2);
  arrive('a');
  await clock.advance(499);
  expect(through).toEqual([]);
  await clock.advance(1);
  expect(through).toEqual(['a']);
  await clock.advance(60_000);
  arrive('b');
  await clock.advance(0);
  expect(through).toEqual(['a', 'b']);
});

test('one that has nothing to write is not waited for', async () => {
  join(3);
  arrive('a');
  together.leave();
  await clock.advance(0);
  expect(through).toEqual([]);
  together.leave();
  await clock.advance(0);
  expect(through).toEqual(['a']);
});

test('those that leave first do not let anybody wait for them', async () => {
  join(2);
  together.leave();
  arrive('a');
  await clock.advance(0);
  expect(through).toEqual(['a']);
});

test('a partition by itself begins at once', async () => {
  join(1);
  arrive('a');
  await clock.advance(0);
  expect(through).toEqual(['a']);
});
