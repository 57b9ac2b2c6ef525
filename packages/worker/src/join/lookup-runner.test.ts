import {
  type Clock,
  LookupJoin,
  type DiagnosticsRow,
  type DiagnosticsSource,
  type JoinOutcome,
  type LookupAnswer,
  type OpenRecord,
} from '@weir/pipeline';
import {beforeEach, expect, test} from 'vitest';
import {VirtualClock} from '../../../azure/src/cosmos/virtual-clock.ts';
import {diagnosticsRow, noonMs} from '../../../pipeline/src/event-fixture.ts';
import {NotingOwner} from '../../../pipeline/src/join/waiting-fixture.ts';
import {reports} from '../commit-fixture.ts';
import {LookupRunner, type LookupSettings} from './lookup-runner.ts';

const second = 1_000;
const minute = 60 * second;

const settings: LookupSettings = {
  feedIntervalMs: 15 * second,
  settleMs: 45 * second,
  sweepAfterMs: 12 * minute,
  sweepAfterDefaultMs: {withFeed: 12 * minute, withoutFeed: 4 * minute},
  sweepIntervalMs: 8 * minute,
  deadlineMs: 30 * minute,
  waitMaxMs: 12 * 60 * minute,
  concurrency: 3,
};

/** Log Analytics with a clock of its own, rows by the time they were stored, and answers to give instead. */
class FakeLogAnalytics implements DiagnosticsSource {
  readonly stored: {atMs: number; row: DiagnosticsRow}[] = [];
  readonly slices: {fromMs: number; toMs: number}[] = [];
  readonly sweeps: (readonly string[])[] = [];
  instead: LookupAnswer | undefined;
  /** Queries of any kind. */
  asked = 0;
  aheadMs = 0;
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  get nowMs(): number {
    return this.#clock.now() + this.aheadMs;
  }

  slice(range: {fromMs: number; toMs: number}): Promise<LookupAnswer> {
    this.slices.push(range);
    return this.#answer(({atMs}) => atMs >= range.fromMs && atMs < range.toMs);
  }

  byIds({ids}: {ids: readonly string[]}): Promise<LookupAnswer> {
    this.sweeps.push(ids);
    return this.#answer(({atMs, row}) => atMs <= this.nowMs && ids.includes(row.requestId));
  }

  serviceNow(): Promise<LookupAnswer> {
    return this.#answer(() => false);
  }

  #answer(has: (stored: {atMs: number; row: DiagnosticsRow}) => boolean): Promise<LookupAnswer> {
    this.asked += 1;
    const rows = this.stored.filter(has).map(({row}) => row);
    return Promise.resolve(this.instead ?? {kind: 'complete', rows, serviceNowMs: this.nowMs});
  }
}

let clock: VirtualClock;
let source: FakeLogAnalytics;
let join: LookupJoin;
let told: ReturnType<typeof reports>;
let partition: Partition;
let eventsReceived: number;
let readUntilMs: number | undefined;
/** How far the worker's clock was set. */
let setMs: number;
let stop: AbortController;

beforeEach(async () => {
  clock = new VirtualClock();
  await clock.advance(noonMs);
  source = new FakeLogAnalytics(clock);
  told = reports();
  eventsReceived = 0;
  readUntilMs = undefined;
  setMs = 0;
  stop = new AbortController();
});

/** A runner at work, on one partition that was read to its end. */
function run(changes: Partial<LookupSettings> = {}): LookupRunner {
  const all = {...settings, ...changes};
  join = new LookupJoin({...all, rowsAheadMax: 1_000});
  partition = new Partition(join);
  const runner = new LookupRunner({
    ports: {diagnostics: source, clock: localClock, random: () => 0.5},
    join,
    settings: all,
    report: told.report,
    partitions: () => [{waiting: partition.list, readUntilMs: (nowMs) => readUntilMs ?? nowMs}],
    workers: () => 1,
    eventsReceived: () => eventsReceived,
    onAnswer: () => {},
  });
  void runner.run(stop.signal);
  return runner;
}

