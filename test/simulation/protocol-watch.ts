import type {SourcePartition, StoredDocument} from '@weir/pipeline';
import type {Violations} from './checks.ts';
import type {RunPlan} from './plan.ts';
import type {SimulatedDocuments} from './simulated-documents.ts';
import {appliedKey, type StoredCommit} from './stored-commit.ts';

const grainLengthMs: Readonly<Record<string, number>> = {'5m': 300_000, '1h': 3_600_000, '1d': 86_400_000};

/** Numbers of the commits merged into a document, by journal; empty for a document that is not there. */
export function appliedOf(document: StoredDocument | undefined): Map<string, number> {
  if (document === undefined) return new Map();
  return new Map(Object.entries(JSON.parse(String(document['stateApplied'])) as Record<string, number>));
}

/** Whether a document's window ended so long ago that it may be gone. */
export function isExpired({
  grain,
  windowEndMs,
  retentionMs,
  nowMs,
}: {
  grain: string;
  windowEndMs: number;
  retentionMs: RunPlan['retentionMs'];
  nowMs: number;
}): boolean {
  const keptMs = retentionMs[grain as keyof typeof retentionMs];
  return keptMs !== undefined && windowEndMs + keptMs <= nowMs;
}

/** Id of a document without its view: grain and start are in the id of a document that is gone. */
function windowOf(id: string): {grain: string; windowEndMs: number} {
  const [, grain = '', start = ''] = id.split('_');
  return {grain, windowEndMs: Number(start) * 1000 + (grainLengthMs[grain] ?? 0)};
}

/** Watches every replacement of a journal or a document: numbers only go forwards, and n+1 comes after n. */
export class ProtocolWatch {
  readonly #violations: Violations;
  readonly #plan: RunPlan;
  readonly #nowMs: () => number;
  readonly #isStruck: (partitionId: string) => boolean;
  /** Who made each commit of each lineage. */
  readonly #authors = new Map<string, string>();

  constructor({
    violations,
    plan,
    nowMs,
    isStruck,
  }: {
    violations: Violations;
    plan: RunPlan;
    nowMs: () => number;
    isStruck: (partitionId: string) => boolean;
  }) {
    this.#violations = violations;
    this.#isStruck = isStruck;
    this.#plan = plan;
    this.#nowMs = nowMs;
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
    check(isFirst || this.#isStruck(partitionId), 'is written twice with different contents');
    this.#authors.set(number, after.author);
    if (before === undefined) return check(after.n === 1, 'is the first, and is not number 1');
    if (after.lineage !== before.lineage)
      return check(false, `is of another lineage than commit ${before.n}`);
    check(after.n === before.n + 1, `follows commit ${before.n}`);
    for (const mark of ['head', 'frontier', 'resume'] as const) {
      check(
        after[mark].sequenceNumber >= before[mark].sequenceNumber,
        `moves ${mark} back from ${before[mark].sequenceNumber} to ${after[mark].sequenceNumber}`,
      );
    }
    const owed = [
      ...before.deltas.map((delta) => ({lineage: before.lineage, n: before.n, delta})),
      ...before.parked,
    ];
    for (const {lineage, n, delta} of owed) {
      if (
        after.parked.some(
          (entry) => entry.n === n && entry.lineage === lineage && entry.delta.id === delta.id,
        )
      )
        continue;
      check(
        this.isApplied(aggregates, {id: delta.id, key: appliedKey(partition, lineage), n}),
        `comes before commit ${n} is in ${delta.id}`,
      );
    }
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
    if (before === undefined) return;
    const [was, is] = [`${before['n']}/${before['author']}`, `${after['n']}/${after['author']}`];
    this.#violations.check(
      before['lineage'] === after['lineage'],
      () => `the fence changes its lineage at commit ${is}`,
    );
    const isForward = Number(after['n']) > Number(before['n']) || was === is;
    this.#violations.check(isForward, () => `the fence of ${after['id']} goes from ${was} to ${is}`);
  }

  /** Whether a commit's delta is in its document, or that has gone with its retention. */
  isApplied(aggregates: SimulatedDocuments, {id, key, n}: {id: string; key: string; n: number}): boolean {
    if ((appliedOf(aggregates.get(id)).get(key) ?? 0) >= n) return true;
    const {retentionMs, workerClockOffsetMaxMs} = this.#plan;
    return isExpired({
      ...windowOf(id),
      retentionMs,
      nowMs: this.#nowMs() + workerClockOffsetMaxMs + clockSlackMs,
    });
  }
}

/** A write takes at most about this long from the judgement to its arrival: the longest latency that is simulated. */
const clockSlackMs = 90_000;
