import {Command, CommanderError} from 'commander';
import {deadLettersCommand} from './dead-letters/dead-letters.ts';
import {demoCommand} from './demo/demo.ts';
import {emulatorsCommand} from './emulators.ts';
import {exitCodes, failureOf} from './exit.ts';
import {inspectCommand} from './inspect/inspect.ts';
import {recoverCommand} from './recover/recover.ts';
import {runCommand} from './run.ts';
import {shapesCommand} from './shapes/shapes.ts';
import {traceCommand} from './trace/trace.ts';
import {version} from './version.ts';

/** The `weir` command. Results go to stdout, progress and messages to stderr; exit codes are in `exit.ts`. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = new Command('weir')
    .description(
      'Joins Azure OpenAI gateway events from Event Hubs with the service’s diagnostics and keeps per-region latency and token aggregates in Cosmos DB.',
    )
    .version(version, '-V, --version')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({outputError: (text, write) => write(`weir: ${text.replace(/^error: /, '')}`)})
    .addCommand(runCommand())
    .addCommand(demoCommand())
    .addCommand(inspectCommand())
    .addCommand(traceCommand())
    .addCommand(deadLettersCommand())
    .addCommand(recoverCommand())
    .addCommand(shapesCommand())
    .addCommand(emulatorsCommand());
  inheritSettings(program);
  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has written its message; help and version end with 0.
      process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
      return;
    }
    const {message, exitCode} = failureOf(error);
    process.stderr.write(`weir: ${message}\n`);
    process.exitCode = exitCode;
  }
}

/** Commands below this one write and end as it does. */
function inheritSettings(above: Command): void {
  for (const command of above.commands) {
    command.exitOverride().copyInheritedSettings(above);
    inheritSettings(command);
  }
}
