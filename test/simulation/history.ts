import {nameOf, openPlaces, type StoredCommit, type StoredName} from './stored-commit.ts';

/** A journal that was begun anew: its last commit, if there was one, and commit 1 of the new lineage. */
export interface Beginning {
  readonly before: StoredCommit | undefined;
  readonly after: StoredCommit;
  /** The furthest head that any fence had named by then. */
  readonly seenHead: number;
}

/** What was ever written to the journals and fences of a run; only services see all of it. */
export class History {
  readonly #named = new Map<string, StoredCommit>();
  readonly #commits = new Map<string, StoredCommit[]>();
  readonly #beginnings = new Map<string, Beginning[]>();
  readonly #seenHeads = new Map<string, number>();

  journalWritten(
    partitionId: string,
    {before, after}: {before: StoredCommit | undefined; after: StoredCommit},
  ): void {
    this.#named.set(nameOf(after), after);
    append(this.#commits, partitionId, after);
    const {lineage, n, follows} = after;
    if (n === 1 && (follows !== undefined || (before !== undefined && before.lineage !== lineage)))
      append(this.#beginnings, partitionId, {before, after, seenHead: this.seenHead(partitionId)});
  }

  fenceWritten(partitionId: string, headSequenceNumber: number): void {
    this.#seenHeads.set(partitionId, Math.max(this.seenHead(partitionId), headSequenceNumber));
  }

  /** Whether the commit that a fence names now follows exactly the one that it named before. */
  isFollowedBy(before: StoredName, after: StoredName): boolean {
    const follows = this.named(after)?.follows;
    return follows !== undefined && nameOf(follows) === nameOf(before);
  }

  /** Undefined: no journal ever held it. */
  named(name: StoredName): StoredCommit | undefined {
    return this.#named.get(nameOf(name));
  }

  /** Whether any commit listed the record as open. */
  wasOpen(partitionId: string, place: string): boolean {
    return this.commits(partitionId).some((commit) => openPlaces(commit).has(place));
  }

  commits(partitionId: string): readonly StoredCommit[] {
    return this.#commits.get(partitionId) ?? [];
  }

  beginnings(partitionId: string): readonly Beginning[] {
    return this.#beginnings.get(partitionId) ?? [];
  }

  /** -1: no fence was written. */
  seenHead(partitionId: string): number {
    return this.#seenHeads.get(partitionId) ?? -1;
  }
}

function append<T>(to: Map<string, T[]>, key: string, value: T): void {
  const list = to.get(key);
  if (list === undefined) to.set(key, [value]);
  else list.push(value);
}
