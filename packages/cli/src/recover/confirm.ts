import {once} from 'node:events';
import {createInterface} from 'node:readline/promises';

/** Ctrl-C instead of an answer. Whoever asks does so before anything is changed. */
export class InterruptedError extends Error {
  readonly code = 'INTERRUPTED';
}

/**
 * Asks a person at a terminal. Whatever is not a plain yes is a no: Enter and Ctrl-D too.
 * @throws {InterruptedError}
 */
export async function confirm(
  question: string,
  {input, output}: {input: NodeJS.ReadableStream; output: NodeJS.WritableStream},
): Promise<'yes' | 'no'> {
  const terminal = createInterface({input, output});
  // Of its own accord it would end the question with an error that says nothing.
  const interrupted = once(terminal, 'SIGINT').then(() => 'interrupted' as const);
  // A closed terminal leaves a question unanswered for ever.
  const closed = once(terminal, 'close').then(() => 'closed' as const);
  try {
    const answered = terminal
      .question(`${question} Type yes to go on: `)
      .then((text) => (text.trim() === 'yes' ? 'yes' : 'no'));
    const answer = await Promise.race([answered, closed, interrupted]);
    if (answer === 'yes' || answer === 'no') return answer;
    output.write('\n'); // nobody has pressed Enter
    if (answer === 'interrupted') throw new InterruptedError('interrupted; nothing was changed.');
    return 'no';
  } finally {
    terminal.close();
  }
}
