import {EventHubConsumerClient} from '@azure/event-hubs';
import {letGo, tellParent} from './child.ts';
import {Meter, peakRssBytes, until} from './meter.ts';

/**
 * Child: the least that reads the events at all. The SDK with its best settings, its own parsing of bodies, and a handler
 * that looks at one field. What a worker takes beyond this is its own.
 */

const [connectionString = '', hub = '', warmUp, events, partitions] = process.argv.slice(2);
const client = new EventHubConsumerClient('$Default', connectionString, hub);
let initialised = 0;
let received = 0;
let named = 0;
let firstMs = 0;
let meter: Meter | undefined;
const subscription = client.subscribe(
  {
    async processInitialize() {
      initialised += 1;
    },
    async processEvents(events) {
      if (firstMs === 0 && meter !== undefined && events.length > 0) firstMs = performance.now();
      for (const {body} of events as readonly {body: {requestId?: unknown}}[]) {
        if (body.requestId !== undefined) named += 1;
      }
      received += events.length;
    },
    async processError(error) {
      throw error;
    },
  },
  // At latest: the events come once all links are open.
  {maxBatchSize: 300, prefetchCount: 3000, startPosition: {offset: '-1'}},
);
await until(() => initialised === Number(partitions));
tellParent({kind: 'open'});
await until(() => received >= Number(warmUp));
meter = new Meter();
tellParent({kind: 'ready'});
await until(() => received >= Number(warmUp) + Number(events));
tellParent({
  kind: 'done',
  cpuMicros: meter.cpuMicros,
  readMs: performance.now() - firstMs,
  peakRssBytes: peakRssBytes(),
  received: named,
});
await subscription.close();
await client.close();
letGo();
