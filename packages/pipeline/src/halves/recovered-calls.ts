import {placesOf, type OpenCall, type RecordPlace} from '../commit/open-ranges.ts';
import type {ReadRecord} from './read-half.ts';

/** A call of the recovered journal, all of whose records have been read again. */
export interface RereadCall {
  readonly call: OpenCall;
  /** In the order of the call's places. */
  readonly records: readonly ReadRecord[];
}

interface Gathering {
  readonly call: OpenCall;
  readonly records: ReadRecord[];
}

/**
 * The calls that a recovered journal lists as open, until each of their records has been read again. A call leaves whole
 * then; one that a record of is not found again is lost as a whole, for what it counted with cannot be known any more.
 */
export class RecoveredCalls {
  readonly #gathering = new Map<string, Gathering>();
  readonly #calls: Set<Gathering>;

  constructor(calls: readonly OpenCall[] = []) {
    this.#calls = new Set(calls.map((call) => ({call, records: []})));
    for (const gathering of this.#calls)
      for (const place of placesOf(gathering.call)) this.#gathering.set(keyOf(place), gathering);
  }

  get size(): number {
    return this.#calls.size;
  }

  /** Those that are not complete yet. */
  get calls(): readonly OpenCall[] {
    return [...this.#calls].map(({call}) => call);
  }

  /** Whether the record is one of a call's that has not been read again. */
  has(place: RecordPlace): boolean {
    return this.#gathering.has(keyOf(place));
  }

  /** @returns undefined: of no call; `gathering`: others of its call are still to come */
  readAgain(record: ReadRecord): RereadCall | 'gathering' | undefined {
    const gathering = this.#gathering.get(keyOf(record));
    if (gathering === undefined) return undefined;
    this.#gathering.delete(keyOf(record));
    const {call, records} = gathering;
    records.push(record);
    if (records.length * 2 < call.places.length) return 'gathering';
    this.#calls.delete(gathering);
    return {
      call,
      records: placesOf(call).map((place) => records.find((one) => keyOf(one) === keyOf(place))!),
    };
  }

  /** Calls with a record that was not read again and lies there leave; their first places stand for them. */
  takeLost(where: 'everywhere' | {readonly before: number}): RecordPlace[] {
    const lost: RecordPlace[] = [];
    for (const gathering of this.#calls) {
      const unread = placesOf(gathering.call).filter((place) => this.#gathering.has(keyOf(place)));
      if (where !== 'everywhere' && unread.every(({sequenceNumber}) => sequenceNumber >= where.before))
        continue;
      for (const place of unread) this.#gathering.delete(keyOf(place));
      this.#calls.delete(gathering);
      lost.push(unread[0]!);
    }
    return lost;
  }
}

function keyOf({sequenceNumber, index}: RecordPlace): string {
  return `${sequenceNumber}/${index}`;
}
