import {syntaxError} from './kql-error.ts';
import {tokenize, type Token} from './tokens.ts';

/** Nested parentheses and calls; deeper queries are refused before they exhaust the stack. */
export const nestingMax = 200;

/** A cursor over the tokens of one query. */
export class TokenReader {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #index = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokenize(text);
  }

  get current(): Token {
    return this.peek(0);
  }

  peek(ahead: number): Token {
    const token = this.#tokens[Math.min(this.#index + ahead, this.#tokens.length - 1)];
    if (token === undefined) throw new Error('a token list always ends with an end token');
    return token;
  }

  next(): Token {
    const token = this.current;
    this.#index += 1;
    return token;
  }

  /** Takes the symbol or word if it is next. */
  accept(text: string): boolean {
    const {kind} = this.current;
    if (this.current.text !== text || (kind !== 'symbol' && kind !== 'name')) return false;
    this.#index += 1;
    return true;
  }

  expect(text: string): void {
    if (!this.accept(text)) throw this.unexpected();
  }

  expectName(): string {
    if (this.current.kind !== 'name') throw this.unexpected();
    return this.next().text;
  }

  unexpected(): Error {
    return syntaxError(this.#text, {offset: this.current.offset, token: this.current.text});
  }

  nested<T>(parse: () => T): T {
    if (this.#depth >= nestingMax) throw this.unexpected();
    this.#depth += 1;
    const result = parse();
    this.#depth -= 1;
    return result;
  }
}
