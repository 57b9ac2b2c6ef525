import type {OpenState} from '../commit/commit-builder.ts';
import {
  byPlace,
  OpenRangesWriter,
  UnreadOpen,
  type OpenCall,
  type OpenRanges,
  type RecordPlace,
} from '../commit/open-ranges.ts';
import type {ReadRecord} from '../halves/read-half.ts';
import {RecoveredCalls, type RereadCall} from '../halves/recovered-calls.ts';
import type {WaitingHalves} from '../halves/waiting-halves.ts';
import {noRecord, type RecordSlot} from '../join/open-record.ts';
import type {OpenList} from '../join/open-records.ts';

/**
 * The records of one partition that still owe something: those that wait for their diagnostics, halves that wait for
 * the other, and those of the recovered journal that have not been read again yet. Every commit lists all of them.
 */
export class Unsettled {
  readonly #waiting: OpenList;
  readonly #halves: WaitingHalves;
  readonly #unread: UnreadOpen;
  readonly #recoveredCalls: RecoveredCalls;

  constructor({
    waiting,
    halves,
    recovered,
  }: {
    waiting: OpenList;
    halves: WaitingHalves;
    recovered: OpenRanges;
  }) {
    this.#waiting = waiting;
    this.#halves = halves;
    this.#unread = new UnreadOpen(recovered);
    this.#recoveredCalls = new RecoveredCalls(recovered.calls);
  }

  /** A call counts once, however many halves of it there are. */
  get count(): number {
    return this.#waiting.count + this.#halves.size + this.#unread.size + this.#recoveredCalls.size;
  }

  get hasUnread(): boolean {
    return this.#unread.size + this.#recoveredCalls.size > 0;
  }

  /** Whether the journal lists a record as open that has not been read again yet, by itself or in a call. */
  isUnread(place: RecordPlace): boolean {
    return this.#unread.has(place) || this.#recoveredCalls.has(place);
  }

  /** @returns whether the journal lists the record as open by itself; it is taken as read again then */
  readAgain(place: RecordPlace): boolean {
    return this.#unread.take(place);
  }

  /** @returns undefined: it is of no call that the journal lists; `gathering`: others of its call are still to come */
  readAgainOfCall(record: ReadRecord): RereadCall | 'gathering' | undefined {
    return this.#recoveredCalls.readAgain(record);
  }

  /**
   * Those that cannot be read again leave: all once everything has been, else those before the hub's first event.
   * @returns them
   */
  takeLost(where: 'everywhere' | {readonly before: number}): RecordPlace[] {
    if (!this.hasUnread) return [];
    const lost = this.#unread
      .places()
      .filter(({sequenceNumber}) => where === 'everywhere' || sequenceNumber < where.before);
    for (const place of lost) this.#unread.take(place);
    return [...lost, ...this.#recoveredCalls.takeLost(where)].sort(byPlace);
  }

  /** The least event time of what waits, for its diagnostics or for its other half; Infinity for nothing. */
  oldestWaitingEventTimeMs(): number {
    const {columns} = this.#waiting.records;
    let oldestMs = this.oldestHalfEventTimeMs();
    for (const slot of this.#slots()) oldestMs = Math.min(oldestMs, columns.eventTimeMs(slot));
    return oldestMs;
  }

  /** The least event time of what is not folded yet; Infinity for nothing. */
  oldestHalfEventTimeMs(): number {
    let oldestMs = Infinity;
    for (const {oldestEventTimeMs} of this.#halves.open()) oldestMs = Math.min(oldestMs, oldestEventTimeMs);
    return oldestMs;
  }

  state(): OpenState {
    const open = new OpenRangesWriter();
    let oldestOpen = Infinity;
    const add = (sequenceNumber: number, index: number): void => {
      oldestOpen = Math.min(oldestOpen, sequenceNumber);
      open.add(sequenceNumber, index);
    };
    const addCall = (call: OpenCall): void => {
      oldestOpen = Math.min(oldestOpen, call.places[0]!);
      open.addCall(call);
    };
    const {records} = this.#waiting;
    const {columns} = records;
    let oldestOpenEventTimeMs = Infinity;
    let oldestHalfEventTimeMs = Infinity;
    const unread = this.#unread.places();
    for (const slot of this.#slots()) {
      const call = records.callOf(slot);
      const [sequenceNumber, index] = [columns.sequenceNumber(slot), columns.index(slot)];
      oldestOpenEventTimeMs = Math.min(oldestOpenEventTimeMs, columns.eventTimeMs(slot));
      if (call !== undefined) addCall(call);
      else if (unread.length === 0) add(sequenceNumber, index);
      else unread.push({sequenceNumber, index});
    }
    for (const {sequenceNumber, index} of unread.sort(byPlace)) add(sequenceNumber, index);
    for (const {places, owes, oldestEventTimeMs} of this.#halves.open()) {
      addCall({places, owes});
      oldestHalfEventTimeMs = Math.min(oldestHalfEventTimeMs, oldestEventTimeMs);
    }
    for (const call of this.#recoveredCalls.calls) addCall(call);
    return {
      open,
      oldestOpen: oldestOpen === Infinity ? undefined : oldestOpen,
      // Of those not read again yet the event times are not known.
      oldestOpenEventTimeMs: this.hasUnread
        ? -Infinity
        : Math.min(oldestOpenEventTimeMs, oldestHalfEventTimeMs),
      oldestHalfEventTimeMs,
    };
  }

  *#slots(): Generator<RecordSlot> {
    let slot = this.#waiting.oldest;
    while (slot !== noRecord) {
      yield slot;
      slot = this.#waiting.records.nextYounger(slot);
    }
  }
}
