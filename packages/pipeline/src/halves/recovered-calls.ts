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
  /** Of the calls that owe their fold and of which a half was read again, but not all. */
  readonly #keys = new Set<string>();

  constructor(calls: readonly OpenCall[] = []) {
    this.#calls = new Set(calls.map((call) => ({call, records: []})));
    for (const gathering of this.#calls)
      for (const place of placesOf(gathering.call)) this.#gathering.set(keyOf(place), gathering);
  }

  get size(): number {
    return this.#calls.size;
  }

  /** Whether a half of this key was read again whose call is not complete and has not been folded. */
  gathers(key: string): boolean {
    return this.#keys.has(key);
  }

  /** Those that are not complete yet. */
  get calls(): readonly OpenCall[] {
    return [...this.#calls].map(({call}) => call);
  }

  /** @returns undefined: of no call; `gathering`: others of its call are still to come */
  readAgain(record: ReadRecord): RereadCall | 'gathering' | undefined {
    const gathering = this.#gathering.get(keyOf(record));
    if (gathering === undefined) return undefined;
    this.#gathering.delete(keyOf(record));
    const {call, records} = gathering;
    records.push(record);
    const key = record.record.part?.key;
    if (records.length * 2 < call.places.length) {
      if (key !== undefined && call.owes === 'both') this.#keys.add(key);
      return 'gathering';
    }
    if (key !== undefined) this.#keys.delete(key);
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
      for (const {record} of gathering.records)
        if (record.part !== undefined) this.#keys.delete(record.part.key);
      lost.push(unread[0]!);
    }
    return lost;
  }
}

function keyOf({sequenceNumber, index}: RecordPlace): string {
  return `${sequenceNumber}/${index}`;
}
