import {expect, test} from 'vitest';
import {settle, VirtualClock} from './virtual-clock.ts';
import {WriteGovernor, type GovernedAnswer} from './write-governor.ts';

const ok: GovernedAnswer = {requestUnits: 10, throttledForMs: undefined};
const throttled = (throttledForMs: number): GovernedAnswer => ({requestUnits: 0, throttledForMs});

/** Requests that stay under way until the test answers them. */
class Service {
  readonly #open: ((answer: GovernedAnswer) => void)[] = [];

  get inFlight(): number {
    return this.#open.length;
  }

  request = (): Promise<GovernedAnswer> => new Promise((resolve) => void this.#open.push(resolve));

  async answer(count: number, answer: GovernedAnswer): Promise<void> {
    for (const resolve of this.#open.splice(0, count)) resolve(answer);
    await settle();
  }
}

test('never more requests are in flight than the concurrency', async () => {
  const governor = new WriteGovernor({clock: new VirtualClock(), concurrency: 4});
  const service = new Service();
  const all = Array.from({length: 10}, () => governor.run(service.request));
  await settle();
  expect(service.inFlight).toBe(4);
  expect(governor.waiting).toBe(6);
  await service.answer(4, ok);
  expect(service.inFlight).toBe(4);
  await service.answer(4, ok);
  await service.answer(2, ok);
  await Promise.all(all);
  expect(governor.requestUnits).toBe(100);
});

test('one overload halves the width once, whatever number of 429s it brings', async () => {
  const governor = new WriteGovernor({clock: new VirtualClock(), concurrency: 16});
  const service = new Service();
  const all = Array.from({length: 16}, () => governor.run(service.request));
  await settle();
  await service.answer(16, throttled(50));
  await Promise.all(all);
  expect(governor.width).toBe(8);
  expect(governor.throttles).toBe(16);
});

test('the width never falls below one', async () => {
  const clock = new VirtualClock();
  const governor = new WriteGovernor({clock, concurrency: 2, random: () => 0});
  for (let n = 0; n < 4; n += 1) {
    const answer = governor.run(async () => throttled(10));
    await clock.advance(100);
    await answer;
  }
  expect(governor.width).toBe(1);
});

test('the width grows again by one for every ten rounds of successes, up to the concurrency', async () => {
  const clock = new VirtualClock();
  const governor = new WriteGovernor({clock, concurrency: 4, random: () => 0});
  await governor.run(async () => throttled(10));
  await clock.advance(10);
  expect(governor.width).toBe(2);
  for (let n = 0; n < 19; n += 1) await governor.run(async () => ok);
  expect(governor.width).toBe(2);
  await governor.run(async () => ok);
  expect(governor.width).toBe(3);
  for (let n = 0; n < 200; n += 1) await governor.run(async () => ok);
  expect(governor.width).toBe(4);
});

test('after a 429 nothing is sent before its time, and the wake-ups are spread', async () => {
  const clock = new VirtualClock();
  const draws = [0, 0.25, 0.5, 0.75];
  const governor = new WriteGovernor({clock, concurrency: 8, random: () => draws.shift() ?? 0});
  await governor.run(async () => throttled(100));
  const sentAt: number[] = [];
  const all = Array.from({length: 4}, () =>
    governor.run(async () => {
      sentAt.push(clock.now());
      return ok;
    }),
  );
  await clock.advance(99);
  expect(sentAt).toEqual([]);
  expect(governor.waiting).toBe(4);
  await clock.advance(200);
  await Promise.all(all);
  expect(sentAt).toEqual([100, 125, 150, 175]);
});

test('a request-unit rate is kept over time by what answers really cost', async () => {
  const clock = new VirtualClock();
  const governor = new WriteGovernor({clock, concurrency: 16, requestUnitsPerSecond: 400});
  const all = Array.from({length: 600}, () =>
    governor.run(async () => ({requestUnits: 20, throttledForMs: undefined})),
  );
  await clock.advance(10_000);
  expect(governor.requestUnits).toBeGreaterThan(3_800);
  expect(governor.requestUnits).toBeLessThan(4_500);
  await clock.advance(25_000);
  await Promise.all(all);
});

test('a request that waits is given up at once when its signal fires, and takes no place', async () => {
  const clock = new VirtualClock();
  const governor = new WriteGovernor({clock, concurrency: 1});
  const service = new Service();
  const first = governor.run(service.request);
  const stop = new AbortController();
  const second = governor.run(service.request, stop.signal);
  const third = governor.run(service.request);
  await settle();
  stop.abort();
  await expect(second).rejects.toMatchObject({name: 'AbortError'});
  await service.answer(1, ok);
  expect(service.inFlight).toBe(1);
  await service.answer(1, ok);
  await Promise.all([first, third]);
});

test('a pause ends for an aborted request, not for the others', async () => {
  const clock = new VirtualClock();
  const governor = new WriteGovernor({clock, concurrency: 8, random: () => 0, requestUnitsPerSecond: 100});
  await governor.run(async () => throttled(60_000));
  const stop = new AbortController();
  const aborted = governor.run(async () => ok, stop.signal);
  const patient = governor.run(async () => ok);
  await settle();
  stop.abort();
  await expect(aborted).rejects.toMatchObject({name: 'AbortError'});
  expect(governor.waiting).toBe(1);
  await clock.advance(60_000);
  expect(await patient).toBe(ok);
});

test('more waiting requests than the bound are not taken', async () => {
  const governor = new WriteGovernor({clock: new VirtualClock(), concurrency: 1});
  const service = new Service();
  const first = governor.run(service.request);
  await settle();
  const all = Array.from({length: 9_999}, () => governor.run(service.request));
  expect(governor.isFull).toBe(false);
  all.push(governor.run(service.request));
  expect(governor.isFull).toBe(true);
  await expect(governor.run(service.request)).rejects.toThrow('10000');
  while (service.inFlight > 0) await service.answer(1, ok);
  await Promise.all([first, ...all]);
});
