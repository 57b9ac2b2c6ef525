import {nearest} from '@weir/worker';
import type {Command, CommanderError} from 'commander';

/**
 * What is said of arguments that cannot be used: one line, with the nearest name or word that can. Commander knows
 * neither the flags that the help leaves out nor the words of an option, and takes a second line for what it suggests.
 */
export function refusalText(
  error: CommanderError,
  {program, words}: {program: Command; words: readonly string[]},
): string {
  const command = commandOf(program, words);
  return oneLine(textFor(error, {command, words}));
}

function textFor(
  {code, message}: CommanderError,
  {command, words}: {command: Command; words: readonly string[]},
): string {
  const plain = message.replace(/^error: /, '');
  switch (code) {
    case 'commander.unknownOption':
      return unknownOption(/'(.*)'/s.exec(plain)?.[1] ?? '', command);
    case 'commander.missingMandatoryOptionValue': {
      // Commander looks for what is missing first; it may be there, misspelt.
      const unknown = words.find((word) => word.startsWith('--') && !flagsOf(command).includes(nameOf(word)));
      return unknown === undefined || unknown === '--' ? plain : unknownOption(unknown, command);
    }
    case 'commander.unknownCommand':
      return plain + suggestion(/'(.*)'/s.exec(plain)?.[1] ?? '', [...namesOf(command), 'help']);
    case 'commander.missingArgument':
      return `${plain}; usage: ${usageOf(command)}`;
    case 'commander.invalidArgument':
      return withNearestChoice(plain);
    default:
      return plain;
  }
}

/** What stands behind a sign of equality is left out: it may be a key. */
function unknownOption(word: string, command: Command): string {
  const flag = nameOf(word);
  const plain = `unknown option '${flag}'`;
  if (!flag.startsWith('--')) return plain;
  const names = flagsOf(command).map((known) => known.slice('--'.length));
  return plain + suggestion(flag.slice('--'.length), names, '--');
}

function withNearestChoice(plain: string): string {
  const [, word, choices] = /'([^']*)' is invalid.* Allowed choices are (.*)\.$/.exec(plain) ?? [];
  if (word === undefined || choices === undefined) return plain;
  const hint = suggestion(word, choices.split(', '));
  return hint === '' ? plain : plain.slice(0, -'.'.length) + hint;
}

function suggestion(word: string, names: readonly string[], prefix = ''): string {
  const near = nearest(word, names);
  return near === undefined ? '' : `; did you mean ${prefix}${near.name}?`;
}

/** The command that these words lead to. Only commands above others have no values that could look like one. */
function commandOf(program: Command, words: readonly string[]): Command {
  let command = program;
  for (const word of words) {
    const below = command.commands.find((candidate) => candidate.name() === word);
    if (below === undefined) return command;
    command = below;
  }
  return command;
}

/** Those of the help, and the keys of the configuration. */
function flagsOf(command: Command): string[] {
  const flags = command.options.flatMap(({long}) => long ?? []);
  return [...flags, '--help', ...(command.parent === null ? [] : flagsOf(command.parent))];
}

function namesOf(command: Command): string[] {
  return command.commands.map((below) => below.name());
}

function nameOf(word: string): string {
  return word.split('=', 1)[0]!;
}

function usageOf(command: Command): string {
  return command.createHelp().commandUsage(command);
}

/** Control characters of an argument would break the line, or steer the terminal. */
function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
