import {PassThrough} from 'node:stream';
import {expect, test} from 'vitest';
import {failureOf} from '../exit.ts';
import {confirm, InterruptedError} from './confirm.ts';

async function answered(
  text: string | undefined,
  {isTTY = false}: {isTTY?: boolean} = {},
): Promise<{answer: 'yes' | 'no'; asked: string}> {
  const [input, output] = [new PassThrough(), Object.assign(new PassThrough(), {isTTY})];
  const answering = confirm('This changes partition 3.', {input, output});
  input.end(text);
  return {answer: await answering, asked: String(output.read())};
}

test('only a plain yes is a yes', async () => {
  expect(await answered('yes\n')).toEqual({
    answer: 'yes',
    asked: 'This changes partition 3. Type yes to go on: ',
  });
  for (const text of ['no\n', 'y\n', '\n', 'yes please\n']) expect((await answered(text)).answer).toBe('no');
});

test('a terminal that is closed is a no', async () => {
  expect((await answered(undefined)).answer).toBe('no');
});

test('Ctrl-C is told from a no, so that the command ends as one that is interrupted', async () => {
  await expect(answered('\u0003', {isTTY: true})).rejects.toThrow(InterruptedError);
  expect(failureOf(new InterruptedError('interrupted; nothing was changed.'))).toEqual({
    message: 'interrupted; nothing was changed.',
    exitCode: 130,
  });
});
