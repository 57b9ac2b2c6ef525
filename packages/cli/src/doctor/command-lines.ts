import {wrapped} from '../recover/partition-text.ts';

const columns = 80;
/** A blank and the backslash of a line that goes on. */
const continuation = 2;

/**
 * Lays out a fix, whose lines are sentences and commands, so that a command can be pasted into a shell: its lines end in a
 * backslash, and a long text in single quotes is broken behind its commas, where JSON takes a line break.
 */
export function commandLines(fix: string, indent: string): string[] {
  return fix
    .split('\n')
    .flatMap((line) => (isCommand(line) ? brokenCommand(line, indent) : wrapped(line, indent)));
}

function isCommand(line: string): boolean {
  return /^(?:az|kubectl|timedatectl|weir) /.test(line);
}

function brokenCommand(command: string, indent: string): string[] {
  const width = columns - indent.length - continuation;
  const lines: string[] = [];
  let line = indent;
  for (const {text, glued} of piecesOf(command, width)) {
    const joined = line.trim() === '' || glued ? line + text : `${line} ${text}`;
    if (joined.length <= columns - continuation || line.trim() === '') {
      line = joined;
      continue;
    }
    lines.push(glued ? line : `${line} \\`);
    // Blanks within quotes would be part of the text.
    line = glued ? text : indent + text;
  }
  return [...lines, line];
}

interface Piece {
  readonly text: string;
  /** Belongs to the piece before it, without a blank. */
  readonly glued: boolean;
}

/** An option stays with its value where both fit a line. */
function piecesOf(command: string, width: number): Piece[] {
  const pieces: Piece[] = [];
  for (const word of words(command)) {
    const last = pieces.at(-1);
    const isValue =
      last?.text.startsWith('--') === true && !last.text.includes(' ') && !word.startsWith('--');
    if (last !== undefined && isValue && last.text.length + 1 + word.length <= width) {
      pieces[pieces.length - 1] = {text: `${last.text} ${word}`, glued: false};
    } else if (word.length > width && word.startsWith("'")) {
      pieces.push(...word.split(/(?<=,)/).map((text, index) => ({text, glued: index > 0})));
    } else pieces.push({text: word, glued: false});
  }
  return pieces;
}

/** At blanks outside of quotes, but inside of "$(…)", which is a command again. */
function words(text: string): string[] {
  return text.match(/(?:"\$\(|\)"|'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
}
