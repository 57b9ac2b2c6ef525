import type {WriteStream} from 'node:tty';
import {styleText} from 'node:util';

/** Whether colours may be written there: a terminal that has some, and NO_COLOR is not set. */
export function hasColours(stream: WriteStream): boolean {
  return stream.isTTY && stream.hasColors();
}

const heading = /^(?:Usage|Arguments|Options|Commands|Examples?|Exit codes):/gm;

/** A help with its headings in bold, where the stream is a terminal. */
export function withHeadings(help: string, stream: WriteStream): string {
  return help.replaceAll(heading, (text) => styleText('bold', text, {stream}));
}

/** Writes why a command ends, in one line or, for several problems of a configuration, in one each. */
export function tellFailure(message: string): void {
  process.stderr.write(`${styleText('red', 'weir:', {stream: process.stderr})} ${message}\n`);
}
