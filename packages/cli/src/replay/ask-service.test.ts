import type {DiagnosticsRow, DiagnosticsSource, LookupAnswer} from '@weir/pipeline';
import {expect, test} from 'vitest';
import {askService, serviceClockOffsetMs, type ServiceAccess} from './ask-service.ts';

const query = {ids: ['a', 'b', 'c', 'd', 'e'], fromMs: 0, toMs: 1};

function rowOf(requestId: string): DiagnosticsRow {
  return {
    requestId,
    timeGeneratedMs: 0,
    durationMs: 1,
    streamType: 'unknown',
    model: '',
    modelVersion: '',
    principal: '',
    region: 'unknown',
  };
}

function complete(ids: readonly string[]): LookupAnswer {
  return {kind: 'complete', rows: ids.map(rowOf), serviceNowMs: undefined};
}

/** A service that answers as it is told. */
function access(
  byIds: (ids: readonly string[]) => LookupAnswer | Promise<LookupAnswer>,
  {concurrency = 1}: {concurrency?: number} = {},
): ServiceAccess & {readonly slept: number[]; readonly causes: string[]} {
  const slept: number[] = [];
  const causes: string[] = [];
  const source: DiagnosticsSource = {
    slice: async () => complete([]),
    byIds: async ({ids}) => byIds(ids),
    serviceNow: async () => byIds([]),
  };
  const sleep = async (ms: number): Promise<void> => void slept.push(ms);
  const onRetry = (cause: string): void => void causes.push(cause);
  return {source, concurrency, signal: new AbortController().signal, sleep, onRetry, slept, causes};
}

test.each([{kind: 'partial', cause: 'cut'}, {kind: 'tooSlow'}] as const)(
  'what is %o is asked for in halves',
  async (answer) => {
    const asked: number[] = [];
    const service = access((ids) => {
      asked.push(ids.length);
      return ids.length > 2 ? answer : complete(ids);
    });
    const rows = await askService(service)(query);
    expect(rows.map(({requestId}) => requestId)).toEqual(query.ids);
    expect(asked).toEqual([5, 3, 2, 1, 2]);
  },
);

test('a throttled query waits as long as it is told, and is asked again whole', async () => {
  let asked = 0;
  const service = access((ids) =>
    ++asked < 4 ? {kind: 'throttled', retryAfterMs: 30_000 * asked} : complete(ids),
  );
  expect((await askService(service)(query)).length).toBe(5);
  expect(service.slept).toEqual([30_000, 60_000, 60_000]);
  expect(service.causes).toEqual(Array(3).fill('it is throttled'));
});

test('a service that stays away is given up after eight tries, and the cause is said', async () => {
  const service = access(() => ({kind: 'unavailable', cause: 'ECONNREFUSED'}));
  await expect(askService(service)(query)).rejects.toThrow('Log Analytics does not answer: ECONNREFUSED.');
  expect(service.slept.length).toBe(7);
});

test('a refused query is not asked again', async () => {
  const service = access(() => ({kind: 'forbidden', reason: 'The role is missing.'}));
  await expect(askService(service)(query)).rejects.toThrow('refuses the query: The role is missing.');
  await expect(serviceClockOffsetMs(service)).rejects.toThrow('refuses the query');
  expect(service.slept).toEqual([]);
});

test('no more queries are under way than may be', async () => {
  let [running, most] = [0, 0];
  const release: (() => void)[] = [];
  const service = access(
    async (ids) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => release.push(resolve));
      running -= 1;
      return complete(ids);
    },
    {concurrency: 2},
  );
  const ask = askService(service);
  const answers = Promise.all([ask(query), ask(query), ask(query), ask(query), ask(query)]);
  for (let answered = 0; answered < 5; answered++) {
    while (release.length === 0) await new Promise((resolve) => setImmediate(resolve));
    release.shift()?.();
  }
  await answers;
  expect(most).toBe(2);
});
