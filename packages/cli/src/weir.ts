import {Command, CommanderError} from 'commander';
import {exitCodes} from './exit-codes.ts';
import {letReadersLeave, tellFailure, withHeadings} from './terminal.ts';
import {version} from './version.ts';

/**
 * The commands, in the order of the help. Only those that are asked for are loaded: the SDKs of Azure behind most of
 * them take longer than many a command does.
 */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./run.ts')).runCommand(),
  demo: async () => (await import('./demo/demo.ts')).demoCommand(),
  inspect: async () => (await import('./inspect/inspect.ts')).inspectCommand(),
  trace: async () => (await import('./trace/trace.ts')).traceCommand(),
  replay: async () => (await import('./replay/replay.ts')).replayCommand(),
  'dead-letters': async () => (await import('./dead-letters/dead-letters.ts')).deadLettersCommand(),
  doctor: async () => (await import('./doctor/doctor.ts')).doctorCommand(),
  recover: async () => (await import('./recover/recover.ts')).recoverCommand(),
  shapes: async () => (await import('./shapes/shapes.ts')).shapesCommand(),
  emulators: async () => (await import('./emulators.ts')).emulatorsCommand(),
  completion: async () => (await import('./completion/completion.ts')).completionCommand(),
};

/** The `weir` command. Results go to stdout, progress and messages to stderr; exit codes are in `exit-codes.ts`. */
export async function main(argv: readonly string[]): Promise<void> {
  letReadersLeave();
  if (argv[2] === 'complete' && argv[3] === '--') {
    const {complete} = await import('./completion/complete.ts');
    process.stdout.write(complete(argv.slice(4)));
    return;
  }
  const words = argv.slice(2);
  const program = await weirProgram(namesFor(words[0] ?? ''));
  try {
    const unknown = unknownCommandIn(words);
    await program.parseAsync(unknown === undefined ? words : [unknown], {from: 'user'});
  } catch (error) {
    const {message, exitCode} =
      error instanceof CommanderError ? await usageEnd(error, {program, words}) : await failureEnd(error);
    if (message !== undefined) tellFailure(message);
    process.exitCode = exitCode;
  }
}

/** The whole tree of commands, or what of it these names need. */
export async function weirProgram(names: readonly string[] = Object.keys(commands)): Promise<Command> {
  const program = new Command('weir')
    .description(
      'Joins Azure OpenAI gateway events from Event Hubs with the service’s diagnostics and keeps per-region latency and token aggregates in Cosmos DB.',
    )
    .version(version, '-V, --version')
    .showSuggestionAfterError(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => process.stdout.write(withHeadings(text, process.stdout)),
      writeErr: (text) => process.stderr.write(withHeadings(text, process.stderr)),
      // `main` writes them, in its own words.
      outputError: () => {},
    })
    .addHelpText('after', programHelp);
  for (const name of names) program.addCommand(await commands[name]!());
  inheritSettings(program);
  return program;
}

const programHelp = `
Every command has its own --help, with examples.

Examples:
  $ npx weir demo
  $ npx weir run --config weir.yaml
  $ npx weir trace --help

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 130 interrupted.`;

async function failureEnd(error: unknown): Promise<{message: string; exitCode: number}> {
  const {failureOf} = await import('./exit.ts');
  return failureOf(error);
}

/** Help and version have been written and are no failure; nor is a help in place of a command that is missing said twice. */
async function usageEnd(
  error: CommanderError,
  {program, words}: {program: Command; words: readonly string[]},
): Promise<{message: string | undefined; exitCode: number}> {
  if (error.exitCode === 0) return {message: undefined, exitCode: exitCodes.done};
  if (error.code === 'commander.help') return {message: undefined, exitCode: exitCodes.usage};
  const {refusalText} = await import('./refusal.ts');
  return {message: refusalText(error, {program, words}), exitCode: exitCodes.usage};
}

/** Commander shows the whole help for a misspelt command beside `help` or --help; then nobody sees what was wrong. */
function unknownCommandIn(words: readonly string[]): string | undefined {
  const name = words[0] === 'help' ? words[1] : words[0];
  const isKnown =
    name === undefined || name.startsWith('-') || name === 'help' || Object.hasOwn(commands, name);
  return isKnown ? undefined : name;
}

/** The help and the search for a misspelt name need all commands. */
function namesFor(first: string): readonly string[] {
  if (Object.hasOwn(commands, first)) return [first];
  return first === '--version' || first === '-V' ? [] : Object.keys(commands);
}

/** Commands below this one write and end as it does. */
function inheritSettings(above: Command): void {
  for (const command of above.commands) {
    command.exitOverride().copyInheritedSettings(above);
    inheritSettings(command);
  }
}
