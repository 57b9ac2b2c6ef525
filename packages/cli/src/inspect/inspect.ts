import type {ReadFrom} from '@weir/azure';
import {ConfigurationError, nearest} from '@weir/worker';
import {Command, InvalidArgumentError, Option} from 'commander';
import {addConfigOptions, configOf, type ConfigFlags} from '../command-config.ts';
import {exitCodes} from '../exit.ts';
import {offering, parseTime, timeOf, wholeNumber} from '../option-values.ts';
import {stopSignal} from '../stop-signals.ts';
import {tellLine} from '../terminal.ts';
import {outputTarget} from './event-output.ts';
import {runInspection} from './run-inspection.ts';
import {readStreamAnalyticsError, type ErrorPlace} from './stream-analytics-error.ts';
import {parseWhere, WhereError, type Where} from './where.ts';

interface Options {
  readonly config?: string;
  readonly consumerGroup?: string;
  readonly partition?: string;
  readonly fromSequence?: number;
  readonly from?: ReadFrom;
  readonly fromOffset?: string;
  readonly error?: ErrorPlace;
  readonly until?: number;
  readonly count?: number;
  readonly seconds?: number;
  readonly malformed?: true;
  readonly where?: Where;
  readonly showContent?: true;
  readonly out: string;
  readonly json?: true;
}

/** A message names a place, not an amount. */
const eventsAfterError = 100;
const countMax = 1_000_000_000;
const secondsMax = 86_400;

/** `weir inspect`: events as they lie in the hub, and how Weir reads each. Changes nothing anywhere. */
export function inspectCommand(): Command {
  const command = new Command('inspect')
    .summary('write out events of the hub, and how each is read')
    .description(
      'Reads events straight from Event Hubs and writes each with its position, its properties and how Weir reads it. Touches neither checkpoints nor ownership: beside a running worker it needs a consumer group of its own, and is refused without one rather than take partitions away.',
    )
    .option('--partition <id>', 'only this partition; all at once without it')
    .addOption(
      offering(
        ['earliest', 'latest'],
        new Option('--from <start>', 'earliest (the default), latest, or a time'),
      )
        .argParser(parseFrom)
        .conflicts(['fromSequence', 'fromOffset', 'error']),
    )
    .addOption(
      new Option('--from-sequence <number>', 'begin at this sequence number')
        .argParser(wholeNumber({min: 0, max: Number.MAX_SAFE_INTEGER}))
        .conflicts(['fromOffset', 'error']),
    )
    .addOption(new Option('--from-offset <offset>', 'begin at this offset').conflicts('error'))
    .addOption(
      new Option(
        '--error <message>',
        'begin where a pasted error of Azure Stream Analytics points',
      ).argParser(parseError),
    )
    .addOption(new Option('--until <time>', 'end before this enqueued time').argParser(parseTime))
    .option('--count <number>', 'end after so many events', wholeNumber({min: 1, max: countMax}))
    .option(
      '--seconds <number>',
      'read for so long, new events included; without it, or an --until to come, up to the last event there is',
      wholeNumber({min: 1, max: secondsMax}),
    )
    .option('--malformed', 'only events that are dead letters or were torn')
    .addOption(new Option('--where <expression>', 'only events for which it holds').argParser(parseCondition))
    .option('--show-content', 'do not mask prompts, completions and long texts')
    .option('--out <file>', 'a file named .json or .ndjson, or - for standard output', '-')
    .option('--json', 'an array on standard output, instead of one object a line')
    .option('--consumer-group <name>', 'read in this consumer group')
    .addHelpText('after', inspectHelp);
  return addConfigOptions(command).action(inspect);
}

