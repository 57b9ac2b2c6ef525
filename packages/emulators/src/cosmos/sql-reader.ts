import {badRequest, unsupported} from './service-error.ts';
import type {Path} from './sql-query.ts';
import type {Token} from './sql-tokens.ts';

/** Words that end an expression or start a clause, so they are never an alias. */
const reserved = new Set([
  'WHERE',
  'ORDER',
  'OFFSET',
  'LIMIT',
  'GROUP',
  'JOIN',
  'IN',
  'AND',
  'OR',
  'NOT',
  'FROM',
]);

/** Steps through the tokens of one query; knows its parameters and the alias of its container. */
export class SqlReader {
  readonly #tokens: readonly Token[];
  readonly #parameters: ReadonlyMap<string, unknown>;
  #next = 0;
  /** Set by FROM, which is read before the rest although it is written after the selection. */
  alias = 'c';

  constructor(tokens: readonly Token[], parameters: ReadonlyMap<string, unknown>) {
    this.#tokens = tokens;
    this.#parameters = parameters;
  }

  get token(): Token {
    return this.#tokens[this.#next] ?? {kind: 'end', text: 'the end of the query'};
  }

  take(): Token {
    const {token} = this;
    this.#next += 1;
    return token;
  }

  isWord(word: string): boolean {
    return this.token.kind === 'word' && this.token.text.toUpperCase() === word;
  }

  /** Takes the keyword if it is next. */
  skipWord(word: string): boolean {
    const found = this.isWord(word);
    if (found) this.#next += 1;
    return found;
  }

  skipSymbol(symbol: string): boolean {
    const found = this.token.kind === 'symbol' && this.token.text === symbol;
    if (found) this.#next += 1;
    return found;
  }

  expectWord(word: string): void {
    if (!this.skipWord(word)) throw this.unexpected(word);
  }

  expectSymbol(symbol: string): void {
    if (!this.skipSymbol(symbol)) throw this.unexpected(`'${symbol}'`);
  }

  identifier(): string {
    const {kind, text} = this.token;
    if (kind !== 'word' || reserved.has(text.toUpperCase())) throw this.unexpected('a name');
    return this.take().text;
  }

  isIdentifier(): boolean {
    return this.token.kind === 'word' && !reserved.has(this.token.text.toUpperCase());
  }

  parameter(): unknown {
    const {text} = this.take();
    if (!this.#parameters.has(text)) throw badRequest(`The parameter ${text} has no value.`);
    return this.#parameters.get(text);
  }

  /** `c`, `c.a.b`, `c["a"][0]`; the alias comes first, the path is what follows it. */
  path(): Path {
    const root = this.identifier();
    if (root !== this.alias) throw badRequest(`Identifier '${root}' could not be resolved.`);
    const path: (string | number)[] = [];
    for (;;) {
      if (this.skipSymbol('.')) path.push(this.#anyWord());
      else if (this.skipSymbol('[')) path.push(this.#subscript());
      else return path;
    }
  }

  /** A whole number, literal or parameter, from 0. */
  count(clause: string): number {
    const value = this.token.kind === 'parameter' ? this.parameter() : Number(this.take().text);
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
      throw badRequest(`${clause} takes a whole number from 0.`);
    }
    return value;
  }

  /** Moves to just behind the first FROM outside parentheses and back again by the returned function. */
  seekFrom(): () => void {
    const start = this.#next;
    while (this.token.kind !== 'end' && !this.isWord('FROM')) this.#next += 1;
    return () => {
      this.#next = start;
    };
  }

  unexpected(wanted: string): Error {
    return unsupported(`the SQL at '${this.token.text}' (${wanted} was expected)`);
  }

  #anyWord(): string {
    if (this.token.kind !== 'word') throw this.unexpected('a property name');
    return this.take().text;
  }

  #subscript(): string | number {
    const {kind, text} = this.token;
    if (kind !== 'string' && kind !== 'number') throw this.unexpected('a quoted property name or an index');
    this.take();
    this.expectSymbol(']');
    return kind === 'string' ? text : Number(text);
  }
}
