import type {DecodedRecord, EventRecord} from '@weir/pipeline';
import type {SourceEvent} from '../sources/event-source.ts';

/** A record that told token counts. */
export interface Teller {
  readonly sequenceNumber: number;
  /** Within its event. */
  readonly index: number;
  readonly enqueuedTimeMs: number;
  readonly requestId: string | undefined;
}

/** Whether the worker has counted the tokens of a record with another event. */
export type ToldBefore =
  | {readonly kind: 'told before'; readonly by: Teller}
  /** An event enqueued from `fromMs` on may have told them, and not all of these were looked at. */
  | {readonly kind: 'perhaps told before'; readonly fromMs: number};

/** Sets of counts remembered at a time, of one partition: some 50 MB. Beyond, the oldest are forgotten before their horizon. */
const tellersMax = 200_000;

interface Told {
  readonly first: Teller;
  /** Each telling renews it, as in the worker's memory. */
  latestMs: number;
}

/**
 * The token counts that were told in one partition, see `EventRecord.tokensOf`: of several tellings, each within the horizon
 * after the one before, the worker counts the first. A set of counts enters with its first telling and leaves when the
 * horizon has passed since its latest.
 */
export class ToldCounts {
  readonly #horizonMs: number;
  readonly #tellersMax: number;
  /** In the order of their latest telling. */
  readonly #told = new Map<string, Told>();
  /** Every event enqueued from then on has been looked at. Undefined before the first event. */
  #knownFromMs: number | undefined;
  readonly #windowFromMs: number | undefined;
  #lastSequenceNumber = -1;

  /** @param options.windowFromMs from where on the source has every event that has not expired, where that is known */
  constructor(options: {horizonMs: number; windowFromMs: number | undefined; tellersMax?: number}) {
    this.#horizonMs = options.horizonMs;
    this.#windowFromMs = options.windowFromMs;
    this.#tellersMax = options.tellersMax ?? tellersMax;
  }

  /** The next event of the partition is looked at. Where one is out of order nothing that follows is known to be complete. */
  reach({sequenceNumber, enqueuedTimeMs}: Pick<SourceEvent, 'sequenceNumber' | 'enqueuedTimeMs'>): void {
    if (this.#knownFromMs === undefined) {
      const isLogsFirst = sequenceNumber === 0;
      this.#knownFromMs = isLogsFirst ? -Infinity : (this.#windowFromMs ?? enqueuedTimeMs);
    } else if (sequenceNumber < this.#lastSequenceNumber) this.#knownFromMs = Infinity;
    else if (sequenceNumber > this.#lastSequenceNumber + 1) {
      this.#knownFromMs = Math.max(this.#knownFromMs, enqueuedTimeMs);
    }
    this.#lastSequenceNumber = Math.max(this.#lastSequenceNumber, sequenceNumber);
  }

  /** A record of the event that was reached last tells these counts. */
  tell(tokensOf: string, teller: Teller): ToldBefore | undefined {
    const {enqueuedTimeMs} = teller;
    const fromMs = enqueuedTimeMs - this.#horizonMs;
    this.#forgetBefore(fromMs);
    const known = this.#told.get(tokensOf);
    const isToldBefore = known !== undefined && isBefore(known.first, teller);
    this.#told.delete(tokensOf);
    const latestMs = Math.max(known?.latestMs ?? enqueuedTimeMs, enqueuedTimeMs);
    this.#told.set(tokensOf, {first: known?.first ?? teller, latestMs});
    const isKnown = (this.#knownFromMs ?? Infinity) <= fromMs;
    this.#keepBounded();
    if (isToldBefore) return {kind: 'told before', by: known.first};
    return isKnown ? undefined : {kind: 'perhaps told before', fromMs};
  }

  #forgetBefore(fromMs: number): void {
    for (const [tokensOf, {latestMs}] of this.#told) {
      if (latestMs >= fromMs) return;
      this.#told.delete(tokensOf);
    }
  }

  #keepBounded(): void {
    if (this.#told.size <= this.#tellersMax) return;
    for (const [tokensOf, {latestMs}] of this.#told) {
      this.#told.delete(tokensOf);
      this.#knownFromMs = Math.max(this.#knownFromMs ?? -Infinity, latestMs + 1);
      return;
    }
  }
}

/** A file may have the same record twice. */
function isBefore(one: Teller, other: Teller): boolean {
  const isSameEvent = one.sequenceNumber === other.sequenceNumber;
  return isSameEvent ? one.index < other.index : one.sequenceNumber < other.sequenceNumber;
}

const noneToldBefore: ReadonlyMap<number, ToldBefore> = new Map();

/** The worker remembers what was told partition by partition. */
export class CountsByPartition {
  readonly #options: {readonly horizonMs: number; readonly windowFromMs: number | undefined};
  readonly #partitions = new Map<string, ToldCounts>();

  constructor(options: {horizonMs: number; windowFromMs: number | undefined}) {
    this.#options = options;
  }

  /** Every event of the source, each partition in its order. @returns by the index of the record */
  look(event: SourceEvent, records: readonly DecodedRecord[]): ReadonlyMap<number, ToldBefore> {
    const {partition, sequenceNumber, enqueuedTimeMs} = event;
    const counts = this.#partitions.get(partition) ?? new ToldCounts(this.#options);
    this.#partitions.set(partition, counts);
    counts.reach(event);
    if (!records.some(tellsCounts)) return noneToldBefore;
    const toldBefore = new Map<number, ToldBefore>();
    for (const [index, record] of records.entries()) {
      if (!tellsCounts(record)) continue;
      const {requestId} = record.event;
      const told = counts.tell(record.tokensOf, {sequenceNumber, index, enqueuedTimeMs, requestId});
      if (told !== undefined) toldBefore.set(index, told);
    }
    return toldBefore;
  }
}

/** Whether it is of a shape that sends the counts of a call again with another; a part of a call is not judged by them. */
function tellsCounts(record: DecodedRecord): record is EventRecord & {readonly tokensOf: string} {
  return record.kind === 'event' && record.tokensOf !== undefined && record.part === undefined;
}
