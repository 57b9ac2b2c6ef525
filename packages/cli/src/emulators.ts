import {startStack} from '@weir/emulators';
import {Command, InvalidArgumentError} from 'commander';
import {exitCodes} from './exit.ts';
import {stopSignal} from './stop-signals.ts';

const partitionsMax = 1024;

/** `weir emulators`: the embedded stack by itself, for a worker in another terminal. */
export function emulatorsCommand(): Command {
  return new Command('emulators')
    .summary('start the embedded Event Hubs, Cosmos DB, Log Analytics and Blob storage')
    .description(
      'Starts Event Hubs, Cosmos DB, Log Analytics and Blob storage on 127.0.0.1, prints the variables that a worker needs to use them, and stays until Ctrl-C. For development only: nothing is kept, and the keys are public.',
    )
    .option('--hub <name>', 'event hub to make', 'gateway-logs')
    .option('--partitions <count>', 'its partitions', partitionCount, 4)
    .option('--json', 'print the variables as one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  $ npx weir emulators > weir.env\n  $ source weir.env && npx weir run        (in another terminal)',
    )
    .action(async ({hub, partitions, json}: {hub: string; partitions: number; json?: true}) => {
      const stopped = stopSignal();
      const stack = await startStack({hub, partitionCount: partitions, ports: 'usual'});
      const lines = Object.entries(stack.variables).map(([name, value]) => `export ${name}='${value}'`);
      process.stdout.write(json ? `${JSON.stringify(stack.variables)}\n` : `${lines.join('\n')}\n`);
      process.stderr.write(
        `The emulators are for development only: they keep nothing and listen on 127.0.0.1.\n` +
          `Documents: curl '${new URL('/emulator/documents?database=weir&container=aggregates', stack.cosmos.endpoint).href}'\n` +
          `Diagnostics: POST AzureDiagnostics rows as NDJSON to ${new URL('/emulator/rows', stack.logAnalytics.endpoint).href}\n` +
          'Ctrl-C ends them.\n',
      );
      await stopped;
      await stack.close();
      process.exitCode = exitCodes.done;
    });
}

function partitionCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > partitionsMax) {
    throw new InvalidArgumentError(`give a whole number from 1 to ${partitionsMax}, for example 4.`);
  }
  return count;
}
