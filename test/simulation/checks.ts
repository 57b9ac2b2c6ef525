/** Collects what must never happen; a run ends at the first. */
export class Violations {
  readonly found: string[] = [];

  add(what: string): void {
    if (this.found.length < 20) this.found.push(what);
  }

  check(holds: boolean, what: () => string): void {
    if (!holds) this.add(what());
  }
}
