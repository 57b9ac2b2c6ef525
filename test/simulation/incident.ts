import type {Finding} from '@weir/pipeline';
import type {Deployment} from './deployment.ts';
import type {Disaster, Operator} from './disaster.ts';
import type {RunPlan} from './plan.ts';
import type {SimulatedProcess} from './process.ts';

/** What a person was about to do to a stopped partition; a crash may have come before, in between or after. */
export interface Attempt {
  readonly finding: Finding['kind'];
  readonly way: 'adopt journal' | 'where it stands' | 'elsewhere';
  /** Of the journal that was found; undefined where it is lost. */
  readonly journal: {readonly n: number; readonly headSequenceNumber: number} | undefined;
  /** How many commits the partition's journals had seen by then. */
  readonly commits: number;
  /** The furthest head that a fence had named by then. */
  readonly seenHead: number;
}

/** Slots of documents and how often each, by document id. */
export type SlotsById = ReadonlyMap<string, ReadonlyMap<number, number>>;

/** A run's disaster: whom it struck, who has stopped since, and what a person has done about it. */
export class Incident {
  readonly disaster: Disaster;
  readonly operator: Operator;
  readonly partitionIds = new Set<string>();
  /** Fence and journal cannot agree any more, so going on without a word would be wrong. */
  readonly mustStop = new Set<string>();
  /** What documents held before they were put back, and not after. */
  thrownAway: SlotsById = new Map();
  readonly attempts = new Map<string, Attempt>();
  /** Journals that are begun anew though nothing is wrong with them. */
  readonly begunAnew = new Set<string>();
  readonly #stopped = new Set<string>();
  readonly #isReadStale: boolean;
  #struckMs = Infinity;
  /** For each id the claims that its process had made when it was drawn: by partition, when they were begun. */
  readonly #claimsAt = new Map<string, ReadonlyMap<string, number>>();

  constructor({disaster, operator, faults}: Pick<RunPlan, 'disaster' | 'operator' | 'faults'>) {
    this.disaster = disaster;
    this.operator = operator;
    this.#isReadStale = faults.staleRead > 0;
  }

  strike(partitionIds: readonly string[], nowMs: number): void {
    for (const partitionId of partitionIds) this.partitionIds.add(partitionId);
    this.#struckMs = nowMs;
  }

  idDrawn(id: string, {claimedMs}: SimulatedProcess): void {
    if (this.disaster === 'journal lost') this.#claimsAt.set(id, new Map(claimedMs));
  }

  /**
   * Whether a new journal is begun by somebody who saw the fence of the one that was lost. A stale read may not even
   * show that there is a fence; then its first apply finds out, and the journal that it began stays.
   */
  isSilent(partitionId: string, lineage: string): boolean {
    if (this.#isReadStale || this.disaster !== 'journal lost' || !this.mustStop.has(partitionId))
      return false;
    return (this.#claimsAt.get(lineage)?.get(partitionId) ?? -Infinity) > this.#struckMs;
  }

  isStruck(partitionId: string): boolean {
    return this.partitionIds.has(partitionId);
  }

  mayRepeatNumbers(partitionId: string): boolean {
    const isCopied = this.disaster === 'journal restored' || this.disaster === 'copied deployment';
    return this.isStruck(partitionId) && (isCopied || this.isAdopted(partitionId));
  }

  mayHaveNoFence(partitionId: string): boolean {
    const isPutBack = this.disaster === 'fence restored' || this.disaster === 'documents restored';
    return isPutBack && this.isStruck(partitionId);
  }

  stop({name}: Deployment, partitionId: string): void {
    this.#stopped.add(`${name}/${partitionId}`);
  }

  isStopped({name}: Deployment, partitionId: string): boolean {
    return this.#stopped.has(`${name}/${partitionId}`);
  }

  anewFrom(partitionId: string): 'where it stands' | 'elsewhere' | undefined {
    if (this.begunAnew.has(partitionId)) return 'where it stands';
    const way = this.attempts.get(partitionId)?.way;
    return way === 'adopt journal' ? undefined : way;
  }

  isAdopted(partitionId: string): boolean {
    return this.attempts.get(partitionId)?.way === 'adopt journal';
  }
}
