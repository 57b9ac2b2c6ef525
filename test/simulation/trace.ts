/** The last lines of a run, for a person; only kept when asked for, because building them costs more than the run. */
export class Trace {
  readonly #linesMax: number;
  readonly #lines: string[] = [];
  #dropped = 0;

  /** @param linesMax 0 keeps nothing */
  constructor(linesMax: number) {
    this.#linesMax = linesMax;
  }

  get isOn(): boolean {
    return this.#linesMax > 0;
  }

  add(nowMs: number, who: string, what: string): void {
    if (this.#linesMax === 0) return;
    if (this.#lines.length >= this.#linesMax) {
      this.#lines.shift();
      this.#dropped += 1;
    }
    this.#lines.push(`${new Date(nowMs).toISOString().slice(11, 23)} ${who.padEnd(14)} ${what}`);
  }

  text(): string {
    const dropped = this.#dropped > 0 ? `… ${this.#dropped} lines before\n` : '';
    return dropped + this.#lines.join('\n');
  }
}
