import {ConfigurationError} from '@weir/worker';
import {Command, InvalidArgumentError, Option} from 'commander';
import {addConfigOptions, configOf, type ConfigFlags} from '../command-config.ts';
import {exitCodes} from '../exit-codes.ts';
import {wholeNumber} from '../option-values.ts';
import {confirm} from '../recover/confirm.ts';
import {stopSignal} from '../stop-signals.ts';
import {tellLine} from '../terminal.ts';
import {parsePartition, parsePlace, reasonOption} from './letter-options.ts';
import {runRetry, type RetryRequest} from './run-retry.ts';
import type {Place} from './stored-letters.ts';

interface Options {
  readonly config?: string;
  readonly consumerGroup?: string;
  readonly partition?: string;
  readonly reason?: string;
  readonly fromSequence?: number;
  readonly dryRun?: true;
  readonly alreadyCounted?: true;
  readonly yes?: true;
  readonly json?: true;
}

/** Named at a time on the command line. */
const placesMax = 1_000;

/** `weir dead-letters retry`: counts what can be read now. */
export function retryCommand(): Command {
  const command = new Command('retry')
    .summary('count those that can be read now')
    .description(
      'Reads the events of dead letters again, with the configuration as it is now, and counts those that are events now, each once; the others stay dead letters, and it is said why. Shows what becomes of each and asks before anything is counted. Like inspect it needs a consumer group of its own beside a running worker.',
    )
    .argument('[place...]', 'only these: PARTITION/SEQUENCE, or PARTITION/SEQUENCE/INDEX', collectPlaces)
    .addOption(new Option('--partition <id>', 'only of this partition').argParser(parsePartition))
    .addOption(
      new Option('--from-sequence <n>', 'only from this sequence number on; with --partition').argParser(
        wholeNumber({min: 0, max: Number.MAX_SAFE_INTEGER}),
      ),
    )
    .addOption(reasonOption())
    .option('--dry-run', 'show what would become of each, and change nothing')
    .addOption(
      new Option(
        '--already-counted',
        'settle them without counting: "weir replay --write" has put them into the documents',
      ).conflicts('dryRun'),
    )
    .option('--yes', 'do not ask before it is done')
    .option('--json', 'print an array of objects')
    .option('--consumer-group <name>', 'read in this consumer group, not in the worker’s')
    .addHelpText('after', retryHelp);
  return addConfigOptions(command).action(retry);
}

const retryHelp = `
The flags, variables and file of "weir run" say which services are meant, and
how events are read: give it the file with the shape that was missing.

Examples:
  $ npx weir dead-letters retry --config weir.yaml --dry-run
  $ npx weir dead-letters retry --reason "unknown shape" --yes
  $ npx weir dead-letters retry 1/148/3 2/77

Exit codes: 0 all chosen were counted, or none was chosen; 1 some were not, or
failed; 2 wrong usage or configuration; 130 interrupted.`;

const everyService = ['eventHubs', 'storage', 'logAnalytics', 'cosmos'] as const;

async function retry(places: readonly Place[], given: Options & ConfigFlags): Promise<void> {
  const {
    config: fileName,
    consumerGroup,
    partition,
    reason,
    fromSequence,
    dryRun,
    alreadyCounted,
    yes,
    json,
    ...flags
  } = given;
  if (fromSequence !== undefined && partition === undefined) {
    throw new ConfigurationError([
      '--from-sequence: a sequence number is of one partition. Name it with --partition.',
    ]);
  }
  const request: RetryRequest = {
    filter: {partition, reason, fromSequence, ...(places.length > 0 && {places})},
    mode: dryRun ? 'dry run' : alreadyCounted ? 'settle only' : 'count',
    format: json ? 'json' : 'text',
    consumerGroup,
  };
  const config = configOf(fileName, {flags, needs: everyService});
  const stop = new AbortController();
  void stopSignal().then(() => stop.abort());
  const isTerminal = process.stdin.isTTY && process.stderr.isTTY && !json;
  const ask = (question: string) => confirm(question, {input: process.stdin, output: process.stderr});
  try {
    process.exitCode = await runRetry(request, config, {
      person: {
        print: (text) => process.stdout.write(text),
        tell: tellLine,
        confirm: yes ? async () => 'yes' : isTerminal ? ask : async () => 'cannot ask',
      },
      signal: stop.signal,
    });
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    process.exitCode = exitCodes.interrupted;
  }
}

function collectPlaces(text: string, before: readonly Place[] | undefined): readonly Place[] {
  const places = [...(before ?? []), parsePlace(text)];
  if (places.length > placesMax) throw new InvalidArgumentError(`name ${placesMax} places at most.`);
  return places;
}
