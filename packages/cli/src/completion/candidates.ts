import type {CommandNode, CommandTree, OptionNode, ValueNode} from './command-tree.ts';

/** What may stand where the cursor is. */
export interface Candidates {
  readonly words: readonly Candidate[];
  /** Names of files as well. */
  readonly files: boolean;
}

export interface Candidate {
  readonly text: string;
  readonly about: string;
}

const nothing: Candidates = {words: [], files: false};

/**
 * Candidates for the last of these words, which may be empty, behind the others; the name of the command is not among
 * them. Behind `--option=` they are those for the value alone.
 */
export function candidatesFor(words: readonly string[], {root, configFlags}: CommandTree): Candidates {
  const current = words.at(-1) ?? '';
  const {command, behind, given, operands, onlyOperands} = readUpTo(words.slice(0, -1), {root, configFlags});
  if (behind !== undefined) return valuesFor(behind, current);
  if (current.startsWith('-') && !onlyOperands) {
    const flags = command.takesConfigFlags ? configFlags : [];
    return optionsFor(current, {own: command.options.filter(({flag}) => !given.has(flag)), flags});
  }
  if (operands === 0 && command.commands.length > 0)
    return startingWith(current, command.commands.map(asName));
  const argument = command.arguments[operands];
  return argument === undefined ? nothing : valuesFor(argument, current);
}

interface Place {
  readonly command: CommandNode;
  /** The value of the option that stands right before. */
  readonly behind: ValueNode | undefined;
  readonly given: ReadonlySet<string>;
  /** Arguments before, commands not counted. */
  readonly operands: number;
  /** Behind `--`. */
  readonly onlyOperands: boolean;
}

function readUpTo(words: readonly string[], {root, configFlags}: CommandTree): Place {
  let command = root;
  let behind: ValueNode | undefined;
  let given = new Set<string>();
  let operands = 0;
  let onlyOperands = false;
  for (const word of words) {
    if (behind !== undefined) behind = undefined;
    else if (word === '--' && !onlyOperands) onlyOperands = true;
    else if (word.startsWith('-') && !onlyOperands) {
      const [flag = '', value] = word.split('=', 2);
      given.add(flag);
      if (value === undefined) behind = optionOf(flag, {command, configFlags})?.value;
    } else {
      const below = operands === 0 ? command.commands.find(({name}) => name === word) : undefined;
      if (below === undefined) operands++;
      else [command, given] = [below, new Set()];
    }
  }
  return {command, behind, given, operands, onlyOperands};
}

function optionOf(
  wanted: string,
  {command, configFlags}: {command: CommandNode; configFlags: readonly OptionNode[]},
): OptionNode | undefined {
  const all = command.takesConfigFlags ? [...command.options, ...configFlags] : command.options;
  return all.find(({flag}) => flag === wanted);
}

/**
 * Options that begin so. The keys of the configuration are many, so they come into sight only when nothing else begins
 * with what was typed: behind `--j`, not behind `--`.
 */
function optionsFor(
  current: string,
  {own, flags}: {own: readonly OptionNode[]; flags: readonly OptionNode[]},
): Candidates {
  const [flag = '', value] = current.split('=', 2);
  if (value !== undefined) {
    const option = [...own, ...flags].find((candidate) => candidate.flag === flag);
    return option?.value === undefined ? nothing : valuesFor(option.value, value);
  }
  const visible = startingWith(current, own.map(asFlag));
  return visible.words.length > 0 ? visible : startingWith(current, flags.map(asFlag));
}

function valuesFor({words, isFile}: ValueNode, current: string): Candidates {
  const texts = words.map((text) => ({text, about: ''}));
  return {...startingWith(current, texts), files: isFile};
}

function startingWith(current: string, all: readonly Candidate[]): Candidates {
  return {words: all.filter(({text}) => text.startsWith(current)), files: false};
}

function asName({name, about}: CommandNode): Candidate {
  return {text: name, about};
}

function asFlag({flag, about}: OptionNode): Candidate {
  return {text: flag, about};
}
