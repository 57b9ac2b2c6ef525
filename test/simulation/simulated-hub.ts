import type {HubFacts, PartitionFacts, Position, ReceivedEvent} from '@weir/pipeline';

/** Everything that was sent to one partition of one hub; what expired is out of reach, not forgotten. */
interface HubPartition {
  readonly id: string;
  /** How often the hub had been made again before. */
  readonly generation: number;
  readonly events: ReceivedEvent[];
  readonly firstSequenceNumber: number;
  /** The first that can still be read. */
  beginsAt: number;
  readonly waiting: Set<() => void>;
}

/** What one partition of one hub was sent. */
export type HubLog = Pick<HubPartition, 'generation' | 'events' | 'beginsAt'>;

/** The event hub itself: logs with sequence numbers, opaque offsets, and a retention that the run decides. */
export class SimulatedHub {
  #createdAt: string;
  #generation = 0;
  readonly #partitions = new Map<string, HubPartition>();
  /** Of hubs that were deleted: nobody can read them any more. */
  readonly #deleted: HubPartition[] = [];
  readonly #glitches = new Set<string>();

  constructor({
    partitions,
    beginsAt,
    createdAtMs,
  }: {
    partitions: number;
    beginsAt: number;
    createdAtMs: number;
  }) {
    this.#createdAt = new Date(createdAtMs).toISOString();
    for (let p = 0; p < partitions; p++) this.#begin(String(p), beginsAt);
  }

  get generation(): number {
    return this.#generation;
  }

  /** Deletes the hub and makes one of the same name: its sequence numbers start over, its offsets are others. */
  makeAgain(nowMs: number): void {
    this.#createdAt = new Date(nowMs).toISOString();
    this.#generation += 1;
    this.#deleted.push(...this.#partitions.values());
    for (const id of this.partitionIds) this.#begin(id, 0);
  }

  #begin(id: string, beginsAt: number): void {
    const generation = this.#generation;
    const waiting = new Set<() => void>();
    this.#partitions.set(id, {
      id,
      generation,
      events: [],
      firstSequenceNumber: beginsAt,
      beginsAt,
      waiting,
    });
  }

  get partitionIds(): string[] {
    return [...this.#partitions.keys()];
  }

  append(partitionId: string, {body, nowMs}: {body: unknown; nowMs: number}): number {
    const partition = this.#partition(partitionId);
    const sequenceNumber = partition.firstSequenceNumber + partition.events.length;
    // The token does not grow with the sequence number, so that nothing can compare or compute it.
    const ofHub = partition.generation === 0 ? '' : `-${partition.generation}`;
    const offset = `${((sequenceNumber * 7919 + 17) % 100_003).toString(36)}-${partitionId}${ofHub}`;
    partition.events.push({sequenceNumber, offset, enqueuedTimeMs: nowMs, body});
    const waiting = [...partition.waiting];
    partition.waiting.clear();
    for (const wake of waiting) wake();
    return sequenceNumber;
  }

  /** Calls back at the next append. @returns how to stop waiting */
  onAppend(partitionId: string, wake: () => void): () => void {
    const {waiting} = this.#partition(partitionId);
    waiting.add(wake);
    return () => waiting.delete(wake);
  }

  expireBefore(partitionId: string, sequenceNumber: number): void {
    const partition = this.#partition(partitionId);
    partition.beginsAt = Math.max(partition.beginsAt, Math.min(sequenceNumber, this.end(partitionId)));
  }

  beginsAt(partitionId: string): number {
    return this.#partition(partitionId).beginsAt;
  }

  /** One beyond the last sequence number. */
  end(partitionId: string): number {
    const {firstSequenceNumber, events} = this.#partition(partitionId);
    return firstSequenceNumber + events.length;
  }

  /** All that was ever sent to the hub as it is now, expired or not. */
  log(partitionId: string): readonly ReceivedEvent[] {
    return this.#partition(partitionId).events;
  }

  /** The same of every hub that had this name, the oldest first. */
  logs(partitionId: string): readonly HubLog[] {
    const before = this.#deleted.filter(({id}) => id === partitionId);
    return [...before, this.#partition(partitionId)];
  }

  /** The sequence number that reading starts at. */
  seek(partitionId: string, position: Position | undefined): number {
    const partition = this.#partition(partitionId);
    if (position === undefined || position.offset === '-1') return partition.beginsAt;
    const event = partition.events.find(({offset}) => offset === position.offset);
    if (event !== undefined) return event.sequenceNumber + 1;
    // An offset of a hub that was deleted means nothing; whatever it gives, nothing of it may be folded.
    const isOfDeleted = this.#deleted.some(({events}) =>
      events.some(({offset}) => offset === position.offset),
    );
    if (!isOfDeleted) throw new Error(`offset ${position.offset} is not of this hub`);
    return partition.beginsAt;
  }

  /** A jump that a restart of the receiver does not mend is a gap by definition, so each place fails once. */
  mayGlitchAt(partitionId: string, sequenceNumber: number): boolean {
    const place = `${this.#generation}/${partitionId}/${sequenceNumber}`;
    if (this.#glitches.has(place)) return false;
    this.#glitches.add(place);
    return true;
  }

  /** Events from a sequence number on, or from the first that has not expired. */
  read(partitionId: string, {from, max}: {from: number; max: number}): readonly ReceivedEvent[] {
    const partition = this.#partition(partitionId);
    const at = Math.max(from, partition.beginsAt) - partition.firstSequenceNumber;
    return partition.events.slice(at, at + max);
  }

  hubFacts(): HubFacts {
    return {createdAt: this.#createdAt, partitionIds: this.partitionIds};
  }

  partitionFacts(partitionId: string): PartitionFacts {
    const partition = this.#partition(partitionId);
    const last = partition.events.at(-1);
    return {
      beginningSequenceNumber: partition.beginsAt,
      lastEnqueuedSequenceNumber: last?.sequenceNumber ?? -1,
      lastEnqueuedOffset: last?.offset ?? '-1',
      lastEnqueuedTimeMs: last?.enqueuedTimeMs ?? 0,
      isEmpty: partition.beginsAt >= this.end(partitionId),
    };
  }

  #partition(id: string): HubPartition {
    const partition = this.#partitions.get(id);
    if (partition === undefined) throw new Error(`no partition ${id}`);
    return partition;
  }
}
