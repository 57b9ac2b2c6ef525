import {createLogger, loadConfig, Service} from '@weir/worker';
import {letGo, tellParent} from './child.ts';
import {Meter, peakRssBytes, until} from './meter.ts';

/**
 * Child: the whole worker as it runs in production, with the times shortened that only mean waiting. It is measured from
 * the moment when all its links are open until every event is joined or given up, committed and written.
 */

/** Everything else is at its default: batches, flush and refresh cost what they cost in production. */
const timings = {
  'join.feedInterval': '1s',
  'join.settle': '1s',
  'join.sweepAfter': '30s',
  'join.sweepInterval': '5s',
  'join.deadline': '35s',
  'http.port': '0',
  'log.level': 'warn',
} as const;

const [variables = '{}', expectedText, partitionsText] = process.argv.slice(2);
const [expected, partitions] = [Number(expectedText), Number(partitionsText)];
const {config} = loadConfig({env: JSON.parse(variables) as NodeJS.ProcessEnv, flags: timings});
const service = await Service.start({config, log: createLogger({level: 'warn'}), version: 'bench'});
const {worker} = service;
await until(() => {
  const sessions = [...worker.sessions];
  return sessions.length === partitions && sessions.every(({state}) => state === 'running');
});
const meter = new Meter();
const th = (process as any).threadCpuUsage();
tellParent({kind: 'ready'});

await until(() => worker.eventsReceived > 0);
const firstMs = performance.now();
await until(() => worker.eventsReceived >= expected);
const readMs = performance.now() - firstMs;
const readMicros = meter.cpuMicros;
const th1 = (process as any).threadCpuUsage(th); process.stderr.write('main thread read ' + (th1.user + th1.system) / 200000 + '\n');
tellParent({kind: 'read'});

await until(() => worker.join.waiting === 0);
const joinedMicros = meter.cpuMicros;
const {matched, neverCame} = worker.join.counts;
let folded = 0;
for (const {pipeline} of worker.sessions) folded += pipeline?.counts.folded ?? 0;
const text = await (await fetch(new URL('/metrics', service.http.url))).text();
process.stderr.write(text.split('\n').filter((l) => /output_writes|commit_seconds_count|lookup_queries|output_request/.test(l) && !l.startsWith('#') && !l.endsWith(' 0')).join('\n') + '\n');
// The clean stop commits what is left, writes every document and only then returns.
const code = await service.stop();
const cpuMicros = meter.cpuMicros;
const th2 = (process as any).threadCpuUsage(th); process.stderr.write('main thread ' + (th2.user + th2.system) / Number(process.argv[3]) * (process.argv[3] === 'gateway-logs' ? 0 : 1) + ' ' + (th2.user + th2.system) / 200000 + '\n');
tellParent({
  kind: 'done',
  cpuMicros,
  readMicros,
  joinedMicros,
  readMs,
  peakRssBytes: peakRssBytes(),
  folded,
  matched,
  unmatched: neverCame,
  code,
});
letGo();
