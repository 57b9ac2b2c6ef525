import type {Command, Option} from 'commander';
import {describe, expect, test} from 'vitest';
import {weirHere} from './in-process-fixture.ts';
import {weirProgram} from './weir.ts';

/** Every command there is, with the words that lead to it. */
const all = [...walk(await weirProgram(), [])];
const groups = all.filter(([, {commands}]) => commands.length > 0);
const leaves = all.filter(([, {commands}]) => commands.length === 0);

function* walk(command: Command, words: readonly string[]): Generator<[string, Command, readonly string[]]> {
  yield [['weir', ...words].join(' '), command, words];
  for (const below of command.commands) yield* walk(below, [...words, below.name()]);
}

/** What a command cannot do without, so that it gets as far as looking at the rest. */
function needed(command: Command): string[] {
  const options = command.options.filter(({mandatory}) => mandatory);
  return options.flatMap(({long}) => [long!, '2024-05-17T13:00:00Z']);
}

function leastArguments(command: Command): number {
  return command.registeredArguments.filter(({required}) => required).length;
}

function visibleOptions(command: Command): readonly Option[] {
  return command.createHelp().visibleOptions(command);
}

/** Refused: one line on standard error, nothing on standard output, exit code 2. */
async function refusal(...words: string[]): Promise<string> {
  const {code, stdout, stderr} = await weirHere(...words);
  expect({words, code, stdout}).toEqual({words, code: 2, stdout: ''});
  expect(stderr).toMatch(/^weir: [^\n]+\n$/);
  return stderr;
}

describe.each(all)('%s', (_, command, words) => {
  test('has a help with examples, within 80 columns', async () => {
    const {code, stdout, stderr} = await weirHere(...words, '--help');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^Examples?:$/m);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  test('names an option that it does not have', async () => {
    expect(await refusal(...words, '--qqqqqqqqqqqq=1')).toBe("weir: unknown option '--qqqqqqqqqqqq'\n");
  });

  test('names the nearest option for a misspelt one', async () => {
    for (const {long} of visibleOptions(command)) {
      expect(await refusal(...words, `${long}${long!.at(-1)}`)).toContain(`; did you mean ${long}?`);
    }
    const keys = command.options.filter((option) => option.hidden);
    for (const {long} of keys.slice(0, 3)) {
      expect(await refusal(...words, `${long}x`, '1')).toContain(`; did you mean ${long}?`);
    }
  });

  test('says which option lacks its value', async () => {
    for (const option of visibleOptions(command).filter(({required}) => required)) {
      expect(await refusal(...words, option.long!)).toContain(`option '${option.flags}' argument missing`);
    }
  });

  test('refuses what an option cannot be, with the nearest word that it can', async () => {
    for (const {long, argChoices, parseArg} of visibleOptions(command)) {
      if (parseArg !== undefined) await refusal(...words, ...needed(command), long!, '¿?');
      for (const choice of argChoices ?? []) {
        expect(await refusal(...words, ...needed(command), long!, `${choice}x`)).toContain(
          `did you mean ${choice}?`,
        );
      }
    }
  });
});

test.each(leaves.filter(([, command]) => leastArguments(command) > 0))(
  '%s says which argument is missing, and how it is used',
  async (_, command, words) => {
    const least = leastArguments(command);
    const given = Array.from({length: least - 1}, () => 'x');
    const name = command.registeredArguments[least - 1]!.name();
    expect(await refusal(...words, ...needed(command), ...given)).toContain(
      `missing required argument '${name}'; usage: weir ${words.join(' ')}`,
    );
  },
);

test.each(leaves.filter(([, command]) => command.registeredArguments.every(({variadic}) => !variadic)))(
  '%s refuses too many arguments',
  async (_, command, words) => {
    const given = Array.from({length: command.registeredArguments.length + 1}, () => 'x');
    expect(await refusal(...words, ...needed(command), ...given)).toContain('too many arguments');
  },
);

test.each(groups)('%s names the nearest of its commands', async (_, command, words) => {
  for (const below of command.commands) {
    expect(await refusal(...words, `${below.name()}x`)).toContain(`; did you mean ${below.name()}?`);
  }
  const {code, stdout, stderr} = await weirHere(...words);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain('Usage: weir');
});
