import type {ConditionalWrite, JournalRead, Position, SourcePartition} from '@weir/pipeline';
import type {Violations} from './checks.ts';
import {readStoredCommit, type StoredCommit} from './stored-commit.ts';

export interface StoredJournal {
  readonly etag: string;
  readonly bytes: Uint8Array;
  readonly commit: StoredCommit;
}

/** Called before a journal is replaced, to compare what it holds with what is to come. */
export type WatchJournal = (
  partition: SourcePartition,
  before: StoredCommit | undefined,
  after: StoredCommit,
) => void;

/** The storage container: journals under ETags, dead letters that are written once, checkpoints. */
export class SimulatedBlobs {
  readonly #violations: Violations;
  readonly #watch: WatchJournal;
  readonly #journals = new Map<string, StoredJournal>();
  readonly #copies = new Map<string, StoredJournal[]>();
  readonly #letters = new Map<string, {readonly partitionId: string; readonly text: string}>();
  /** The furthest resume position that each journal ever named. */
  readonly #resume = new Map<string, number>();
  #etags = 0;

  constructor(violations: Violations, watch: WatchJournal) {
    this.#violations = violations;
    this.#watch = watch;
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
    const etag = `j${(this.#etags += 1)}`;
    this.#journals.set(partition.partitionId, {etag, bytes: Uint8Array.from(bytes), commit});
    this.#resume.set(partition.partitionId, commit.resume.sequenceNumber);
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
    this.#journals.set(partitionId, {...older, etag: `j${(this.#etags += 1)}`});
    return true;
  }

  deleteJournal(partitionId: string): boolean {
    return this.#journals.delete(partitionId);
  }

  writeDeadLetters(
    {partitionId}: SourcePartition,
    {lineage, n, bytes}: {lineage: string; n: number; bytes: Uint8Array},
  ): void {
    const name = `${partitionId}/${lineage}/${n}`;
    const text = Buffer.from(bytes).toString();
    const there = this.#letters.get(name);
    if (there === undefined) this.#letters.set(name, {partitionId, text});
    else
      this.#violations.check(
        there.text === text,
        () => `dead letters ${name} exist twice with different contents`,
      );
  }

  /** Whether those of a commit are written, if it has any. */
  hasDeadLetters(partitionId: string, {lineage, n, deadLetters}: StoredCommit): boolean {
    return deadLetters.length === 0 || this.#letters.has(`${partitionId}/${lineage}/${n}`);
  }

  /** Every dead letter, with its partition. */
  deadLetters(): {partitionId: string; sequenceNumber: number; index: number; reason: string}[] {
    return [...this.#letters.values()].flatMap(({partitionId, text}) =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => ({
          partitionId,
          ...(JSON.parse(line) as {sequenceNumber: number; index: number; reason: string}),
        })),
    );
  }

  writeCheckpoint({partitionId}: SourcePartition, {sequenceNumber}: Position): void {
    const resume = this.#resume.get(partitionId) ?? -1;
    this.#violations.check(
      sequenceNumber <= resume,
      () => `checkpoint of ${partitionId} at ${sequenceNumber}, ahead of the journal's ${resume}`,
    );
  }
}

/** Older journals that can be put back. */
const copiesMax = 6;
