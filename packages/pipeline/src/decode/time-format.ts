/** A format is written by hand; a longer one is a mistake, and the pattern made of it stays small. */
const formatLengthMax = 48;
const offsetPattern = /^(?:Z|[+-]\d{2}:\d{2})$/;

const tokenPattern = /yyyy|MM?|dd?|HH?|mm?|ss?|S{1,9}|[^A-Za-z]/gy;
const digits: Readonly<Record<string, string>> = {yyyy: '\\d{4}', S: '\\d{1,9}'};

/** Reads texts of one date format into ISO 8601, which the event time's reader then judges. */
export class TimeFormat {
  readonly #pattern: RegExp;
  readonly #offset: string;

  private constructor(pattern: RegExp, offset: string) {
    this.#pattern = pattern;
    this.#offset = offset;
  }

  /**
   * `yyyy`, `MM` `dd` `HH` `mm` `ss` (two digits; one letter: one or two), `S…` (a fraction of any length), and signs that
   * stand for themselves. Undefined unless the format has year, month and day, each token once, and no other letters.
   * @param offset of the zone, `+02:00`; `Z` by default
   */
  static of(format: string, offset = 'Z'): TimeFormat | undefined {
    if (format.length > formatLengthMax || !offsetPattern.test(offset)) return undefined;
    const tokens = format.match(tokenPattern) ?? [];
    if (tokens.join('') !== format) return undefined;
    const names = tokens.filter((token) => /[A-Za-z]/.test(token)).map((token) => token[0]!);
    const isWhole = ['y', 'M', 'd'].every((name) => names.includes(name));
    if (!isWhole || new Set(names).size < names.length) return undefined;
    return new TimeFormat(new RegExp(`^${tokens.map(patternOf).join('')}$`), offset);
  }

  /** Undefined when the text is not of this format. */
  toIso(text: string): string | undefined {
    const {y, M, d, H = '0', m = '0', s = '0', S = '0'} = this.#pattern.exec(text.trim())?.groups ?? {};
    if (y === undefined || M === undefined || d === undefined) return undefined;
    return `${y}-${pad(M)}-${pad(d)}T${pad(H)}:${pad(m)}:${pad(s)}.${S}${this.#offset}`;
  }
}

function patternOf(token: string): string {
  const name = token[0]!;
  if (!/[A-Za-z]/.test(name)) return RegExp.escape(token);
  return `(?<${name}>${digits[name === 'S' ? 'S' : token] ?? (token.length === 2 ? '\\d{2}' : '\\d{1,2}')})`;
}

function pad(part: string): string {
  return part.padStart(2, '0');
}
