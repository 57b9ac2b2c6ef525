import type {Config} from '@weir/worker';
import {Command, Option} from 'commander';
import {addConfigOptions, configOf, type ConfigFlags} from '../command-config.ts';
import {exitCodes} from '../exit-codes.ts';
import {parsePartition, parsePlace, reasonOption} from './letter-options.ts';
import {letterJson, letterTable, letterText, reasonCounts} from './letter-text.ts';
import {retryCommand} from './retry.ts';
import {findLetters, lettersMax, type LetterFilter, type Place} from './stored-letters.ts';

interface Options {
  readonly config?: string;
  readonly consumerGroup?: string;
  readonly partition?: string;
  readonly reason?: string;
  readonly retried?: true;
  readonly json?: true;
}

/** Reading 10,000 small blobs takes under a minute. */
const withinMs = 300_000;

/** `weir dead-letters`: the records that are in no aggregate, and why; and counting those that can be read now. */
export function deadLettersCommand(): Command {
  const command = new Command('dead-letters')
    .summary('list the records that could not be counted, and why')
    .description(
      'Shows the records that are in no aggregate, with position, reason and layer, and counts those that can be read after all.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ npx weir dead-letters list
  $ npx weir dead-letters list --reason "not JSON" --partition 1
  $ npx weir dead-letters show 1/148
  $ npx weir dead-letters retry --dry-run

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 130 interrupted.`,
    );
  return command.addCommand(listCommand()).addCommand(showCommand()).addCommand(retryCommand());
}

function listCommand(): Command {
  const command = new Command('list')
    .summary('one line for each')
    .description(
      `Lists dead letters by partition and sequence number, at most ${lettersMax.toLocaleString('en-US')}.`,
    )
    .addOption(new Option('--partition <id>', 'only of this partition').argParser(parsePartition))
    .addOption(reasonOption())
    .option('--retried', 'those that a retry has settled, instead of the open ones');
  return withCommonOptions(
    command,
    '\nExample:\n  $ npx weir dead-letters list --reason "not JSON" --json',
  ).action(async (given: Options & ConfigFlags) => {
    const {partition, reason, retried, json, config} = settingsOf(given);
    const which = retried ? 'settled by a retry' : 'open';
    const {letters, count, settled} = await find(config, {which, partition, reason});
    if (json) process.stdout.write(`${JSON.stringify(letters.map(letterJson))}\n`);
    else if (count > 0) process.stdout.write(`${letterTable(letters).join('\n')}\n`);
    const total = count === 1 ? '1 dead letter' : `${count.toLocaleString('en-US')} dead letters`;
    const parts = count === 0 ? '' : `: ${reasonCounts(letters)}`;
    process.stderr.write(`${total}${parts}.\n`);
    if (!retried && settled > 0) {
      const others = `${settled.toLocaleString('en-US')} more ${settled === 1 ? 'was' : 'were'}`;
      process.stderr.write(`${others} settled by a retry; --retried lists them.\n`);
    }
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
      const {letters} = await find(config, {which: 'all', places: [place]});
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

function settingsOf(
  given: Options & ConfigFlags,
): Pick<Options, 'partition' | 'reason' | 'retried' | 'json'> & {config: Config} {
  const {config: fileName, consumerGroup, partition, reason, retried, json, ...rest} = given;
  const flags: ConfigFlags = {
    ...(rest as ConfigFlags),
    ...(consumerGroup !== undefined && {'eventHubs.consumerGroup': consumerGroup}),
  };
  const config = configOf(fileName, {flags, needs: ['eventHubs', 'storage']});
  return {
    config,
    ...(partition !== undefined && {partition}),
    ...(reason !== undefined && {reason}),
    ...(retried !== undefined && {retried}),
    ...(json !== undefined && {json}),
  };
}

function find(config: Config, filter: LetterFilter): ReturnType<typeof findLetters> {
  return findLetters(config, {filter, signal: AbortSignal.timeout(withinMs)});
}