const localClock: Clock = {
  now: () => clock.now() + setMs,
  elapsed: () => clock.elapsed(),
  sleep: (ms, signal) => clock.sleep(ms, signal),
};

/** Notes beside the outcomes how long they took. */
class Partition extends NotingOwner {
  readonly afterMs: number[] = [];

  override settle(record: Readonly<OpenRecord>, outcome: JoinOutcome): void {
    super.settle(record, outcome);
    this.afterMs.push(clock.now() - record.enqueuedTimeMs);
  }
}

function wait(requestId: string, enqueuedTimeMs = clock.now()): void {
  partition.wait(requestId, {enqueuedTimeMs, waitingSinceMs: clock.now()});
}

const outcomes = (): string[] =>
  partition.settled.map(
    ({requestId, outcome}) => `${requestId} ${outcome.kind === 'matched' ? 'matched' : outcome.reason}`,
  );

test('the feed finds a row once its slice has settled, and nothing is asked by id', async () => {
  run();
  await clock.advance(minute);
  wait('a');
  source.stored.push({atMs: clock.now() + 3 * minute, row: diagnosticsRow({requestId: 'a'})});
  await clock.advance(5 * minute);
  expect(outcomes()).toEqual(['a matched']);
  expect(partition.afterMs[0]!).toBeLessThan(3 * minute + settings.settleMs + 2 * settings.feedIntervalMs);
  expect(source.sweeps).toEqual([]);
  stop.abort();
});

test('every slice is read once and never before it has settled', async () => {
  run();
  await clock.advance(4 * minute);
  const {slices} = source;
  expect(slices.length).toBeGreaterThan(10);
  slices.slice(1).forEach(({fromMs}, i) => expect(fromMs).toBe(slices[i]!.toMs));
  expect(slices.at(-1)!.toMs).toBeLessThanOrEqual(clock.now() - settings.settleMs);
  stop.abort();
});

test('an event without a row is swept, swept again, and given up only by a sweep after the deadline', async () => {
  run();
  eventsReceived = 1e6; // busy, so the feed stays on
  wait('never');
  await clock.advance(29 * minute);
  expect(outcomes()).toEqual([]);
  expect(source.sweeps.length).toBe(3);
  await clock.advance(2 * minute);
  expect(outcomes()).toEqual(['never never came']);
  expect(partition.afterMs[0]!).toBeGreaterThan(settings.deadlineMs);
  stop.abort();
});

test('while the source is down nothing is given up, and everything is found afterwards', async () => {
  run();
  wait('a');
  wait('b');
  source.stored.push({atMs: clock.now() + minute, row: diagnosticsRow({requestId: 'a'})});
  await clock.advance(2_000);
  source.instead = {kind: 'unavailable', cause: 'no answer'};
  await clock.advance(3 * 60 * minute);
  expect(outcomes()).toEqual([]);
  expect(new Set(told.kinds())).toEqual(new Set(['unavailable']));
  source.instead = undefined;
  await clock.advance(15 * minute);
  expect(outcomes().sort()).toEqual(['a matched', 'b never came']);
  stop.abort();
});

test('only an event that has waited as long as its event can be read again is settled as not asked', async () => {
  run({waitMaxMs: 2 * 60 * minute});
  source.instead = {kind: 'unavailable', cause: 'no answer'};
  wait('old');
  await clock.advance(119 * minute);
  expect(outcomes()).toEqual([]);
  await clock.advance(2 * minute);
  expect(outcomes()).toEqual(['old could not ask']);
  stop.abort();
});

test('an event that is read late is asked for before it is given up', async () => {
  run();
  source.stored.push({atMs: clock.now() - 20 * 60 * minute, row: diagnosticsRow({requestId: 'yesterday'})});
  wait('yesterday', clock.now() - 24 * 60 * minute);
  await clock.advance(minute);
  expect(outcomes()).toEqual(['yesterday matched']);
  stop.abort();
});

