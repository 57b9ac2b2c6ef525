import fc from 'fast-check';
import {expect, test} from 'vitest';
import {noonMs} from '../commit-fixture.ts';
import {RetryWorld, type AtCall} from './retry-fixture.ts';

/** Two commits of two letters, a repeat among them, and one letter that is left. */
function worldOfLetters(): RetryWorld {
  const world = new RetryWorld();
  world.add(1, {region: 'eastus'});
  world.add(2, {region: 'eastus', eventTimeMs: noonMs + 3_600_000, requestId: undefined});
  world.add(3, {region: 'eastus', requestId: 'id-1'});
  world.add(4, {region: 'westus'});
  world.add(9, {}, {reason: 'lost', layer: 'source', offset: '', enqueuedTimeMs: 0});
  world.addRow('id-1', 700);
  return world;
}

const perCommit = {lettersPerCommit: 2};
/** Counted by hand: 1 and 4 have ids, 1 a row; 2 has none and lies an hour and five minutes too late. */
const expected = {
  'latency 5m eastus': [1, 1, 0, 700],
  'latency 5m westus': [1, 0, 1, 0],
  'usage 1h eastus': [1, 0, 0, 0],
  'usage 1h westus': [1, 0, 0, 0],
  'usage 5m eastus': [1, 0, 0, 0],
  'usage 5m westus': [1, 0, 0, 0],
};
const settledKeys = [1, 3, 4].map((sequenceNumber) => `3/${sequenceNumber}/0/${noonMs}`);

function dies(at: number, when: 'before' | 'after'): {atCall: AtCall; died: Promise<'died'>} {
  const {promise, resolve} = Promise.withResolvers<'died'>();
  const atCall: AtCall = (call, then) => {
    if (call !== at || then !== when) return Promise.resolve();
    resolve('died');
    return new Promise(() => {});
  };
  return {atCall, died: promise};
}

test('each letter counts once whichever call a retry dies at, and a further retry changes nothing', async () => {
  for (const when of ['before', 'after'] as const) {
    let at = 0;
    for (let end: unknown = 'died'; end === 'died';) {
      at += 1;
      const world = worldOfLetters();
      const {atCall, died} = dies(at, when);
      end = await Promise.race([world.run(perCommit, atCall), died]);
      await world.run(perCommit);
      expect(world.counted(), `${when} call ${at}`).toEqual(expected);
      expect(world.settledKeys()).toEqual(settledKeys);
      const documents = world.aggregates.all();
      expect(await world.run(perCommit)).toMatchObject({kind: 'done', settledBefore: {length: 3}});
      expect(world.aggregates.all()).toEqual(documents);
      expect(world.settledKeys()).toEqual(settledKeys);
    }
    expect(at).toBeGreaterThan(20);
  }
});

test('each letter counts once when a second retry runs from end to end during any call of the first', async () => {
  let calls = 0;
  await worldOfLetters().run(perCommit, async (call) => void (calls = call));
  expect(calls).toBeGreaterThan(20);
  for (let at = 1; at <= calls; at += 1) {
    const world = worldOfLetters();
    const paused = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const first = world.run(perCommit, async (call, when) => {
      if (call !== at || when !== 'before') return;
      paused.resolve();
      await goOn.promise;
    });
    await Promise.race([paused.promise, first]);
    await world.run(perCommit);
    goOn.resolve();
    await first;
    await world.run(perCommit);
    expect(world.counted(), `call ${at}`).toEqual(expected);
    expect(world.settledKeys()).toEqual(settledKeys);
  }
});

test(
  'each letter counts once however the calls of three retries interleave, and whichever die',
  {
    timeout: 60_000,
  },
  async () => {
    const deaths = fc.array(fc.integer({min: 1, max: 60}), {minLength: 3, maxLength: 3});
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), deaths, async (scheduler, diesAt) => {
        const world = worldOfLetters();
        const runs = diesAt.map((at) => {
          const {atCall, died} = dies(at, 'after');
          const interleaved: AtCall = async (call, when) => {
            await scheduler.schedule(Promise.resolve());
            await atCall(call, when);
          };
          return Promise.race([world.run(perCommit, interleaved), died]);
        });
        await scheduler.waitFor(Promise.all(runs));
        await world.run(perCommit);
        expect(world.counted()).toEqual(expected);
        expect(world.settledKeys()).toEqual(settledKeys);
      }),
      {numRuns: 300},
    );
  },
);
