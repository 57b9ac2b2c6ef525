/** Distinct texts that get a number; dimensions have hundreds. Some 10 MB at most. */
const textsMax = 65_536;

/** Numbers for the few texts that come with every record, so that a record holds none of them. Never forgets one. */
export class SharedTexts {
  readonly #numbers = new Map<string, number>();
  readonly #texts: string[] = [];
  readonly #max: number;

  constructor({max}: {max: number} = {max: textsMax}) {
    this.#max = max;
  }

  /** @returns -1 when there are too many texts already */
  numberOf(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    const number = this.#texts.length;
    if (number >= this.#max) return -1;
    this.#numbers.set(text, number);
    this.#texts.push(text);
    return number;
  }

  textOf(number: number): string {
    return this.#texts[number]!;
  }
}
