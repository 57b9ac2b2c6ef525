import {createLogger, loadConfig, Service} from '@weir/worker';
import {letGo, orders, tellParent} from './child.ts';
import {until} from './meter.ts';

/**
 * Child, started with `--expose-gc`: a worker whose horizons are some seconds instead of minutes, so that what it
 * remembers on purpose is full early in the run and any further growth is a leak.
 *
 * `settle` waits until so many events are read and joined, collects garbage and tells what is left; `facts` tells how
 * many events were read and how many wait in memory, a gauge that the worker refreshes once a second.
 */

const collections = 4;
const betweenCollectionsMs = 600;

const [variables = '{}', inFlightEventsMax = ''] = process.argv.slice(2);
const timings = {
  'flush.interval': '1s',
  'join.feedInterval': '1s',
  'join.settle': '1s',
  'join.sweepAfter': '15s',
  'join.sweepInterval': '2s',
  'join.deadline': '20s',
  'dedupe.horizon': '10s',
  'source.inFlightEventsMax': inFlightEventsMax,
  'http.port': '0',
};
const {config} = loadConfig({env: JSON.parse(variables) as NodeJS.ProcessEnv, flags: timings});
const service = await Service.start({config, log: createLogger({level: 'error'}), version: 'bench'});
const {worker} = service;
const {gc} = globalThis;
if (gc === undefined) throw new Error('Start this with --expose-gc.');
tellParent({kind: 'ready'});

for await (const order of orders()) {
  if (order.kind === 'settle') {
    const waitingMax = Number(order['waitingMax']);
    await until(() => worker.eventsReceived >= Number(order['events']) && worker.join.waiting <= waitingMax);
    const {matched, neverCame, couldNotAsk} = worker.join.counts;
    const joined = matched + neverCame + couldNotAsk + worker.join.waiting;
    tellParent({kind: 'settled', joined, ...(await leastMemory())});
  } else if (order.kind === 'facts') {
    const text = await (await fetch(new URL('/metrics', service.http.url))).text();
    const inFlight = Number(/^weir_queued_events (\S+)/m.exec(text)?.[1] ?? Number.NaN);
    const {rss} = process.memoryUsage();
    tellParent({kind: 'facts', events: worker.eventsReceived, inFlight, rss});
  }
}
await service.stop();
letGo();
process.exit(0);

/** The least of several collections: an answer of Log Analytics that is just being read is not what stays. */
async function leastMemory(): Promise<{heapUsed: number; arrayBuffers: number; rss: number}> {
  const found: NodeJS.MemoryUsage[] = [];
  while (found.length < collections) {
    await new Promise((resolve) => setTimeout(resolve, betweenCollectionsMs));
    await gc?.({execution: 'async', type: 'major'});
    found.push(process.memoryUsage());
  }
  const least = (name: keyof NodeJS.MemoryUsage): number => Math.min(...found.map((usage) => usage[name]));
  return {heapUsed: least('heapUsed'), arrayBuffers: least('arrayBuffers'), rss: least('rss')};
}
