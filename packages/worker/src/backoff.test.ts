import {expect, test} from 'vitest';
import {VirtualClock} from '../../azure/src/cosmos/virtual-clock.ts';
import {Backoff} from './backoff.ts';

const steps = {firstMs: 100, lastMs: 1_000};

/** How long each of some waits in a row takes. */
async function waits(count: number, random: () => number, atLeastMs = 0): Promise<number[]> {
  const clock = new VirtualClock();
  const backoff = new Backoff({clock, random, steps});
  const {signal} = new AbortController();
  const taken: number[] = [];
  for (let n = 0; n < count; n++) {
    const startMs = clock.now();
    const waiting = backoff.wait(signal, atLeastMs).then(() => taken.push(clock.now() - startMs));
    await clock.advance(10_000);
    await waiting;
  }
  return taken;
}

test('waits double up to the last step and stay there', async () => {
  expect(await waits(6, () => 1)).toEqual([100, 200, 400, 800, 1_000, 1_000]);
});

test('waits are spread over the upper half, so that many do not come at one moment', async () => {
  expect(await waits(3, () => 0)).toEqual([50, 100, 200]);
});

test('what the service asks for is the least, spread upwards', async () => {
  expect(await waits(2, () => 0, 700)).toEqual([700, 700]);
  expect(await waits(1, () => 0.5, 700)).toEqual([750]);
});

test('a wait that was asked for is not cut to the last step', async () => {
  expect(await waits(1, () => 0, 5_000)).toEqual([5_000]);
});

test('a signal ends the wait at once', async () => {
  const clock = new VirtualClock();
  const stop = new AbortController();
  const waiting = new Backoff({clock, random: () => 1, steps}).wait(stop.signal, 1e9);
  stop.abort();
  await waiting;
  expect(clock.now()).toBe(0);
});
