import {access, constants, open, rename, rm} from 'node:fs/promises';
import {dirname} from 'node:path';
import {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {codeOf, OutputError, outRefused} from '../../inspect/event-output.ts';

/** Before hours of reading. @throws {ConfigurationError} for a file that cannot be made */
export async function checkOutput(path: string): Promise<void> {
  if (path === '-') return;
  await access(dirname(path), constants.W_OK).catch((cause: unknown) => {
    throw outRefused(path, cause);
  });
}

/**
 * Writes a text, part by part. A file appears whole or not at all; whoever reads standard output may stop reading.
 * @throws {ConfigurationError} for a file that cannot be made; {OutputError}; the signal's reason
 */
export async function writeResult(path: string, parts: Iterable<string>, signal: AbortSignal): Promise<void> {
  if (path === '-') return writeOut(parts, signal);
  const unfinished = `${path}.part`;
  const file = await open(unfinished, 'w').catch((cause: unknown) => {
    throw outRefused(path, cause);
  });
  try {
    await pipeline(Readable.from(parts), file.createWriteStream(), {signal});
    await rename(unfinished, path);
  } catch (cause) {
    await rm(unfinished, {force: true});
    signal.throwIfAborted();
    throw new OutputError(`The output cannot be written (${codeOf(cause)}).`, {cause});
  }
}

async function writeOut(parts: Iterable<string>, signal: AbortSignal): Promise<void> {
  try {
    await pipeline(Readable.from(parts), process.stdout, {signal, end: false});
  } catch (cause) {
    signal.throwIfAborted();
    if (codeOf(cause) !== 'EPIPE') {
      throw new OutputError(`The output cannot be written (${codeOf(cause)}).`, {cause});
    }
  }
}
