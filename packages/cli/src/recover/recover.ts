import type {From} from '@weir/worker';
import {Command, Option} from 'commander';
import {addConfigOptions, configOf, type ConfigFlags} from '../command-config.ts';
import {exitCodes} from '../exit.ts';
import {offering} from '../option-values.ts';
import {confirm} from './confirm.ts';
import {parseFrom} from './from-option.ts';
import type {Request} from './look.ts';
import {runRecovery} from './run-recovery.ts';

interface Options {
  readonly config?: string;
  readonly partition?: string;
  readonly from?: From;
  readonly adoptJournal?: true;
  readonly beginAnew?: true;
  readonly yes?: true;
  readonly json?: true;
}

/** `weir recover`: what stopped partitions found, and the ways out. Changes nothing without one of its two flags. */
export function recoverCommand(): Command {
  const command = new Command('recover')
    .summary('show what stopped a partition, and resolve it on request')
    .description(
      'Shows what a stopped partition found in its journal, in Cosmos DB and in the event hub, what each way out would do, and which numbers it may leave wrong. Without --adopt-journal or --begin-anew nothing is changed.',
    )
    .option('--partition <id>', 'only this partition')
    .addOption(
      offering(
        ['earliest', 'latest'],
        new Option(
          '--from <start>',
          'where --begin-anew begins to read: earliest, latest, a time, or the sequence number of the first event',
        ),
      ).argParser(parseFrom),
    )
    .addOption(
      new Option('--adopt-journal', 'take the journal for right and mend the fence').conflicts('beginAnew'),
    )
    .option('--begin-anew', 'replace the journal by a new one')
    .option('--yes', 'do not ask before it is done')
    .option('--json', 'print what was found as one JSON object')
    .addHelpText('after', recoverHelp);
  return addConfigOptions(command).action(async (given: Options & ConfigFlags) => {
    const {config: fileName, partition, from, adoptJournal, beginAnew, yes, json, ...flags} = given;
    const request: Request = {
      partition,
      from,
      wanted: adoptJournal ? 'adopt journal' : beginAnew ? 'begin anew' : undefined,
      format: json ? 'json' : 'text',
    };
    const ask = (question: string) => confirm(question, {input: process.stdin, output: process.stderr});
    const isTerminal = process.stdin.isTTY && process.stderr.isTTY && !json;
    const outcome = await runRecovery(request, configOf(fileName, {flags, needs: everyService}), {
      print: (text) => process.stdout.write(text),
      tell: (text) => process.stderr.write(`${text}\n`),
      confirm: yes ? async () => 'yes' : isTerminal ? ask : async () => 'cannot ask',
    });
    process.exitCode =
      outcome === 'all go on' ? exitCodes.done : outcome === 'stopped' ? exitCodes.failed : exitCodes.usage;
  });
}

const everyService = ['eventHubs', 'storage', 'logAnalytics', 'cosmos'] as const;

const recoverHelp = `
The flags, variables and file of "weir run" say which services are meant.

Examples:
  $ npx weir recover
  $ npx weir recover --partition 3 --from 1804
  $ npx weir recover --partition 3 --begin-anew --from 1804

Exit codes: 0 nothing is stopped, or not any more; 1 something is stopped, or
failed; 2 wrong usage or configuration; 130 interrupted.`;
