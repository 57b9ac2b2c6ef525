import assert from 'node:assert/strict';
import type {OpenCall} from '../commit/open-ranges.ts';
import type {EventRecord, Part, PartKind} from '../decode/gateway-event.ts';
import type {ReadRecord} from './read-half.ts';

/**
 * Calls of one partition whose other half has not come; at this many the oldest goes on as it is, as if its wait were
 * over. Some 500 calls a second for `join.mergeWait` of 2 minutes; each takes about a kilobyte.
 */
export const callsWaitingMax = 60_000;

/** A part as the pipeline reads it: its record says which call it belongs to. */
export interface ReadHalf extends ReadRecord {
  readonly record: EventRecord & {readonly part: Part};
}

/**
 * Halves of calls that are told in several events. A half enters when it is read; a call leaves whole, once it is told
 * completely, has waited long enough, or is the oldest of too many.
 */
export class WaitingHalves {
  /** By the shape's own id of the call, in the order of their first halves. */
  readonly #calls = new Map<string, ReadHalf[]>();
  #count = 0;

  /** Halves that wait. */
  get count(): number {
    return this.#count;
  }

  /** Calls that wait. */
  get size(): number {
    return this.#calls.size;
  }

  has(key: string): boolean {
    return this.#calls.has(key);
  }

  /** Whether a repeat of a half that waits is worth keeping: it tells the counts that the first telling did not. */
  wants({record}: ReadHalf): boolean {
    const parts = this.#calls.get(record.part.key);
    return parts !== undefined && record.event.tokenSource !== 'unknown' && !parts.some(tellsTokens);
  }

  /** @returns calls that wait no longer: this one where it is complete, or the oldest of too many */
  add(half: ReadHalf): readonly (readonly ReadHalf[])[] {
    const {key} = half.record.part;
    const parts = this.#calls.get(key);
    if (parts === undefined) this.#calls.set(key, [half]);
    else parts.push(half);
    this.#count++;
    if (isComplete(parts ?? [half])) return [this.#take(key)];
    if (this.#calls.size <= callsWaitingMax) return [];
    const [oldest] = this.#calls.keys();
    return [this.#take(oldest!)];
  }

  /** As after a recovery: what one owner before had gathered of a call, complete or not. */
  restore(parts: readonly ReadHalf[]): void {
    const [first] = parts;
    assert(first !== undefined && !this.#calls.has(first.record.part.key), 'a call waits once');
    this.#calls.set(first.record.part.key, [...parts]);
    this.#count += parts.length;
  }

  /** Calls whose first half was enqueued before one time, or read here until another. They leave. */
  takeOld({enqueuedBeforeMs = -Infinity, readUntilMs = -Infinity}): (readonly ReadHalf[])[] {
    const old: (readonly ReadHalf[])[] = [];
    for (const [key, [first]] of this.#calls) {
      // Restored calls may stand behind younger ones; they leave with these, or a little later.
      if (first!.enqueuedTimeMs >= enqueuedBeforeMs && first!.readAtMs > readUntilMs) break;
      old.push(this.#take(key));
    }
    return old;
  }

  /** As the journal lists them. */
  *open(): Generator<OpenCall & {readonly oldestEventTimeMs: number}> {
    for (const parts of this.#calls.values()) {
      yield {
        places: parts.flatMap(({sequenceNumber, index}) => [sequenceNumber, index]),
        owes: 'both',
        oldestEventTimeMs: Math.min(...parts.map(({record}) => record.event.eventTimeMs)),
      };
    }
  }

  #take(key: string): readonly ReadHalf[] {
    const parts = this.#calls.get(key)!;
    this.#calls.delete(key);
    this.#count -= parts.length;
    return parts;
  }
}

/** A call is told completely by its request and what came of it: an error, or a response with its counts. */
function isComplete(parts: readonly ReadHalf[]): boolean {
  const has = (kind: PartKind): boolean => parts.some(({record}) => record.part.kind === kind);
  return has('request') && (has('error') || (has('response') && parts.some(tellsTokens)));
}

function tellsTokens({record}: ReadHalf): boolean {
  return record.event.tokenSource !== 'unknown';
}
