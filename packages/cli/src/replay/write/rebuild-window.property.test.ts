import fc from 'fast-check';
import {expect, test} from 'vitest';
import type {ReceivedEvent} from '@weir/pipeline';
import {noRecords} from '../../../../pipeline/src/read/record-counts.ts';
import {InMemoryDocuments, InMemoryJournal} from '../../../../worker/src/in-memory-ports.ts';
import {noonMs} from '../../../../worker/src/commit-fixture.ts';
import type {WorkerPorts} from '../../../../worker/src/ports.ts';
import {settings, WindowWorld} from '../compare/window-fixture.ts';
import type {ReplayedWindow} from '../replayed-window.ts';
import {counted, countingOptions, LivePartition, modelOf} from './live-partition.ts';
import {rebuildWindow} from './rebuild-window.ts';
import {Turns} from './turns.ts';

const hourMs = 3_600_000;
const window = {fromMs: noonMs, untilMs: noonMs + hourMs};
const eventsPerPartition = 40;
/** Each takes some 20 ms. */
const runs = Number(process.env['WEIR_RUNS'] ?? 150);
const sizes: Readonly<Record<string, number>> = {'5m': 300_000, '1h': hourMs};

interface TestEvent {
  readonly id: string;
  readonly region: string;
  readonly eventTimeMs: number;
  readonly received: ReceivedEvent;
}

/** Mulberry32, so that a seed tells everything of a run. */
function chanceOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** An event every three minutes from ten minutes before the window; most are of that time, some are late. */
function drawLog(partitionId: string, chance: () => number): TestEvent[] {
  return Array.from({length: eventsPerPartition}, (_, sequenceNumber) => {
    const enqueuedTimeMs = noonMs - 600_000 + sequenceNumber * 180_000;
    const lateMs = chance() < 0.3 ? chance() * 1.5 * hourMs : chance() * 60_000;
    const eventTimeMs = Math.floor(enqueuedTimeMs - lateMs);
    const id = `${partitionId}-${sequenceNumber}`;
    const region = chance() < 0.5 ? 'eastus2' : 'westeurope';
    const body = {
      schemaVersion: 1,
      requestId: id,
      timestamp: new Date(eventTimeMs).toISOString(),
      status: 200,
    };
    const text = JSON.stringify({...body, headers: {'x-ms-region': region}, deployment: 'gpt'});
    return {
      id,
      region,
      eventTimeMs,
      received: {sequenceNumber, offset: `${sequenceNumber}`, enqueuedTimeMs, body: text},
    };
  });
}

/** Requests by document, counted without any of the pipeline. */
function tally(events: readonly TestEvent[]): Map<string, number> {
  const requests = new Map<string, number>();
  for (const {id, region, eventTimeMs} of events) {
    for (const [grain, sizeMs] of Object.entries(sizes)) {
      const start = Math.floor(eventTimeMs / sizeMs) * sizeMs;
      for (const group of [`usage|${region}`, `latency|${modelOf(id)}`]) {
        const key = `${grain}|${start}|${group}`;
        requests.set(key, (requests.get(key) ?? 0) + 1);
      }
    }
  }
  return requests;
}

function stored(documents: InMemoryDocuments): Map<string, number> {
  const requests = new Map<string, number>();
  for (const document of documents.all()) {
    if (document['requests'] === 0) continue;
    const group = document['view'] === 'usage' ? 'region' : 'model';
    const start = Date.parse(String(document['windowStart']));
    const key = `${document['grain']}|${start}|${document['view']}|${document[group]}`;
    requests.set(key, Number(document['requests']));
  }
  return requests;
}

/** What the runs came to: they must not all end in refusals, nor in none. */
let rebuilt = 0;
let refused = 0;

