import type {SourcePartition, StoredDocument} from '@weir/pipeline';
import type {Violations} from './checks.ts';
import {History} from './history.ts';
import type {RunPlan} from './plan.ts';
import type {SimulatedDocuments} from './simulated-documents.ts';
import {appliedOf, isExpired, windowOf} from './retention.ts';
import {appliedKey, openPlaces, type StoredCommit, type StoredName} from './stored-commit.ts';

/** What the world knows of a partition that the protocol alone could not judge. */
export interface Circumstances {
  /** A journal was put back, copied or taken for right, so that one number may be given twice. */
  mayRepeatNumbers(partitionId: string): boolean;
  /** Cosmos DB may have been put back to before there was a fence. */
  mayHaveNoFence(partitionId: string): boolean;
  /** Where the person who begins this partition anew lets reading begin; undefined: nobody does. */
  anewFrom(partitionId: string): 'where it stands' | 'elsewhere' | undefined;
  /** Somebody begins a journal though a fence tells of one that was lost. */
  isSilent(partitionId: string, lineage: string): boolean;
  /** A person took the journal for right, so that the fence goes wherever that is. */
  isAdopted(partitionId: string): boolean;
}

/** Watches every replacement of a journal or a document: numbers only go forwards, and n+1 comes after n. */
export class ProtocolWatch {
  readonly history = new History();
  readonly #violations: Violations;
  readonly #plan: RunPlan;
  readonly #nowMs: () => number;
  readonly #circumstances: Circumstances;
  /** Who made each commit of each lineage. */
  readonly #authors = new Map<string, string>();
  /** What documents held before they were put back to an earlier moment, by document and journal. */
  readonly #heldBefore = new Map<string, ReadonlyMap<string, number>>();

  constructor({
    violations,
    plan,
    nowMs,
    circumstances,
  }: {
    violations: Violations;
    plan: RunPlan;
    nowMs: () => number;
    circumstances: Circumstances;
  }) {
    this.#violations = violations;
    this.#circumstances = circumstances;
    this.#plan = plan;
    this.#nowMs = nowMs;
  }

  /** Documents are about to be put back: a commit that was applied was applied all the same. */
  beforeRestore(aggregates: SimulatedDocuments): void {
    for (const document of aggregates.all()) this.#heldBefore.set(document.id, appliedOf(document));
  }

