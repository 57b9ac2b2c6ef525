import {createLogger, loadConfig, Service} from '@weir/worker';
import {letGo, tellParent} from './child.ts';
import {rowsOf} from './workload.ts';
import {Meter, peakRssBytes, until} from './meter.ts';

/**
 * Child: the whole worker as it runs in production, with the two times shortened that only mean waiting for Log Analytics.
 * It is measured from the moment when all its links are open until every event that has a row is joined, everything is
 * committed and all documents are written. Events without a row go into the journal as open, as with any stop.
 */

const timings = {
  'join.feedInterval': '1s',
  'join.settle': '1s',
  'http.port': '0',
} as const;

/** So many documents written are a warm start: those of a window or two of the groups that the workload has. */
const documentsWarm = 50;

const [variables = '{}', ...counts] = process.argv.slice(2);
const [warmUp = 0, events = 0, partitions = 0] = counts.map(Number);
const {config} = loadConfig({env: JSON.parse(variables) as NodeJS.ProcessEnv, flags: timings});
const service = await Service.start({config, log: createLogger({level: 'error'}), version: 'bench'});
const {worker} = service;
await until(() => {
  const sessions = [...worker.sessions];
  return sessions.length === partitions && sessions.every(({state}) => state === 'running');
});
tellParent({kind: 'open'});

await until(() => worker.eventsReceived >= warmUp && worker.join.counts.matched >= rowsOf(warmUp));
await until(() => worker.writer.documentsPending === 0 && [...worker.sessions].every(hasCommitted));
// The first documents are due some seconds after the first events. Until they are written, half of the worker is cold.
await until(() => [...worker.writer.copies()].length >= documentsWarm);
await until(() => worker.writer.documentsPending === 0);
const meter = new Meter();
tellParent({kind: 'ready'});

await until(() => worker.eventsReceived > warmUp);
const firstMs = performance.now();
await until(() => worker.eventsReceived >= warmUp + events);
const readMs = performance.now() - firstMs;
const readMicros = meter.cpuMicros;
tellParent({kind: 'read'});

await until(() => worker.join.counts.matched >= rowsOf(warmUp + events));
const joinedMicros = meter.cpuMicros;
const {matched} = worker.join.counts;
const {waiting} = worker.join;
// The clean stop commits what is left, writes every document and only then returns.
const code = await service.stop();
const {cpuMicros} = meter;
tellParent({
  kind: 'done',
  cpuMicros,
  readMicros,
  joinedMicros,
  readMs,
  peakRssBytes: peakRssBytes(),
  matched,
  waiting,
  code,
});
letGo();

function hasCommitted({
  pipeline,
}: {
  readonly pipeline: {readonly pendingDeltas: number} | undefined;
}): boolean {
  return pipeline?.pendingDeltas === 0;
}
