import {pipeline} from 'node:stream/promises';

/** Characters gathered for one write. */
const writeCharsMin = 32_768;

/**
 * Writes texts to standard output as fast as it takes them. A reader that wants no more, such as `head`, ends it quietly.
 */
export async function print(texts: Iterable<string> | AsyncIterable<string>): Promise<void> {
  try {
    await pipeline(gathered(texts), process.stdout, {end: false});
  } catch (error) {
    const isClosed = error instanceof Error && 'code' in error && error.code === 'EPIPE';
    if (!isClosed) throw error;
  }
}

async function* gathered(texts: Iterable<string> | AsyncIterable<string>): AsyncGenerator<string> {
  let waiting = '';
  for await (const text of texts) {
    waiting += text;
    if (waiting.length < writeCharsMin) continue;
    yield waiting;
    waiting = '';
  }
  if (waiting !== '') yield waiting;
}
