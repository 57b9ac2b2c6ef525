import type {ConditionalWrite, JournalRead, Position, SourcePartition} from '@weir/pipeline';
import type {Violations} from './checks.ts';
import {readStoredCommit, type StoredCommit} from './stored-commit.ts';

export interface StoredJournal {
  readonly etag: string;
  readonly bytes: Uint8Array;
  readonly commit: StoredCommit;
}

interface StoredLetters {
  readonly partitionId: string;
  readonly lineage: string;
  readonly n: number;
  readonly text: string;
}

export interface WrittenLetter {
  readonly partitionId: string;
  readonly lineage: string;
  readonly n: number;
  readonly sequenceNumber: number;
  readonly index: number;
  readonly reason: string;
}

/** Called before a journal is replaced, to compare what it holds with what is to come. */
export type WatchJournal = (
  partition: SourcePartition,
  before: StoredCommit | undefined,
  after: StoredCommit,
) => void;

/** The storage container: journals under ETags, dead letters that are written once, checkpoints. */
export class SimulatedBlobs {
  /** Two containers never give one ETag to two blobs. */
  readonly #name: string;
  readonly #violations: Violations;
  readonly #watch: WatchJournal;
  readonly #mayDiffer: (partitionId: string) => boolean;
  readonly #journals = new Map<string, StoredJournal>();
  readonly #copies = new Map<string, StoredJournal[]>();
  readonly #letters = new Map<string, StoredLetters>();
  /** The furthest resume position that each journal ever named. */
  readonly #resume = new Map<string, number>();
  readonly #checkpoints = new Map<string, number>();
  #etags = 0;

  /** @param mayDiffer whether one number of this partition's journal may have been given to two commits */
  constructor({
    name,
    violations,
    watch,
    mayDiffer,
  }: {
    name: string;
    violations: Violations;
    watch: WatchJournal;
    mayDiffer: (partitionId: string) => boolean;
  }) {
    this.#name = name;
    this.#violations = violations;
    this.#watch = watch;
    this.#mayDiffer = mayDiffer;
  }

  journal(partitionId: string): StoredJournal | undefined {
    return this.#journals.get(partitionId);
  }

  readJournal({partitionId}: SourcePartition): Exclude<JournalRead, {kind: 'unavailable'}> {
    const journal = this.#journals.get(partitionId);
    return journal === undefined
      ? {kind: 'missing'}
      : {kind: 'found', etag: journal.etag, bytes: journal.bytes};
  }

  writeJournal(
    partition: SourcePartition,
    {bytes, ifMatch}: {bytes: Uint8Array; ifMatch: string | undefined},
  ): ConditionalWrite {
    const journal = this.#journals.get(partition.partitionId);
    if (journal?.etag !== ifMatch) return {kind: 'refused'};
    const commit = readStoredCommit(bytes);
    this.#watch(partition, journal?.commit, commit);
    const etag = this.#nextEtag();
    this.#journals.set(partition.partitionId, {etag, bytes: Uint8Array.from(bytes), commit});
    const before = this.#resume.get(partition.partitionId) ?? -1;
    this.#resume.set(partition.partitionId, Math.max(before, commit.resume.sequenceNumber));
    if (journal !== undefined)
      this.#copies.set(partition.partitionId, [
        ...(this.#copies.get(partition.partitionId) ?? []).slice(1 - copiesMax),
        journal,
      ]);
    return {kind: 'written', etag};
  }

  /** @param copy in [0, 1): which of the copies kept; @returns whether there was one */
  restoreJournal(partitionId: string, copy: number): boolean {
    const copies = this.#copies.get(partitionId) ?? [];
    const older = copies[Math.floor(copy * copies.length)];
    if (older === undefined) return false;
    this.#journals.set(partitionId, {...older, etag: this.#nextEtag()});
    return true;
  }

  #nextEtag(): string {
    return `${this.#name} j${(this.#etags += 1)}`;
  }

  deleteJournal(partitionId: string): boolean {
    return this.#journals.delete(partitionId);
  }

  /** What a second container holds that was copied from this one. */
  copyJournals(to: SimulatedBlobs): void {
    for (const [partitionId, journal] of this.#journals)
      to.#journals.set(partitionId, {...journal, etag: to.#nextEtag()});
    for (const [partitionId, resume] of this.#resume) to.#resume.set(partitionId, resume);
  }

  /** The event that the last checkpoint names; a hint for the person who begins anew. */
  checkpoint(partitionId: string): number | undefined {
    return this.#checkpoints.get(partitionId);
  }

  writeDeadLetters(
    {partitionId}: SourcePartition,
    {lineage, n, bytes}: {lineage: string; n: number; bytes: Uint8Array},
  ): void {
    const name = `${partitionId}/${lineage}/${n}`;
    const text = Buffer.from(bytes).toString();
    const there = this.#letters.get(name);
    if (there === undefined) this.#letters.set(name, {partitionId, lineage, n, text});
    else
      this.#violations.check(
        there.text === text || this.#mayDiffer(partitionId),
        () => `dead letters ${name} exist twice with different contents`,
      );
  }

  /** Whether those of a commit are written, if it has any. */
  hasDeadLetters(partitionId: string, {lineage, n, deadLetters}: StoredCommit): boolean {
    return deadLetters.length === 0 || this.#letters.has(`${partitionId}/${lineage}/${n}`);
  }

  /** Every dead letter, with the commit that it came with. */
  deadLetters(): WrittenLetter[] {
    return [...this.#letters.values()].flatMap(({partitionId, lineage, n, text}) =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => ({
          partitionId,
          lineage,
          n,
          ...(JSON.parse(line) as {sequenceNumber: number; index: number; reason: string}),
        })),
    );
  }

  writeCheckpoint({partitionId}: SourcePartition, {sequenceNumber}: Position): void {
    this.#checkpoints.set(partitionId, sequenceNumber);
    const resume = this.#resume.get(partitionId) ?? -1;
    this.#violations.check(
      sequenceNumber <= resume,
      () => `checkpoint of ${partitionId} at ${sequenceNumber}, ahead of the journal's ${resume}`,
    );
  }
}

/** Older journals that can be put back. */
const copiesMax = 6;
