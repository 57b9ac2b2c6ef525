import {readFileSync} from 'node:fs';
import {candidatesFor, type Candidates} from './candidates.ts';
import type {CommandTree} from './command-tree.ts';

/** Bits of the last line of an answer, as the shells' scripts take them. They are Cobra's. */
const directives = {noSpace: 2, noFiles: 4, keepOrder: 32};

/**
 * `weir complete -- WORDS`, what the scripts of `weir completion` ask at each press of Tab: a candidate a line with what it
 * is behind a tab, then the directives. The last word is the one at the cursor.
 */
export function complete(words: readonly string[]): string {
  const file = new URL('commands.json', import.meta.url);
  return answerText(candidatesFor(words, JSON.parse(readFileSync(file, 'utf8')) as CommandTree));
}

function answerText({words, files}: Candidates): string {
  const goesOn = words.length === 1 && /[.:]$/.test(words[0]!.text);
  const sum = (goesOn ? directives.noSpace : 0) + (files ? 0 : directives.noFiles) + directives.keepOrder;
  return [...words.map(({text, about}) => `${text}\t${about}`), `:${sum}`, ''].join('\n');
}