async function play(seed: number): Promise<void> {
  const chance = chanceOf(seed);
  const turns = new Turns(chance);
  const upTo = (max: number): number => Math.floor(chance() * (max + 1));
  const [aggregates, progress, journal] = [
    new InMemoryDocuments(),
    new InMemoryDocuments(),
    new InMemoryJournal(),
  ];
  let nowMs = noonMs + 2 * hourMs;
  let ids = 0;
  const partitionIds = ['0', '1'];
  const logs = new Map(partitionIds.map((id) => [id, drawLog(id, chance)]));
  const world = new WindowWorld();
  Object.assign(world, {aggregates});
  const ports: WorkerPorts & WindowWorld['ports'] = {
    ...({} as WorkerPorts),
    clock: {now: () => nowMs, elapsed: () => nowMs, sleep: () => turns.turn()},
    random: chance,
    newId: () => `${(ids += 1)}`.padStart(8, '0').padEnd(32, '0'),
    aggregates: turns.taking(aggregates),
    progress: turns.taking(progress),
    journal: turns.taking(Object.assign(journal, {partitionIds: async () => partitionIds})),
    deadLetters: {write: async () => ({kind: 'written'})},
    checkpoints: {write: async () => ({kind: 'written'})},
    windows: turns.taking(world.ports.windows),
    hub: {
      hubFacts: async () => ({createdAt: 'then', partitionIds: partitionIds}),
      partitionFacts: async () => ({...world.facts(), isEmpty: false}),
      async *events(partitionId, {from, through}) {
        const first = 'sequenceNumber' in from ? from.sequenceNumber : 0;
        yield logs
          .get(partitionId)!
          .map((event) => event.received)
          .slice(first, through + 1);
      },
    },
  };
  const partitions = partitionIds.map(
    (partitionId) =>
      new LivePartition({
        ports,
        partition: {...settings.source, partitionId},
        log: logs.get(partitionId)!.map((event) => event.received),
      }),
  );

  async function work(partition: LivePartition, steps: number): Promise<void> {
    for (let step = 0; step < steps; step += 1) {
      nowMs += upTo(40_000);
      const what = chance();
      if (what < 0.35) partition.read(upTo(6));
      else if (what < 0.5) partition.sweep();
      else if (what < 0.9) {
        if ((await partition.commit(chance() < 0.2 ? 'hand over' : 'as due')) === 'lost')
          await partition.claim();
      } else {
        // The owner before goes on writing what it has under way, with nobody waiting for it.
        if (chance() < 0.7) void partition.commit('as due');
        await partition.claim();
      }
      await turns.turn();
    }
  }

  await turns.until(Promise.all(partitions.map((partition) => partition.claim())));
  await turns.until(Promise.all(partitions.map((partition) => work(partition, upTo(15)))));

  // Most of the time the worker is nearly done with the window, and nothing but news is on its way.
  if (chance() < 0.8) {
    const carries = chance() < 0.6 ? 'hand over' : 'as due';
    const catchingUp = partitions.map((partition) => catchUp(partition, {events: 28 + upTo(6), carries}));
    await turns.until(Promise.all(catchingUp));
  }

  const tampered = new Set<string>();
  for (const document of aggregates.all()) {
    if (chance() < 0.7) continue;
    tampered.add(`${document['view']}|${document['grain']}|${Date.parse(String(document['windowStart']))}`);
    if (chance() < 0.5) aggregates.delete(document.id);
    else aggregates.put({...document, requests: Number(document['requests']) + 1 + upTo(3)});
  }

  const read = partitions.map((partition, index) => {
    const last = chance() < 0.2 ? eventsPerPartition : partition.readCount - 2 + upTo(5);
    return logs.get(partitionIds[index]!)!.slice(0, Math.max(1, last));
  });
  const replay: ReplayedWindow = {
    ...window,
    documents: new Map(
      counted(read.map((log) => log.map((event) => event.received))).map((delta) => [delta.target.id, delta]),
    ),
    read: new Map(
      read.map((log, index) => [partitionIds[index]!, {first: log[0]!.received, last: log.at(-1)!.received}]),
    ),
    undecided: 0,
    counts: noRecords(),
  };
  const options = {ports, settings: {...settings, views: countingOptions().views}, report: () => {}};
  const rebuild = rebuildWindow(replay, {
    ...options,
    mode: 'write',
    shrinking: 'allowed',
    letters: 0,
    signal: new AbortController().signal,
  });
  const late = async (): Promise<void> => {
    for (let times = upTo(5); times > 0; times -= 1) {
      for (let wait = upTo(20); wait > 0; wait -= 1) await turns.turn();
      await partitions[upTo(1)]!.applyLate(chance);
    }
  };
  const working = partitions.map((partition) => work(partition, upTo(14)));
  const [done] = await turns.until(Promise.all([rebuild, late(), ...working]));
  await turns.until(Promise.all(partitions.map(drain)));

  const left = new Set(
    done.refused.map(({window: {view, grain, windowStartMs}}) => `${view}|${grain}|${windowStartMs}`),
  );
  rebuilt += done.documents.length;
  refused += left.size;
  const truth = tally([...logs.values()].flat());
  const found = stored(aggregates);
  const wrong = [...new Set([...truth.keys(), ...found.keys()])].filter((key) => {
    const [grain, start, view] = key.split('|');
    const isLeft = left.has(`${view}|${grain}|${start}`);
    const isOutside = Number(start) < window.fromMs || Number(start) + sizes[grain!]! > window.untilMs;
    if (tampered.has(`${view}|${grain}|${start}`) && (isLeft || isOutside)) return false;
    return truth.get(key) !== found.get(key);
  });
  expect(wrong.map((key) => `${key}: ${found.get(key)}, not ${truth.get(key)}`)).toEqual([]);
}

async function catchUp(
  partition: LivePartition,
  {events, carries}: {events: number; carries: 'as due' | 'hand over'},
): Promise<void> {
  if (partition.readCount < events) partition.read(events - partition.readCount);
  partition.sweep();
  if ((await partition.commit(carries)) === 'lost') {
    await partition.claim();
    await catchUp(partition, {events, carries});
  }
}

async function drain(partition: LivePartition): Promise<void> {
  await partition.claim();
  partition.read(eventsPerPartition);
  partition.sweep();
  if ((await partition.commit('hand over')) === 'lost') return drain(partition);
}

test(
  'a window that is rebuilt beside workers that come, go, and write late holds every event once in the end',
  {timeout: 240_000},
  async () => {
    await fc.assert(fc.asyncProperty(fc.integer({min: 0, max: 2 ** 31 - 1}), play), {numRuns: runs});
    expect([rebuilt > runs, refused > runs], `${rebuilt} rebuilt, ${refused} refused`).toEqual([true, true]);
  },
);