  journal(
    partition: SourcePartition,
    {
      before,
      after,
      aggregates,
    }: {before: StoredCommit | undefined; after: StoredCommit; aggregates: SimulatedDocuments},
  ): void {
    const {partitionId} = partition;
    const named = `journal of p${partitionId}: commit ${after.n}`;
    const check = (holds: boolean, what: string): void =>
      this.#violations.check(holds, () => `${named} ${what}`);
    const number = `${partitionId}/${after.lineage}/${after.n}`;
    const isFirst = (this.#authors.get(number) ?? after.author) === after.author;
    // Putting back the copy of a moment ago takes away a commit that nobody has seen; there the fence decides.
    check(
      isFirst || this.#circumstances.mayRepeatNumbers(partitionId),
      'is written twice with different contents',
    );
    this.#authors.set(number, after.author);
    this.history.journalWritten(partitionId, {before, after});
    const from = this.#circumstances.anewFrom(partitionId);
    if (after.follows !== undefined)
      check(from !== undefined, 'follows another lineage, and nobody began anew');
    if (before === undefined) {
      const isSilent =
        after.follows === undefined && this.#circumstances.isSilent(partitionId, after.lineage);
      check(!isSilent, 'begins a journal where there is a fence of another');
      return check(after.n === 1, 'is the first, and is not number 1');
    }
    if (after.lineage !== before.lineage) {
      check(from !== undefined, `is of another lineage than commit ${before.n}`);
      check(after.n === 1, 'begins anew, and is not number 1');
      const mayFollowNothing = this.#circumstances.mayHaveNoFence(partitionId);
      check(after.follows !== undefined || mayFollowNothing, 'begins anew, and follows nothing');
      return from === 'where it stands' ? this.#takenOver(partition, {before, after, aggregates}) : undefined;
    }
    check(after.n === before.n + 1, `follows commit ${before.n}`);
    for (const mark of ['head', 'frontier', 'resume'] as const) {
      check(
        after[mark].sequenceNumber >= before[mark].sequenceNumber,
        `moves ${mark} back from ${before[mark].sequenceNumber} to ${after[mark].sequenceNumber}`,
      );
    }
    check(after.watermarks.arrivalMs >= before.watermarks.arrivalMs, 'moves the arrival watermark back');
    this.#nothingOwed(partition, {before, after, aggregates});
  }

  /** A commit comes when the one before is applied everywhere, or what is missing is parked under its own name. */
  #nothingOwed(
    partition: SourcePartition,
    {before, after, aggregates}: {before: StoredCommit; after: StoredCommit; aggregates: SimulatedDocuments},
  ): void {
    const owed = [
      ...before.deltas.map((delta) => ({lineage: before.lineage, n: before.n, delta})),
      ...before.parked,
    ];
    for (const {lineage, n, delta} of owed) {
      const isParked = after.parked.some(
        (entry) => entry.n === n && entry.lineage === lineage && entry.delta.id === delta.id,
      );
      this.#violations.check(
        isParked || this.isApplied(aggregates, {id: delta.id, key: appliedKey(partition, lineage), n}),
        () =>
          `journal of p${partition.partitionId}: commit ${after.n} comes before commit ${n} is in ${delta.id}`,
      );
    }
  }

  /** PROTOCOL, "Begin anew": nothing of the old lineage's last commit is left behind. */
  #takenOver(
    partition: SourcePartition,
    commits: {before: StoredCommit; after: StoredCommit; aggregates: SimulatedDocuments},
  ): void {
    const {before, after} = commits;
    const check = (holds: boolean, what: string): void =>
      this.#violations.check(
        holds,
        () => `journal of p${partition.partitionId}: the lineage after commit ${before.n} ${what}`,
      );
    this.#nothingOwed(partition, commits);
    for (const mark of ['head', 'frontier', 'resume'] as const)
      check(after[mark].sequenceNumber === before[mark].sequenceNumber, `has another ${mark}`);
    const stillOpen = openPlaces(after);
    for (const place of openPlaces(before)) check(stillOpen.has(place), `forgets the open record ${place}`);
    const callsOf = ({open}: StoredCommit): string => JSON.stringify(open.calls ?? []);
    check(callsOf(after) === callsOf(before), 'lists other calls as open');
    const carried = new Map(after.carry.map((delta) => [delta.id, JSON.stringify(delta)]));
    for (const delta of before.carry)
      check(carried.get(delta.id) === JSON.stringify(delta), `does not carry what is for ${delta.id}`);
  }

  aggregate(before: StoredDocument | undefined, after: StoredDocument): void {
    const id = String(after['id']);
    const applied = appliedOf(after);
    for (const [key, n] of appliedOf(before)) {
      this.#violations.check(
        (applied.get(key) ?? 0) >= n,
        () => `stateApplied of ${id} goes back: ${key} from ${n} to ${applied.get(key)}`,
      );
    }
    if (before !== undefined) return;
    const {retentionMs, workerClockOffsetMaxMs} = this.#plan;
    const isGone = isExpired({
      ...windowOf(id),
      retentionMs,
      nowMs: this.#nowMs() - workerClockOffsetMaxMs - clockSlackMs,
    });
    this.#violations.check(!isGone, () => `document ${id} is made again after its retention`);
  }

  fence(before: StoredDocument | undefined, after: StoredDocument): void {
    const partitionId = String(after['id']).split('|').at(-1) ?? '';
    const commit = this.history.named(namedBy(after));
    this.#violations.check(
      commit !== undefined,
      () => `the fence of ${after['id']} names commit ${after['n']}, which no journal ever held`,
    );
    // A quiet partition's goes on by the clock and is in no journal, so the next owner may take it back: down to this.
    const arrivalMs = Date.parse(String(after['arrivalWatermark']));
    this.#violations.check(
      arrivalMs >= Math.floor(commit?.watermarks.arrivalMs ?? 0),
      () => `the fence of ${after['id']} is behind the watermark of its commit ${after['n']}`,
    );
    this.history.fenceWritten(partitionId, Number(after['headSequenceNumber']));
    if (before === undefined) return;
    const [was, is] = [`${before['n']}/${before['author']}`, `${after['n']}/${after['author']}`];
    if (this.#circumstances.isAdopted(partitionId)) return;
    if (before['lineage'] !== after['lineage']) {
      this.#violations.check(
        this.history.isFollowedBy(namedBy(before), namedBy(after)),
        () =>
          `the fence of ${after['id']} changes its lineage from ${was} to ${is}, which does not follow it`,
      );
      return;
    }
    const isForward = Number(after['n']) > Number(before['n']) || was === is;
    this.#violations.check(isForward, () => `the fence of ${after['id']} goes from ${was} to ${is}`);
  }

  /** Whether a commit's delta is in its document, or that has gone with its retention. */
  isApplied(aggregates: SimulatedDocuments, {id, key, n}: {id: string; key: string; n: number}): boolean {
    if ((appliedOf(aggregates.get(id)).get(key) ?? 0) >= n) return true;
    if ((this.#heldBefore.get(id)?.get(key) ?? 0) >= n) return true;
    const {retentionMs, workerClockOffsetMaxMs} = this.#plan;
    return isExpired({
      ...windowOf(id),
      retentionMs,
      nowMs: this.#nowMs() + workerClockOffsetMaxMs + clockSlackMs,
    });
  }
}

function namedBy(fence: StoredDocument): StoredName {
  return {lineage: String(fence['lineage']), n: Number(fence['n']), author: String(fence['author'])};
}

/** A write takes at most about this long from the judgement to its arrival: the longest latency that is simulated. */
const clockSlackMs = 90_000;