async function inspect(given: Options & ConfigFlags): Promise<void> {
  const {config: fileName, consumerGroup, partition, fromSequence, from, fromOffset, error, ...more} = given;
  const {until, count, seconds, malformed, where, showContent, out, json, ...rest} = more;
  const flags: ConfigFlags = {
    ...(rest as ConfigFlags),
    ...(consumerGroup !== undefined && {'eventHubs.consumerGroup': consumerGroup}),
  };
  const named = partition ?? error?.partition;
  if (named === undefined && (fromSequence !== undefined || fromOffset !== undefined)) {
    throw new ConfigurationError([
      '--partition is needed with --from-sequence and --from-offset: these are of one partition, for example --partition 0.',
    ]);
  }
  const isEndless = until === undefined && count === undefined && seconds === undefined;
  if (error !== undefined && isEndless) {
    tellLine(`Reading ${eventsAfterError} events from there; --count, --until or --seconds say otherwise.`);
  }
  const interrupted = new AbortController();
  void stopSignal().then(() => interrupted.abort());
  const outcome = await runInspection(
    {
      partition: named,
      from: startOf({fromSequence, from, fromOffset, error}),
      untilMs: until,
      countMax: error !== undefined && isEndless ? eventsAfterError : count,
      forMs: seconds === undefined ? undefined : seconds * 1000,
      which: malformed ? 'malformed' : 'all',
      where,
      content: showContent ? 'shown' : 'masked',
      out: outputTarget(out, {wanted: json ? 'array' : undefined}),
    },
    configOf(fileName, {flags, needs: ['eventHubs']}),
    {interrupted: interrupted.signal, tell: tellLine},
  ).catch((failure: unknown) => {
    if (interrupted.signal.aborted) return 'interrupted' as const; // before anything was written
    throw failure;
  });
  process.exitCode = outcome === 'interrupted' ? exitCodes.interrupted : exitCodes.done;
}

function startOf({
  fromSequence,
  from,
  fromOffset,
  error,
}: {
  fromSequence: number | undefined;
  from: ReadFrom | undefined;
  fromOffset: string | undefined;
  error: ErrorPlace | undefined;
}): ReadFrom {
  const sequenceNumber = fromSequence ?? error?.sequenceNumber;
  const offset = fromOffset ?? error?.offset;
  if (sequenceNumber !== undefined) return {kind: 'sequence', sequenceNumber};
  if (offset !== undefined) return {kind: 'offset', offset};
  if (error?.fromMs !== undefined) return {kind: 'time', enqueuedFromMs: error.fromMs};
  return from ?? {kind: 'earliest'};
}

function parseFrom(text: string): ReadFrom {
  if (text === 'earliest' || text === 'latest') return {kind: text};
  const enqueuedFromMs = timeOf(text);
  if (enqueuedFromMs !== undefined) return {kind: 'time', enqueuedFromMs};
  if (/^\d+$/.test(text)) throw new InvalidArgumentError(`did you mean --from-sequence ${text}?`);
  const near = nearest(text, ['earliest', 'latest']);
  throw new InvalidArgumentError(
    near === undefined
      ? 'give earliest, latest, or a time in ISO 8601 with its zone, for example 2024-05-17T13:15:00Z.'
      : `did you mean ${near.name}?`,
  );
}

function parseError(text: string): ErrorPlace {
  const place = readStreamAnalyticsError(text);
  if (place !== undefined) return place;
  throw new InvalidArgumentError(
    'it names no place; paste the part with Partition: [11], Offset: [...], SequenceNumber: [...].',
  );
}

function parseCondition(text: string): Where {
  try {
    return parseWhere(text, (word, names) => nearest(word, names)?.name);
  } catch (error) {
    if (error instanceof WhereError) throw new InvalidArgumentError(error.message);
    throw error;
  }
}

const inspectHelp = `
EXPRESSION is FIELD=VALUE, with = != ~ (holds) !~ < <= > >=, joined by "and".
Fields: partition, sequenceNumber, offset, enqueuedTime; shape, outcome, reason;
those of the event as it is read (region, deployment, status, requestId, ...);
and paths as body.headers.x-ms-region or properties.NAME.

The flags, variables and file of "weir run" say which hub is meant; only Event
Hubs has to be set.

Examples:
  $ npx weir inspect --partition 11 --from-sequence 137530194 --count 1
  $ npx weir inspect --from 2024-05-17T13:00:00Z --until 2024-05-17T14:00:00Z \\
      --malformed --out bad.ndjson
  $ npx weir inspect --where "region=eastus2 and status>=400" --out - | jq .
  $ npx weir inspect --error "... Partition: [11], SequenceNumber: [137530194]"

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 130 interrupted;
what was written until then is valid JSON.`;
