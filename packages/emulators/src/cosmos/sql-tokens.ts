import {badRequest, unsupported} from './service-error.ts';

export interface Token {
  readonly kind: 'word' | 'number' | 'string' | 'parameter' | 'symbol' | 'end';
  /** Words as written; strings decoded; parameters with their `@`. */
  readonly text: string;
}

/** Characters of a query text; the service takes 512 KB. */
const queryTextMax = 64 * 1024;

const tokenPattern =
  /\s*(?:(?<word>[A-Za-z_]\w*)|(?<parameter>@\w+)|(?<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?<symbol><=|>=|!=|<>|[=<>(),.*[\]]))/y;

/** Throws 400 at a character outside the subset. The last token is always `end`. */
export function tokenize(text: string): readonly Token[] {
  if (text.length > queryTextMax) throw badRequest('The SQL query text exceeds the maximum length.');
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  tokenPattern.lastIndex = 0;
  while (tokenPattern.lastIndex < end) {
    const at = tokenPattern.lastIndex;
    const groups = tokenPattern.exec(text)?.groups;
    if (groups === undefined) throw unsupported(`the SQL near '${text.slice(at, at + 20).trim()}'`);
    tokens.push(tokenOf(groups));
  }
  return [...tokens, {kind: 'end', text: 'the end of the query'}];
}

function tokenOf(groups: Record<string, string | undefined>): Token {
  const {word, parameter, number, string, symbol} = groups;
  if (word !== undefined) return {kind: 'word', text: word};
  if (parameter !== undefined) return {kind: 'parameter', text: parameter};
  if (number !== undefined) return {kind: 'number', text: number};
  if (string !== undefined) return {kind: 'string', text: unescape(string.slice(1, -1))};
  return {kind: 'symbol', text: symbol ?? ''};
}

const escapes: Readonly<Record<string, string>> = {n: '\n', t: '\t', r: '\r', b: '\b', f: '\f'};

function unescape(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_, code: string | undefined, letter: string) =>
    code === undefined ? (escapes[letter] ?? letter) : String.fromCharCode(Number.parseInt(code, 16)),
  );
}
