import type {WriteStream} from 'node:tty';
import {styleText} from 'node:util';
import {exitCodes} from './exit-codes.ts';

/** Whether colours may be written there: a terminal that has some, and NO_COLOR is not set. */
export function hasColours(stream: WriteStream): boolean {
  return stream.isTTY && stream.hasColors();
}

const heading = /^(?:Usage|Arguments|Options|Commands|Examples?|Exit codes):/gm;

/** A help with its headings in bold, where the stream is a terminal. */
export function withHeadings(help: string, stream: WriteStream): string {
  return help.replaceAll(heading, (text) => styleText('bold', text, {stream}));
}

/** Back to its beginning, and nothing left of it. */
export const clearLine = '\r\u001b[K';

/** Writes a line for a person; a line of progress that stands there goes, and is painted again below. */
export function tellLine(line: string): void {
  process.stderr.write(`${process.stderr.isTTY ? clearLine : ''}${line}\n`);
}

/** A reader that has seen enough, as `| head`, is no failure: what is left is written to nobody. */
export function letReadersLeave(): void {
  // Once, however often a process runs commands.
  process.stdout.off('error', heedClosing).on('error', heedClosing);
}

function heedClosing(error: Error): void {
  const code = 'code' in error ? String(error.code) : error.name;
  if (code === 'EPIPE') return;
  tellFailure(`standard output cannot be written (${code}).`);
  process.exit(exitCodes.failed);
}

/** Writes why a command ends, in one line or, for several problems of a configuration, in one each. */
export function tellFailure(message: string): void {
  process.stderr.write(`${styleText('red', 'weir:', {stream: process.stderr})} ${message}\n`);
}
