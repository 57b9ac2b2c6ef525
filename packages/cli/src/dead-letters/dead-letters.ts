import {deadLetterReasons} from '@weir/pipeline';
import {ConfigurationError, nearest, type Config} from '@weir/worker';
import {Command, InvalidArgumentError, Option} from 'commander';
import {addConfigOptions, configOf, type ConfigFlags} from '../command-config.ts';
import {exitCodes} from '../exit.ts';
import {letterJson, letterTable, letterText, reasonCounts} from './letter-text.ts';
import {findLetters, lettersMax, type LetterFilter} from './stored-letters.ts';

interface Options {
  readonly config?: string;
  readonly consumerGroup?: string;
  readonly partition?: string;
  readonly reason?: string;
  readonly json?: true;
}

/** Where a record lies: `PARTITION/SEQUENCE`, or with its index among several records of one body. */
interface Place {
  readonly partition: string;
  readonly sequenceNumber: number;
  readonly index?: number;
}

/** Reading 10,000 small blobs takes under a minute. */
const withinMs = 300_000;
const reasons = [...deadLetterReasons, 'too early', 'too late', 'lost'];

/** `weir dead-letters`: the records that are in no aggregate, and why. Changes nothing. */
export function deadLettersCommand(): Command {
  const command = new Command('dead-letters')
    .summary('list the records that could not be counted, and why')
    .description(
      'Shows the records that are in no aggregate, with position, reason and layer. Changes nothing.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ npx weir dead-letters list
  $ npx weir dead-letters list --reason "not JSON" --partition 1
  $ npx weir dead-letters show 1/148

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.`,
    );
  return command.addCommand(listCommand()).addCommand(showCommand());
}

function listCommand(): Command {
  const command = new Command('list')
    .summary('one line for each')
    .description(
      `Lists dead letters by partition and sequence number, at most ${lettersMax.toLocaleString('en-US')}.`,
    )
    .option('--partition <id>', 'only of this partition')
    .addOption(new Option('--reason <reason>', 'only for this reason').argParser(parseReason));
  return withCommonOptions(
    command,
    '\nExample:\n  $ npx weir dead-letters list --reason "not JSON" --json',
  ).action(async (given: Options & ConfigFlags) => {
    const {partition, reason, json, config} = settingsOf(given);
    const filter = {partition, reason};
    const {letters, count} = await find(config, filter);
    if (json) process.stdout.write(`${JSON.stringify(letters.map(letterJson))}\n`);
    else if (count > 0) process.stdout.write(`${letterTable(letters).join('\n')}\n`);
    const total = count === 1 ? '1 dead letter' : `${count.toLocaleString('en-US')} dead letters`;
    const parts = count === 0 ? '' : `: ${reasonCounts(letters)}`;
    process.stderr.write(`${total}${parts}.\n`);
    if (letters.length < count) {
      process.stderr.write(
        `Only ${lettersMax.toLocaleString('en-US')} of them are listed; narrow it with --partition or --reason.\n`,
      );
    }
  });
}

function showCommand(): Command {
  const command = new Command('show')
    .summary('everything about one')
    .description('Shows one dead letter, and how to look at its event.')
    .argument('<place>', 'PARTITION/SEQUENCE, or PARTITION/SEQUENCE/INDEX', parsePlace);
  return withCommonOptions(command, '\nExample:\n  $ npx weir dead-letters show 1/148').action(
    async (place: Place, given: Options & ConfigFlags) => {
      const {json, config} = settingsOf(given);
      const {letters} = await find(config, {...place, reason: undefined});
      if (json) process.stdout.write(`${JSON.stringify(letters.map(letterJson))}\n`);
      else process.stdout.write(letters.map(letterText).join('\n'));
      if (letters.length > 0) return;
      const {partition, sequenceNumber} = place;
      process.stderr.write(
        `weir: there is no dead letter of event ${sequenceNumber} in partition ${partition}. "weir dead-letters list --partition ${partition}" lists those of the partition.\n`,
      );
      process.exitCode = exitCodes.failed;
    },
  );
}

function withCommonOptions(command: Command, help: string): Command {
  command
    .option('--json', 'print an array of objects')
    .option('--consumer-group <name>', 'of workers in this consumer group')
    .addHelpText(
      'after',
      `${help}\n\nThe flags, variables and file of "weir run" say which services are meant.`,
    );
  return addConfigOptions(command);
}

function settingsOf(given: Options & ConfigFlags): Pick<Options, 'json'> & {
  partition: string | undefined;
  reason: string | undefined;
  config: Config;
} {
  const {config: fileName, consumerGroup, partition, reason, json, ...rest} = given;
  if (partition !== undefined && !/^\d{1,5}$/.test(partition)) {
    throw new ConfigurationError(['--partition: give the number of a partition, for example 0.']);
  }
  const flags: ConfigFlags = {
    ...(rest as ConfigFlags),
    ...(consumerGroup !== undefined && {'eventHubs.consumerGroup': consumerGroup}),
  };
  const config = configOf(fileName, {flags, needs: ['eventHubs', 'storage']});
  return {partition, reason, config, ...(json !== undefined && {json})};
}

function find(config: Config, filter: LetterFilter): ReturnType<typeof findLetters> {
  return findLetters(config, {filter, signal: AbortSignal.timeout(withinMs)});
}

function parseReason(text: string): string {
  if (reasons.includes(text)) return text;
  const near = nearest(text, reasons);
  throw new InvalidArgumentError(
    near === undefined ? `give one of ${reasons.join(', ')}.` : `did you mean "${near.name}"?`,
  );
}

function parsePlace(text: string): Place {
  const [, partition, sequenceNumber, index] = /^(\d{1,5})\/(\d{1,15})(?:\/(\d{1,6}))?$/.exec(text) ?? [];
  if (partition === undefined) {
    throw new InvalidArgumentError('give partition and sequence number, for example 1/148.');
  }
  return {
    partition,
    sequenceNumber: Number(sequenceNumber),
    ...(index !== undefined && {index: Number(index)}),
  };
}
