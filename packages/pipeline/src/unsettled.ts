import type {OpenState} from './commit/commit-builder.ts';
import {
  byPlace,
  OpenRangesWriter,
  UnreadOpen,
  type OpenRanges,
  type RecordPlace,
} from './commit/open-ranges.ts';
import {noRecord, type RecordSlot} from './join/open-record.ts';
import type {OpenList} from './join/open-records.ts';

/**
 * The records of one partition that still owe something: those that wait for their diagnostics, and those of the
 * recovered journal that have not been read again yet. Every commit lists both.
 */
export class Unsettled {
  readonly #waiting: OpenList;
  readonly #unread: UnreadOpen;

  constructor({waiting, recovered}: {waiting: OpenList; recovered: OpenRanges}) {
    this.#waiting = waiting;
    this.#unread = new UnreadOpen(recovered);
  }

  get count(): number {
    return this.#waiting.count + this.#unread.size;
  }

  get hasUnread(): boolean {
    return this.#unread.size > 0;
  }

  /** @returns whether the journal lists the record as open; it is taken as read again then */
  readAgain(place: RecordPlace): boolean {
    return this.#unread.take(place);
  }

  /**
   * Those that cannot be read again leave: all once everything has been, else those before the hub's first event.
   * @returns them
   */
  takeLost(where: 'everywhere' | {readonly before: number}): RecordPlace[] {
    if (this.#unread.size === 0) return [];
    const lost = this.#unread
      .places()
      .filter(({sequenceNumber}) => where === 'everywhere' || sequenceNumber < where.before);
    for (const place of lost) this.#unread.take(place);
    return lost;
  }

  /** The least event time of those that wait; Infinity for none. */
  oldestWaitingEventTimeMs(): number {
    const {columns} = this.#waiting.records;
    let oldestMs = Infinity;
    for (const slot of this.#slots()) oldestMs = Math.min(oldestMs, columns.eventTimeMs(slot));
    return oldestMs;
  }

  state(): OpenState {
    const open = new OpenRangesWriter();
    const {columns} = this.#waiting.records;
    if (this.#unread.size === 0) {
      for (const slot of this.#slots()) open.add(columns.sequenceNumber(slot), columns.index(slot));
      const {oldest} = this.#waiting;
      return {
        open,
        oldestOpen: oldest === noRecord ? undefined : columns.sequenceNumber(oldest),
        oldestOpenEventTimeMs: this.oldestWaitingEventTimeMs(),
      };
    }
    // Those not read again yet stay listed, or a crash now would forget them. Their event times are not known yet.
    const places = this.#unread.places();
    for (const slot of this.#slots())
      places.push({sequenceNumber: columns.sequenceNumber(slot), index: columns.index(slot)});
    places.sort(byPlace);
    for (const {sequenceNumber, index} of places) open.add(sequenceNumber, index);
    return {open, oldestOpen: places[0]?.sequenceNumber, oldestOpenEventTimeMs: -Infinity};
  }

  *#slots(): Generator<RecordSlot> {
    let slot = this.#waiting.oldest;
    while (slot !== noRecord) {
      yield slot;
      slot = this.#waiting.records.nextYounger(slot);
    }
  }
}
