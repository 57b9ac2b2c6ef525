/** JSON text that ends too early. */
export interface TornJson {
  /** The text up to its last whole value, with the brackets that are still open there closed. */
  readonly repaired: string;
  /** How many brackets were open where the text ended. */
  readonly depth: number;
}

/**
 * Reads the structure of a text that begins as an object or array and ends inside of it; undefined for any other
 * text. Numbers and words before the last whole value are not checked: parsing `repaired` does that. Linear.
 */
export function readTornJson(text: string): TornJson | undefined {
  return new TornReader(text).read();
}

/** Deeper text is not worth saving; no gateway nests more than some ten levels. */
const depthMax = 1_000;

type Expected = 'value' | 'valueOrEnd' | 'key' | 'keyOrEnd' | 'colon' | 'commaOrEnd';

const spacePattern = /[ \t\r\n]*/y;
const barePattern = /[-+.0-9A-Za-z]+/y;
const startOfBarePattern = /^(?:tr?u?e?|fa?l?s?e?|nu?l?l?|-?(?:[0-9][-+.0-9eE]*)?)$/;

/** Walks over one token per step; the state is what may come next and which brackets are open. */
class TornReader {
  readonly #text: string;
  /** Closing brackets owed, innermost last. */
  readonly #closers: string[] = [];
  #expected: Expected = 'value';
  #at = 0;
  /** Behind the last whole value or opening bracket: everything before it can be kept. */
  #wholeEnd = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): TornJson | undefined {
    this.#skipSpace();
    while (this.#at < this.#text.length) {
      if (!this.#step()) return undefined;
      // Whole after all: whatever is wrong with this text, it is not torn.
      if (this.#closers.length === 0) return undefined;
      this.#skipSpace();
    }
    if (this.#closers.length === 0) return undefined;
    return {
      repaired: this.#text.slice(0, this.#wholeEnd) + this.#closers.toReversed().join(''),
      depth: this.#closers.length,
    };
  }

  /** False when no such token may stand here. */
  #step(): boolean {
    switch (this.#text.charAt(this.#at)) {
      case '{':
        return this.#open('}', 'keyOrEnd');
      case '[':
        return this.#open(']', 'valueOrEnd');
      case '}':
        return this.#close('}', 'keyOrEnd');
      case ']':
        return this.#close(']', 'valueOrEnd');
      case ',':
        return this.#sign('commaOrEnd', this.#closers.at(-1) === '}' ? 'key' : 'value');
      case ':':
        return this.#sign('colon', 'value');
      case '"':
        return this.#string();
      default:
        return this.#bare();
    }
  }

  #open(closer: string, expected: Expected): boolean {
    if (!this.#isValueExpected() || this.#closers.length >= depthMax) return false;
    this.#closers.push(closer);
    this.#at++;
    this.#keep(expected);
    return true;
  }

  #close(closer: string, whereEmpty: Expected): boolean {
    if (this.#expected !== 'commaOrEnd' && this.#expected !== whereEmpty) return false;
    if (this.#closers.pop() !== closer) return false;
    this.#at++;
    this.#keep('commaOrEnd');
    return true;
  }

  #sign(required: Expected, next: Expected): boolean {
    if (this.#expected !== required) return false;
    this.#at++;
    this.#expected = next;
    return true;
  }

  #string(): boolean {
    const isKey = this.#expected === 'key' || this.#expected === 'keyOrEnd';
    if (!isKey && !this.#isValueExpected()) return false;
    const end = endOfString(this.#text, this.#at);
    this.#at = end ?? this.#text.length;
    if (end === undefined) return true;
    if (isKey) this.#expected = 'colon';
    else this.#keep('commaOrEnd');
    return true;
  }

  /** A number or a word. The last one of the text may have gone on, so it is not kept. */
  #bare(): boolean {
    if (!this.#isValueExpected()) return false;
    barePattern.lastIndex = this.#at;
    const bare = barePattern.exec(this.#text)?.[0];
    if (bare === undefined) return false;
    this.#at += bare.length;
    if (this.#at === this.#text.length) return startOfBarePattern.test(bare);
    this.#keep('commaOrEnd');
    return true;
  }

  #isValueExpected(): boolean {
    return this.#expected === 'value' || this.#expected === 'valueOrEnd';
  }

  /** What stands before this point is whole. */
  #keep(next: Expected): void {
    this.#wholeEnd = this.#at;
    this.#expected = next;
  }

  #skipSpace(): void {
    spacePattern.lastIndex = this.#at;
    this.#at += spacePattern.exec(this.#text)?.[0].length ?? 0;
  }
}

/** The offset behind the closing quote, if there is one. Each run of backslashes is counted once. */
function endOfString(text: string, start: number): number | undefined {
  let quote = text.indexOf('"', start + 1);
  while (quote !== -1) {
    let backslashes = 0;
    while (text.charCodeAt(quote - 1 - backslashes) === 0x5c) backslashes++;
    if (backslashes % 2 === 0) return quote + 1;
    quote = text.indexOf('"', quote + 1);
  }
  return undefined;
}