test('a sweep that is too slow asks for half as many, and in the end finds all', async () => {
  run({sweepAfterMs: 0, sweepIntervalMs: minute});
  for (let n = 0; n < 64; n++) {
    wait(`id-${n}`);
    source.stored.push({atMs: clock.now() - 60 * minute, row: diagnosticsRow({requestId: `id-${n}`})});
  }
  const byIds = source.byIds.bind(source);
  source.byIds = (query) =>
    query.ids.length > 10
      ? (source.sweeps.push(query.ids), Promise.resolve({kind: 'tooSlow'}))
      : byIds(query);
  await clock.advance(5 * minute);
  expect([...new Set(source.sweeps.map(({length}) => length))].slice(0, 4)).toEqual([64, 32, 16, 8]);
  expect(partition.settled.length).toBe(64);
  expect(told.kinds()).toContain('too slow');
  stop.abort();
});

test('a slice that holds too much is halved and not passed over', async () => {
  run();
  wait('a');
  source.stored.push({atMs: clock.now() + 10 * second, row: diagnosticsRow({requestId: 'a'})});
  const slice = source.slice.bind(source);
  source.slice = (range) =>
    range.toMs - range.fromMs > 2 * second ? Promise.resolve({kind: 'partial', cause: 'rows'}) : slice(range);
  await clock.advance(4 * minute);
  expect(outcomes()).toEqual(['a matched']);
  stop.abort();
});

test('the feed does not run ahead of what has been read', async () => {
  run();
  readUntilMs = noonMs;
  await clock.advance(60 * minute);
  expect(Math.max(...source.slices.map(({toMs}) => toMs))).toBeLessThanOrEqual(noonMs + 5 * minute);
  stop.abort();
});

test('the service’s clock decides, however wrong the local one is', async () => {
  source.aheadMs = -60 * minute;
  run({sweepAfterMs: 0, sweepIntervalMs: minute});
  wait('a', source.nowMs); // as the hub, whose clock is right, stamped it
  await clock.advance(29 * minute);
  expect(outcomes()).toEqual([]);
  await clock.advance(3 * minute);
  expect(outcomes()).toEqual(['a never came']);
  stop.abort();
});

test.each([
  ['back', -60 * minute],
  ['forward', 60 * minute],
])(
  'a clock that is set %s neither lengthens nor shortens the wait that the source asked for',
  async (_, byMs) => {
    run();
    await clock.advance(minute);
    source.instead = {kind: 'throttled', retryAfterMs: 60 * second};
    await clock.advance(20 * second);
    source.instead = undefined;
    const {asked} = source;
    setMs = byMs;
    await clock.advance(30 * second);
    expect(source.asked).toBe(asked);
    await clock.advance(2 * minute);
    expect(source.asked).toBeGreaterThan(asked);
  },
);

test('a throttled source is asked again no sooner than it said', async () => {
  run();
  await clock.advance(2 * minute);
  source.instead = {kind: 'throttled', retryAfterMs: 90 * second};
  await clock.advance(20 * second);
  const asked = source.slices.length;
  source.instead = undefined;
  await clock.advance(60 * second);
  expect(source.slices.length).toBe(asked);
  await clock.advance(60 * second);
  expect(source.slices.length).toBeGreaterThan(asked);
  expect(told.kinds()).toContain('throttled');
  stop.abort();
});

test('below five events a second the feed goes off, and events are asked for by id earlier', async () => {
  const runner = run({sweepAfterMs: undefined});
  await clock.advance(6 * minute);
  expect(runner.isFeedOn).toBe(false);
  const slices = source.slices.length;
  wait('a');
  source.stored.push({atMs: clock.now() + minute, row: diagnosticsRow({requestId: 'a'})});
  await clock.advance(6 * minute);
  expect(outcomes()).toEqual(['a matched']);
  expect(source.slices.length).toBe(slices);
  expect(partition.afterMs[0]!).toBeGreaterThanOrEqual(4 * minute);
  stop.abort();
});
