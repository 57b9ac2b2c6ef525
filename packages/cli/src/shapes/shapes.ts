import {Command} from 'commander';
import {configOption, shapesOption, textShapesOption} from './decoding-options.ts';
import {runList} from './run-list.ts';
import {runTest} from './run-test.ts';

/** `weir shapes`: what is recognised, and what a shape makes of events. Needs no service and no whole configuration. */
export function shapesCommand(): Command {
  return new Command('shapes')
    .summary('list the shapes of events that are read, and try them on a file')
    .description(
      'Shows which shapes of gateway events are read, what each of them lacks, and what becomes of the events of a file. Connects to nothing.',
    )
    .addCommand(listCommand())
    .addCommand(testCommand())
    .addHelpText('after', '\nExamples:\n  $ npx weir shapes list\n  $ npx weir shapes test events.ndjson');
}

function listCommand(): Command {
  return new Command('list')
    .summary('document every shape: what it is, what it lacks, what that costs')
    .description(
      'Documents every shape in the order in which they are asked: who emits it, the fields it lacks, and what that costs.',
    )
    .option('--json', 'print one JSON array')
    .addOption(shapesOption())
    .addOption(textShapesOption())
    .addOption(configOption())
    .addHelpText('after', listHelp)
    .action(runList);
}

function testCommand(): Command {
  return new Command('test')
    .summary('show what becomes of the events of a file')
    .description(
      'Shows event by event which shape was recognised, the fields that were read, what is missing and what that costs. Parts of one call are one event at its first part’s place, if they are no more than 100,000 records apart.',
    )
    .argument('<file>', 'bodies of an event hub, one a line; - is standard input')
    .option('--json', 'print one JSON object per record, in the order of the input')
    .addOption(shapesOption())
    .addOption(textShapesOption())
    .addOption(configOption())
    .addHelpText('after', testHelp)
    .action(runTest);
}

const listHelp = `
Examples:
  $ npx weir shapes list
  $ npx weir shapes list --shapes my-shapes.yaml
  $ npx weir shapes list --json | jq '.[].name'`;

const testHelp = `
Each line is one body as it came: any JSON value, or {"$text": "…"} and
{"$base64": "…"} for bodies that are no JSON; or an event as "weir inspect"
writes it. Nothing of a body is printed but the fields of its events. Shapes of
your own: docs/gateways.md.

Examples:
  $ npx weir shapes test events.ndjson
  $ npx weir shapes test events.ndjson --shapes my-shapes.yaml
  $ gunzip -c events.ndjson.gz | npx weir shapes test - --json

Exit codes: 0 all was shown, dead letters too; 1 failed; 2 wrong usage or
configuration, or a file that cannot be read.`;
