import {Writable} from 'node:stream';
import {startStack, type Stack} from '@weir/emulators';
import {createLogger, loadConfig, Service} from '@weir/worker';
import {Command} from 'commander';
import pretty from 'pino-pretty';
import {number} from '../count-text.ts';
import {exitCodes} from '../exit.ts';
import {stopSignal} from '../stop-signals.ts';
import {clearLine, hasColours} from '../terminal.ts';
import {version} from '../version.ts';
import {freePort} from './free-port.ts';
import {DemoProgress} from './progress.ts';
import {publish} from './publish.ts';
import {regionTable} from './region-table.ts';
import {readSample} from './sample.ts';

const hub = 'gateway-logs';
const httpPort = 8080;

/** Minutes in production; here everything that would be waited for is shortened, and said so. */
const timings = {
  'flush.interval': '1s',
  'refresh.5m': '1s',
  'refresh.1h': '1s',
  'refresh.1d': '1s',
  'join.feedInterval': '1s',
  'join.settle': '1s',
  'join.sweepAfter': '3s',
  'join.sweepInterval': '3s',
  'join.deadline': '15s',
  'ownership.interval': '1s',
  'ownership.expiry': '10s',
} as const;

/** `weir demo`: the worker does its job on the sample workload, on emulators in this process. */
export function demoCommand(): Command {
  return new Command('demo')
    .summary('see the worker do its job on a sample, without Azure (npm start)')
    .description(
      'Starts the embedded Event Hubs, Cosmos DB, Log Analytics and Blob storage, publishes a sample workload made from a real trace, runs the worker on it and prints a table per region. Needs no Azure account.',
    )
    .option('--once', 'end when all input is settled, instead of staying until Ctrl-C')
    .addHelpText('after', '\nExamples:\n  $ npm start\n  $ npm start -- --once')
    .action(async ({once}: {once?: true}) => demo(once === true ? 'end when settled' : 'stay'));
}

async function demo(ending: 'end when settled' | 'stay'): Promise<void> {
  const stopped = stopSignal();
  const sample = readSample(Date.now());
  say(
    `Weir ${version} reads ${number(sample.records.length)} gateway events and joins ${number(sample.rows.length)} diagnostics rows:`,
  );
  say(`three hours of a real trace, moved by ${number(sample.shiftHours)} whole hours to end within the`);
  say('past hour. Event Hubs, Blob storage, Cosmos DB and Log Analytics are emulated');
  say('on 127.0.0.1. Timings are shortened: feed and settle 1 s, sweep 3 s, deadline');
  say('15 s, where production waits 12 to 30 minutes.');
  say('');
  const stack = await startStack({hub, partitionCount: sample.partitionCount});
  let service: Service | undefined;
  try {
    service = await startWorker(stack);
    await publish({connectionString: stack.eventHubs.connectionString, hub, records: sample.records});
    stack.logAnalytics.ingest(sample.rows);
    const progress = new DemoProgress(service.worker, sample.records.length);
    const ended = await Promise.race([progress.untilSettled().then(() => 'settled' as const), stopped]);
    progress.close();
    if (ended !== 'settled') return;
    say(`\n${await regionTable(stack.cosmos)}\n`);
    say(`Status page: ${service.http.url}`);
    say('Documents, as Power BI would read them:');
    say(`  curl '${documentsUrl(stack)}'`);
    if (ending === 'end when settled') return;
    say('Ctrl-C ends it.');
    await stopped;
  } finally {
    const code = (await service?.stop()) ?? exitCodes.done;
    await stack.close();
    process.exitCode = code;
  }
}

async function startWorker(stack: Stack): Promise<Service> {
  // The stack's variables and no others: the demo must not reach the Azure account that the shell may be set up for.
  const {WEIR_HTTP_PORT = String(httpPort), WEIR_LOG_LEVEL = 'warn'} = process.env;
  const env = {...stack.variables, WEIR_HTTP_PORT, WEIR_LOG_LEVEL};
  const port = await freePort(loadConfig({env, flags: timings}).config.http.port);
  const {config} = loadConfig({env, flags: {...timings, 'http.port': String(port)}});
  const log = createLogger({
    level: config.log.level,
    destination: pretty({colorize: hasColours(process.stderr), destination: aboveTheProgress()}),
  });
  return Service.start({config, log, version});
}

/** Standard error, the line of progress giving way. */
function aboveTheProgress(): Writable {
  const {stderr} = process;
  return new Writable({
    write: (text, _encoding, done) => void stderr.write(stderr.isTTY ? `${clearLine}${text}` : text, done),
  });
}

function documentsUrl({cosmos}: Stack): string {
  return new URL('/emulator/documents', cosmos.endpoint).href;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
