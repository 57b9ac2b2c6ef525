/** Distinct texts remembered; the service's models, callers and regions are far fewer. */
const textsMax = 4_096;
/** A longer text is computed each time, which bounds the memory. */
const lengthMax = 256;

/**
 * Memory of a pure function of texts that come with every row. Equal results share one string, so that rows kept for
 * later, and the groups they are counted in, do not each have their own.
 */
export class RememberedTexts<Result extends string> {
  readonly #compute: (text: string) => Result;
  readonly #results = new Map<string, Result>();

  constructor(compute: (text: string) => Result) {
    this.#compute = compute;
  }

  of(text: string): Result {
    let result = this.#results.get(text);
    if (result !== undefined) return result;
    result = this.#compute(text);
    if (text.length > lengthMax) return result;
    if (this.#results.size >= textsMax) this.#results.clear();
    this.#results.set(text, result);
    return result;
  }
}
