import {defaultViews, dimensions, type Dimension, type Grain} from '@weir/pipeline';
import {Command, Option} from 'commander';
import {addConfigOptions} from '../command-config.ts';
import {offering, parseTime, wholeNumber} from '../option-values.ts';
import {captureFormatDefault} from './capture/capture-path.ts';
import {resultFormats, type ResultFormat} from './output/result-text.ts';
import type {EventPlace, RowPlace} from './places.ts';
import {parseDuration, parseGroupBy, parseRows, parseSource, parseWindows} from './replay-values.ts';

/** What was given, each option as it is read. */
export interface ReplayOptions {
  readonly config?: string;
  readonly consumerGroup?: string;
  readonly from: number;
  readonly to: number;
  readonly source: EventPlace;
  readonly diagnostics?: RowPlace;
  readonly view?: string;
  readonly groupBy?: readonly Dimension[];
  readonly window?: readonly Grain[];
  readonly readBefore?: number;
  readonly readAfter?: number;
  readonly captureFormat: string;
  readonly threads?: number;
  readonly format?: ResultFormat;
  readonly json?: true;
  readonly out: string;
  readonly compare?: true;
  readonly write?: true;
  readonly dryRun?: true;
  readonly allowShrink?: true;
  readonly yes?: true;
}

const ofResults = ['out', 'groupBy', 'window'];

const threadsMax = 64;

/** The options of `weir replay`, and its help. */
export function replayOptions(): Command {
  const command = new Command('replay')
    .summary('count a window of time anew, on this machine')
    .description(
      'Leads the events of a window of time through the worker’s own pipeline and shows what the aggregate documents of the window should hold. Writes nothing anywhere but the result, unless --write is given. Like inspect it needs a consumer group of its own beside a running worker.',
    )
    .addOption(
      new Option('--from <time>', 'windows from this event time on')
        .argParser(parseTime)
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--to <time>', 'windows that end by this event time')
        .argParser(parseTime)
        .makeOptionMandatory(),
    )
    .addOption(
      offering(
        ['eventhubs', 'capture:', 'ndjson:'],
        new Option('--source <place>', 'eventhubs, capture:DIR or ndjson:FILE'),
      )
        .argParser(parseSource)
        .default({kind: 'eventhubs'}, 'eventhubs'),
    )
    .addOption(
      offering(
        ['loganalytics', 'ndjson:', 'none'],
        new Option(
          '--diagnostics <place>',
          'loganalytics (the default with eventhubs), ndjson:FILE, or none: then only views on arrival are counted',
        ),
      ).argParser(parseRows),
    )
    .addOption(
      offering(
        defaultViews.map(({name}) => name),
        new Option('--view <name>', 'only this view of the configuration'),
      ),
    )
    .addOption(
      offering(
        ['all', ...dimensions],
        new Option('--group-by <dimensions>', 'a view of your own, for example region,model; or all'),
      )
        .argParser(parseGroupBy)
        .conflicts('view'),
    )
    .addOption(
      offering(['5m', '1h', '1d'], new Option('--window <sizes>', 'its windows: 5m, 1h, 1d (default: 5m)'))
        .argParser(parseWindows)
        .conflicts('view'),
    )
    .addOption(
      new Option(
        '--read-before <duration>',
        'begin so long before --from, in enqueued time (default: assign.earlyMax and dedupe.horizon)',
      ).argParser(parseDuration),
    )
    .addOption(
      new Option(
        '--read-after <duration>',
        'end so long after --to, in enqueued time (default: assign.lateMax, else 1h, and join.mergeWait)',
      ).argParser(parseDuration),
    )
    .addOption(
      new Option('--capture-format <format>', 'how the files of capture:DIR are named').default(
        captureFormatDefault,
        'as Event Hubs does unless told otherwise',
      ),
    )
    .option(
      '--threads <number>',
      'for files (default: one for each core)',
      wholeNumber({min: 1, max: threadsMax}),
    )
    .addOption(new Option('--format <format>', 'default: table, or as --out is named').choices(resultFormats))
    .option('--json', 'the same as --format json')
    .option('--out <file>', 'a file named .csv, .json, .ndjson or .txt, or - for standard output', '-')
    .addOption(
      new Option(
        '--compare',
        'compare the window with the documents in Cosmos DB instead; exit code 1 where one differs',
      ).conflicts(['write', ...ofResults]),
    )
    .addOption(
      new Option(
        '--write',
        'rebuild the documents of the window in Cosmos DB instead, safely beside running workers',
      ).conflicts(ofResults),
    )
    .option('--dry-run', 'with --write: only show what would change')
    .option('--allow-shrink', 'with --write: also where a window would lose requests')
    .option('--yes', 'with --write: do not ask')
    .option('--consumer-group <name>', 'read in this consumer group')
    .addHelpText('after', replayHelp);
  return addConfigOptions(command);
}

const replayHelp = `
Only windows that lie whole between --from and --to are counted. A file of
events has one a line, as "weir inspect" writes them (with --show-content, where
long ids matter), or bare bodies, which count as enqueued at --to; a file of
diagnostics has a row of AzureDiagnostics a line.

Examples:
  $ npx weir replay --from 2024-05-17T12:00:00Z --to 2024-05-17T13:00:00Z
  $ npx weir replay --from 2024-05-17T12:00:00Z --to 2024-05-17T13:00:00Z \\
      --group-by region,model --window 5m,1h --out regions.csv
  $ npx weir replay --from 2024-05-17T00:00:00Z --to 2024-05-18T00:00:00Z \\
      --source capture:captured --diagnostics loganalytics --view region-latency
  $ npx weir replay --from 2024-05-17T12:00:00Z --to 2024-05-17T13:00:00Z \\
      --compare

With --compare and --write all is read up to now, unless --read-after is given:
late events count, too.

Exit codes: 0 done, 1 failed or different, 2 wrong usage or configuration, 130
interrupted; then no result is written.`;
