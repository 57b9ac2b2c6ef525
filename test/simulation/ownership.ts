import type {SimulatedLease} from './simulated-lease.ts';

/** The ownership list of load balancing, and which link a partition's broker serves. */
export class Ownership {
  readonly #owners = new Map<string, {readonly owner: string; renewedMs: number}>();
  readonly #links = new Map<string, SimulatedLease>();
  readonly #expiryMs: number;

  constructor(expiryMs: number) {
    this.#expiryMs = expiryMs;
  }

  claim(partitionId: string, owner: string, nowMs: number): void {
    this.#owners.set(partitionId, {owner, renewedMs: nowMs});
  }

  isOwner(partitionId: string, owner: string): boolean {
    return this.#owners.get(partitionId)?.owner === owner;
  }

  renew(partitionId: string, nowMs: number): void {
    const entry = this.#owners.get(partitionId);
    if (entry !== undefined) entry.renewedMs = nowMs;
  }

  release(partitionId: string, owner: string): void {
    if (this.isOwner(partitionId, owner)) this.#owners.delete(partitionId);
  }

  /** Nobody has it, or its owner has not renewed it in time. */
  isFree(partitionId: string, nowMs: number): boolean {
    const entry = this.#owners.get(partitionId);
    return entry === undefined || nowMs - entry.renewedMs > this.#expiryMs;
  }

  counts(nowMs: number): Map<string, string[]> {
    const counts = new Map<string, string[]>();
    for (const [partitionId, {owner}] of this.#owners) {
      if (!this.isFree(partitionId, nowMs)) counts.set(owner, [...(counts.get(owner) ?? []), partitionId]);
    }
    return counts;
  }

  attach(partitionId: string, link: SimulatedLease): SimulatedLease | undefined {
    const before = this.#links.get(partitionId);
    this.#links.set(partitionId, link);
    return before;
  }
}
