import {parseArgs} from 'node:util';
import {heapGrowth, runMemory, type MemorySample} from './memory-run.ts';

/**
 * `npm run bench:memory`: whether memory stays flat over a million events, and bounded when a burst follows an idle
 * period, in which the SDK alone would have piled up link credit.
 */

/** Beyond this the heap after a collection is said to grow. */
const growthMax = 0.1;

const {values} = parseArgs({
  options: {
    events: {type: 'string', default: '1000000'},
    every: {type: 'string', default: '100000'},
    'idle-seconds': {type: 'string', default: '100'},
    burst: {type: 'string', default: '100000'},
    'in-flight': {type: 'string', default: '8000'},
  },
});
const inFlightEventsMax = Number(values['in-flight']);
const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1).padStart(10);
const line = (label: string, {heapUsed, arrayBuffers, rss}: MemorySample): void => {
  process.stdout.write(`${label.padEnd(22)}${mib(heapUsed)}${mib(arrayBuffers)}${mib(rss)}\n`);
};

process.stdout.write(`${'after a collection, MiB'.padEnd(22)}      heap   buffers       RSS\n`);
const result = await runMemory(
  {
    events: Number(values.events),
    every: Number(values.every),
    idleMs: Number(values['idle-seconds']) * 1000,
    burst: Number(values.burst),
    inFlightEventsMax,
  },
  (sample) => line(`${sample.events} events`, sample),
);
line(`${values['idle-seconds']} s idle`, result.afterIdle);
line(`burst of ${values.burst}`, result.afterBurst);
const growth = heapGrowth(result.samples);
const isFlat = growth <= growthMax;
const isBounded = result.creditBeforeBurst <= inFlightEventsMax && result.inFlightMax <= inFlightEventsMax;
process.stdout.write(
  `\nheap ${isFlat ? 'flat' : 'GROWS'}: ${(growth * 100).toFixed(1)} % over the last two thirds (up to ${growthMax * 100} % is flat)\n` +
    `burst ${isBounded ? 'bounded' : 'NOT BOUNDED'}: credit before it ${result.creditBeforeBurst}, in flight at most ${result.inFlightMax}, source.inFlightEventsMax ${inFlightEventsMax}\n`,
);
process.exitCode = isFlat && isBounded ? 0 : 1;
