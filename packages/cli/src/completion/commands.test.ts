import {format, resolveConfig} from 'prettier';
import {expect, test} from 'vitest';
import {weirProgram} from '../weir.ts';
import {commandTree} from './command-tree.ts';

const file = 'packages/cli/src/completion/commands.json';

test('the commands that a shell is told of are those that there are; -u writes them anew', async () => {
  const text = JSON.stringify(commandTree(await weirProgram()));
  const formatted = await format(text, {...(await resolveConfig(file)), filepath: file});
  await expect(formatted).toMatchFileSnapshot('commands.json');
});
