/** What `parseJson` returns for text that is not one JSON value: `undefined` and null would be mistaken for values. */
export const notJson = Symbol('not JSON');

/** The value of a text, as a value also when there is none. V8's parser does not recurse, so depth is no danger. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The message quotes the text, which must not reach a log; that it failed is the answer.
    return notJson;
  }
}

/** Whether a text can be an object at all. A parse that fails is dear: it makes an error with a stack. */
export function mayBeObject(text: string): boolean {
  return /^\s{0,64}\{/.test(text);
}

/** Whether a text may be JSON: an object, array or text from its first character on, anything else as a whole. */
export function mayBeJson(text: string): boolean {
  return /^\s{0,64}(?:[{["]|(?:[-+.\deE]{1,64}|true|false|null)\s{0,64}$)/.test(text);
}

/** Lines tried before a text that is not JSON is taken for no lines either. */
const probedLinesMax = 1_000;

/** Between two objects a line break without a comma is not JSON, so this needs no parse to be certain. */
export function isCertainlyLines(text: string): boolean {
  return text.includes('\n') && (text.includes('}\n{') || text.includes('}\r\n{'));
}

/**
 * Whether a text that is not JSON holds JSON line by line: its first line is whole, or some line is an object that is
 * not indented. So a torn document that was printed over several lines is not taken for many records.
 */
export function holdsJsonLine(text: string): boolean {
  let probed = 0;
  for (const line of linesOf(text)) {
    if (++probed > probedLinesMax) return false;
    const isObjectLike = line.startsWith('{') && line.trimEnd().endsWith('}');
    if ((probed === 1 || isObjectLike) && isContainer(parseJson(line))) return true;
    if (probed === 1 && line.trimStart().startsWith('[')) return false;
  }
  return false;
}

/** The lines that are not blank. Lazily: whoever reads them may stop at a limit of its own. */
export function* linesOf(text: string): Generator<string> {
  let start = 0;
  while (start < text.length) {
    const lineBreak = text.indexOf('\n', start);
    const end = lineBreak === -1 ? text.length : lineBreak;
    const line = text.slice(start, end);
    if (line.trim() !== '') yield line;
    start = end + 1;
  }
}

function isContainer(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
