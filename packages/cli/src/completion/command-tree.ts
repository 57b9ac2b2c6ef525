import {keys} from '@weir/worker';
import type {Argument, Command, Option} from 'commander';
import {wordsOfferedFor} from '../option-values.ts';

/**
 * The commands as plain data. It is written to `commands.json`, because a shell asks at each press of Tab, and loading the
 * commands themselves with all that they import takes ten times as long as the answer may.
 */
export interface CommandTree {
  readonly root: CommandNode;
  /** Keys of the configuration, which are flags of some commands that no help lists. */
  readonly configFlags: readonly OptionNode[];
}

export interface CommandNode {
  readonly name: string;
  readonly about: string;
  readonly options: readonly OptionNode[];
  readonly arguments: readonly ValueNode[];
  readonly commands: readonly CommandNode[];
  readonly takesConfigFlags: boolean;
}

/** What stands behind an option or as an argument. */
export interface ValueNode {
  readonly words: readonly string[];
  readonly isFile: boolean;
}

export interface OptionNode {
  /** `--format` */
  readonly flag: string;
  readonly about: string;
  /** Absent where the option takes nothing. */
  readonly value?: ValueNode;
}

/** Reads what the commands say of themselves. */
export function commandTree(program: Command): CommandTree {
  return {root: nodeOf(program), configFlags: keys.map(configFlag)};
}

function nodeOf(command: Command): CommandNode {
  const help = command.createHelp();
  const isHelp = (name: string): boolean => name === 'help';
  const commands = help.visibleCommands(command).filter((below) => !isHelp(below.name()));
  return {
    name: command.name(),
    about: command.summary() || command.description(),
    options: help.visibleOptions(command).map(optionNode),
    arguments: command.registeredArguments.map(argumentNode),
    commands: commands.map(nodeOf),
    takesConfigFlags: command.options.some((option) => option.hidden && option.long === configFlags[0]),
  };
}

const configFlags = keys.map(({name}) => `--${name}`);

function optionNode(option: Option): OptionNode {
  const flag = option.long ?? option.short ?? '';
  const takesValue = option.required || option.optional;
  return {flag, about: option.description, ...(takesValue && {value: optionValue(option)})};
}

function optionValue(option: Option): ValueNode {
  return {words: option.argChoices ?? wordsOfferedFor(option), isFile: option.flags.endsWith('<file>')};
}

function argumentNode(argument: Argument): ValueNode {
  return {words: argument.argChoices ?? [], isFile: argument.name() === 'file'};
}

function configFlag({name, about, bounds}: (typeof keys)[number]): OptionNode {
  const words = /^[a-z-]+(?:, [a-z-]+)+$/i.test(bounds) ? bounds.split(', ') : [];
  return {flag: `--${name}`, about, value: {words, isFile: false}};
}
