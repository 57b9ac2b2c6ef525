import {once} from 'node:events';
import {createInterface} from 'node:readline/promises';

/** Asks a person at a terminal. Whatever is not a plain yes is a no: Enter, Ctrl-D and Ctrl-C too. */
export async function confirm(
  question: string,
  {input, output}: {input: NodeJS.ReadableStream; output: NodeJS.WritableStream},
): Promise<'yes' | 'no'> {
  const terminal = createInterface({input, output});
  // A closed terminal leaves a question unanswered for ever.
  const closed = once(terminal, 'close').then(() => '');
  const answer = await Promise.race([terminal.question(`${question} Type yes to go on: `), closed]);
  terminal.close();
  return answer.trim() === 'yes' ? 'yes' : 'no';
}
