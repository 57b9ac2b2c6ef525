import {lazyIdentity, openLogAnalytics, systemClock, type Config} from '@weir/worker';
import {Command, InvalidArgumentError, Option} from 'commander';
import {addConfigOptions, configOf, type ConfigFlags, type ServiceName} from '../command-config.ts';
import {exitCodes} from '../exit.ts';
import {hubConnection} from '../hub-access.ts';
import {offering, parseTime} from '../option-values.ts';
import {stopSignal} from '../stop-signals.ts';
import {askFile, askNobody, askService, type AskDiagnostics} from '../sources/diagnostics.ts';
import {fileEvents} from '../sources/file-events.ts';
import {hubEvents} from '../sources/hub-events.ts';
import {noDocuments, openDocuments} from './documents.ts';
import {buildReport} from './build-report.ts';
import {traceJson} from './trace-json.ts';
import {traceText} from './trace-text.ts';

interface Options {
  readonly config?: string;
  readonly consumerGroup?: string;
  readonly partition?: string;
  readonly from?: number;
  readonly until?: number;
  readonly source: Place;
  readonly diagnostics?: Place;
  readonly json?: true;
}

/** A file of JSON lines, or the service. */
type Place = {readonly kind: 'service'} | {readonly kind: 'file'; readonly path: string};

const defaultWindowMs = 3_600_000;
const service: Place = {kind: 'service'};

/** `weir trace`: where one request is, how it was read, joined and counted. Changes nothing. */
export function traceCommand(): Command {
  const command = new Command('trace')
    .summary('follow one request from its event to its documents')
    .description(
      'Finds the event of a request, and shows how it is read, its diagnostics, the outcome of the join and the aggregate documents that it goes into. Changes nothing. Like inspect it needs a consumer group of its own beside a running worker.',
    )
    .argument('<request-id>', 'the apim-request-id, which is the CorrelationId', parseRequestId)
    .addOption(
      new Option(
        '--from <time>',
        'search from this enqueued time (default: an hour before the end)',
      ).argParser(parseTime),
    )
    .addOption(
      new Option('--until <time>', 'search up to this enqueued time (default: now)').argParser(parseTime),
    )
    .option('--partition <id>', 'search only this partition')
    .addOption(
      offering(['eventhubs', 'ndjson:'], new Option('--source <place>', 'eventhubs, or ndjson:FILE'))
        .argParser(parsePlace('eventhubs'))
        .default(service, 'eventhubs'),
    )
    .addOption(
      offering(
        ['loganalytics', 'ndjson:'],
        new Option('--diagnostics <place>', 'loganalytics, the default with eventhubs, or ndjson:FILE'),
      ).argParser(parsePlace('loganalytics')),
    )
    .option('--json', 'print one object')
    .option('--consumer-group <name>', 'read in this consumer group, not in the worker’s')
    .addHelpText('after', traceHelp);
  return addConfigOptions(command).action(trace);
}

const traceHelp = `
A file has an event a line, as "weir inspect" writes them (with --show-content,
where long ids matter), or bare bodies; or a row of AzureDiagnostics a line.
With a file of events Cosmos DB is not asked.

Examples:
  $ npx weir trace f68bbb2e-b1bb-4795-825a-cf716cbebc55
  $ npx weir trace f68bbb2e-b1bb-4795-825a-cf716cbebc55 \\
      --from 2024-05-17T12:00:00Z --until 2024-05-17T13:00:00Z
  $ npx weir trace f68bbb2e-b1bb-4795-825a-cf716cbebc55 \\
      --source ndjson:events.ndjson --diagnostics ndjson:rows.ndjson

Exit codes: 0 found, 1 not found or failed, 2 wrong usage or configuration,
130 interrupted.`;

async function trace(requestId: string, given: Options & ConfigFlags): Promise<void> {
  const {config: fileName, consumerGroup, partition, from, until, source, diagnostics, json, ...rest} = given;
  const flags = rest as ConfigFlags;
  const rows = diagnostics ?? (source.kind === 'service' ? service : undefined);
  const needs: ServiceName[] = [
    ...(source.kind === 'service' ? (['eventHubs', 'cosmos'] as const) : []),
    ...(rows?.kind === 'service' ? (['logAnalytics'] as const) : []),
  ];
  const config = configOf(fileName, {flags, needs});
  const stop = new AbortController();
  void stopSignal().then(() => stop.abort());
  const {signal} = stop;
  const untilMs = until ?? Date.now() + 1; // what was enqueued this very millisecond is meant, too
  const events =
    source.kind === 'file'
      ? fileEvents(source.path)
      : hubEvents(hubConnection(config, {consumerGroup}), {
          fromMs: from ?? untilMs - defaultWindowMs,
          untilMs,
          partition,
        });
  const documents = source.kind === 'file' ? noDocuments : openDocuments(config, signal);
  try {
    const ask = askOf(rows, {config, signal});
    const {report, read} = await buildReport(requestId, {config, source: events, ask, documents, signal});
    process.stdout.write(json ? `${JSON.stringify(traceJson(report))}\n` : traceText(report));
    if (report.events.length > 0) return;
    const advice = source.kind === 'service' ? ' Widen the search with --from and --until.' : '';
    process.stderr.write(
      `weir: no event of this request is among ${events.name} (${read.toLocaleString('en-US')} were read).${advice}\n`,
    );
    process.exitCode = exitCodes.failed;
  } catch (error) {
    if (!signal.aborted) throw error;
    process.exitCode = exitCodes.interrupted;
  } finally {
    documents.close();
  }
}

function askOf(
  rows: Place | undefined,
  {config, signal}: {config: Config; signal: AbortSignal},
): AskDiagnostics {
  if (rows === undefined) return askNobody;
  if (rows.kind === 'file') return askFile(rows.path);
  return askService(openLogAnalytics(config, lazyIdentity()), {
    signal,
    sleep: (ms, until) => systemClock.sleep(ms, until),
  });
}

function parseRequestId(text: string): string {
  const id = text.trim().toLowerCase();
  if (/^[0-9a-z-]{1,128}$/.test(id)) return id;
  throw new InvalidArgumentError('give an id of letters, digits and -, for example a GUID.');
}

function parsePlace(serviceName: string): (text: string) => Place {
  return (text) => {
    if (text === serviceName) return service;
    const [, path] = /^ndjson:(.+)$/.exec(text) ?? [];
    if (path !== undefined) return {kind: 'file', path};
    throw new InvalidArgumentError(`give ${serviceName}, or ndjson:FILE, for example ndjson:events.ndjson.`);
  };
}
