import type {HubFacts, PartitionFacts, Position, ReceivedEvent} from '@weir/pipeline';

/** Everything that was ever sent to one partition; what expired is out of reach, not forgotten. */
interface HubPartition {
  readonly id: string;
  readonly events: ReceivedEvent[];
  readonly firstSequenceNumber: number;
  /** The first that can still be read. */
  beginsAt: number;
  readonly waiting: Set<() => void>;
}

/** The event hub itself: logs with sequence numbers, opaque offsets, and a retention that the run decides. */
export class SimulatedHub {
  readonly createdAt: string;
  readonly #partitions = new Map<string, HubPartition>();
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
    this.createdAt = new Date(createdAtMs).toISOString();
    for (let p = 0; p < partitions; p++) {
      const id = String(p);
      this.#partitions.set(id, {id, events: [], firstSequenceNumber: beginsAt, beginsAt, waiting: new Set()});
    }
  }

  get partitionIds(): string[] {
    return [...this.#partitions.keys()];
  }

  append(partitionId: string, {body, nowMs}: {body: unknown; nowMs: number}): number {
    const partition = this.#partition(partitionId);
    const sequenceNumber = partition.firstSequenceNumber + partition.events.length;
    // The token does not grow with the sequence number, so that nothing can compare or compute it.
    const offset = `${((sequenceNumber * 7919 + 17) % 100_003).toString(36)}-${partitionId}`;
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

  /** All that was ever sent, expired or not. */
  log(partitionId: string): readonly ReceivedEvent[] {
    return this.#partition(partitionId).events;
  }

  /** The sequence number that reading starts at. */
  seek(partitionId: string, position: Position | undefined): number {
    const partition = this.#partition(partitionId);
    if (position === undefined || position.offset === '-1') return partition.beginsAt;
    const event = partition.events.find(({offset}) => offset === position.offset);
    if (event === undefined) throw new Error(`offset ${position.offset} is not of this hub`);
    return event.sequenceNumber + 1;
  }

  /** A jump that a restart of the receiver does not mend is a gap by definition, so each place fails once. */
  mayGlitchAt(partitionId: string, sequenceNumber: number): boolean {
    const place = `${partitionId}/${sequenceNumber}`;
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
    return {createdAt: this.createdAt, partitionIds: this.partitionIds};
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
