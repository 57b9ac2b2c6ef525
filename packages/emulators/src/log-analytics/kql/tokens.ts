import {syntaxError} from './kql-error.ts';

export type TokenKind =
  'name' | 'string' | 'long' | 'real' | 'timespan' | 'datetime' | 'timespanText' | 'symbol' | 'end';

/** One token; `text` is the decoded value of a string and the inner text of a `datetime(...)` literal. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly offset: number;
}

/** Splits a query into tokens. Linear in its length; throws `KqlError` at the first character that starts none. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  tokenPattern.lastIndex = 0;
  let offset = 0;
  while (offset < text.length) {
    tokenPattern.lastIndex = offset;
    const match = tokenPattern.exec(text);
    if (match === null) throw syntaxError(text, {offset, token: text.slice(offset, offset + 10)});
    const token = tokenOf(match, offset);
    if (token !== undefined) tokens.push(token);
    offset = tokenPattern.lastIndex;
  }
  tokens.push({kind: 'end', text: 'end of query', offset});
  return tokens;
}

function tokenOf(match: RegExpExecArray, offset: number): Token | undefined {
  const [, literalType, literalText, timespan, number, verbatim, quoted, word, symbol] = match;
  if (quoted !== undefined) return {kind: 'string', text: unescape(quoted), offset};
  if (symbol !== undefined) return {kind: 'symbol', text: symbol, offset};
  if (word !== undefined) return {kind: 'name', text: word, offset};
  if (literalType !== undefined) {
    const kind = literalType === 'datetime' ? 'datetime' : 'timespanText';
    return {kind, text: unquote(literalText ?? ''), offset};
  }
  if (timespan !== undefined) return {kind: 'timespan', text: timespan, offset};
  if (number !== undefined) return {kind: /^\d+$/.test(number) ? 'long' : 'real', text: number, offset};
  if (verbatim === undefined) return undefined;
  const quote = verbatim.charAt(1);
  return {kind: 'string', text: verbatim.slice(2, -1).replaceAll(quote + quote, quote), offset};
}

/** Alternatives in the order of `tokenOf`'s groups; blanks and comments match without a group. */
const tokenPattern = new RegExp(
  [
    String.raw`\s+|//[^\n]*`,
    String.raw`(datetime|timespan|time)\s*\(([^()]*)\)`,
    String.raw`(\d+(?:\.\d+)?(?:days?|d|hours?|h|minutes?|ms|milliseconds?|microseconds?|m|seconds?|s|ticks?))(?!\w)`,
    String.raw`(\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)(?!\w)`,
    String.raw`(@"(?:[^"]|"")*"|@'(?:[^']|'')*')`,
    String.raw`("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')`,
    String.raw`([A-Za-z_]\w*)(?!\w|~)`,
    String.raw`(!?in~|!(?:in|has|contains|startswith|endswith|between)(?!\w)|\.\.|==|!=|=~|!~|<=|>=|<>|[-+*/%(),.;=<>[\]|])`,
  ].join('|'),
  'y',
);

function unescape(quoted: string): string {
  const inner = quoted.slice(1, -1);
  if (!inner.includes('\\')) return inner;
  return inner.replace(/\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))/g, (_all, unicode, hex, single) => {
    const digits: unknown = unicode ?? hex;
    if (typeof digits === 'string') return String.fromCharCode(Number.parseInt(digits, 16));
    return escapes.get(String(single)) ?? String(single);
  });
}

const escapes = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['0', '\0'],
]);

function unquote(text: string): string {
  return text.trim().replace(/^(["'])(.*)\1$/, '$2');
}
