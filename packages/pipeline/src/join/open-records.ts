import assert from 'node:assert/strict';
import type {OpenCall} from '../commit/open-ranges.ts';
import type {IdHash} from '../dedupe/id-hash.ts';
import {longerBuffer} from '../flat-array.ts';
import {IdIndex} from './id-index.ts';
import {noRecord, OpenRecord, type RecordOwner, type RecordSlot, type WaitingRecord} from './open-record.ts';
import {RecordColumns, wordsEach} from './record-columns.ts';

/** Places of the links among a record's words. */
const older = 4;
const younger = 5;
/** Another record that waits for the same id. */
const sameId = 6;

/** In no query. */
const idle = 0;
/** Named in a query under way. */
const asked = 1;
/** Settled or dropped while a query names it: the slot is given away only when that has ended. */
const goneWhileAsked = 2;

/** One owner's open records, in the order of reading, hence of enqueueing. Changed by {@link OpenRecords} alone. */
export class OpenList {
  readonly records: OpenRecords;
  readonly owner: RecordOwner;
  oldest: RecordSlot = noRecord;
  youngest: RecordSlot = noRecord;
  count = 0;

  constructor(records: OpenRecords, owner: RecordOwner) {
    this.records = records;
    this.owner = owner;
  }
}

/**
 * The records of all partitions of a worker that wait for their diagnostics: found by the hash of their id, and in a list
 * for each owner. A record enters with `add` and leaves with `remove`; its slot is used again only when no query that
 * named it is under way, so a slot that a query holds never turns into another record.
 */
export class OpenRecords {
  readonly columns = new RecordColumns();
  readonly #byId = new IdIndex(this.columns);
  readonly #lists: OpenList[] = [];
  /** Of the few records that are more than the record at their place. */
  readonly #calls = new Map<RecordSlot, OpenCall>();
  #states = new Uint8Array();
  readonly #free: RecordSlot[] = [];
  #used = 0;
  #count = 0;
  readonly #read = new OpenRecord();
  readonly #hash: IdHash = {a: 0, b: 0, c: 0, d: 0, isGuid: false};

  /** Records that wait. */
  get count(): number {
    return this.#count;
  }

  add(list: OpenList, record: WaitingRecord, hash: IdHash): RecordSlot {
    const slot = this.#free.pop() ?? this.#newSlot();
    this.columns.write(slot, record, hash);
    this.#states[slot] = idle;
    this.#lists[slot] = list;
    if (record.call !== undefined) this.#calls.set(slot, record.call);
    const {words} = this.columns;
    words[slot * wordsEach + older] = list.youngest;
    words[slot * wordsEach + younger] = noRecord;
    words[slot * wordsEach + sameId] = this.find(hash);
    this.#byId.set(slot);
    if (list.youngest === noRecord) list.oldest = slot;
    else words[list.youngest * wordsEach + younger] = slot;
    list.youngest = slot;
    list.count++;
    this.#count++;
    return slot;
  }

  /** The youngest record that waits for the id; {@link nextOfId} leads to the others. */
  find({a, b, c, d}: IdHash): RecordSlot {
    return this.#byId.find(a, b, c, d);
  }

  nextOfId(slot: RecordSlot): RecordSlot {
    return this.columns.words[slot * wordsEach + sameId]!;
  }

  nextYounger(slot: RecordSlot): RecordSlot {
    return this.columns.words[slot * wordsEach + younger]!;
  }

  listOf(slot: RecordSlot): OpenList {
    return this.#lists[slot]!;
  }

  /** How the journal lists the record; undefined: as the record at its place. */
  callOf(slot: RecordSlot): OpenCall | undefined {
    return this.#calls.get(slot);
  }

  /** @returns an object that the next call uses again */
  read(slot: RecordSlot): OpenRecord {
    this.columns.read(slot, this.#read);
    return this.#read;
  }

  /** The hash of the record's id. @returns an object that the next call uses again */
  hashOf(slot: RecordSlot): IdHash {
    const {words} = this.columns;
    const at = slot * wordsEach;
    const hash = this.#hash;
    hash.a = words[at]!;
    hash.b = words[at + 1]!;
    hash.c = words[at + 2]!;
    hash.d = words[at + 3]!;
    return hash;
  }

  remove(slot: RecordSlot): void {
    const {words} = this.columns;
    const list = this.#lists[slot]!;
    const [before, after] = [words[slot * wordsEach + older]!, words[slot * wordsEach + younger]!];
    assert((before === noRecord ? list.oldest : words[before * wordsEach + younger]) === slot);
    if (before === noRecord) list.oldest = after;
    else words[before * wordsEach + younger] = after;
    if (after === noRecord) list.youngest = before;
    else words[after * wordsEach + older] = before;
    list.count--;
    this.#count--;
    this.#calls.delete(slot);
    this.#removeFromId(slot);
    if (this.#states[slot] === idle) this.#giveAway(slot);
    else this.#states[slot] = goneWhileAsked;
  }

  isAsked(slot: RecordSlot): boolean {
    return this.#states[slot] === asked;
  }

  /** A query names these from now on. */
  ask(slots: readonly RecordSlot[]): void {
    for (const slot of slots) this.#states[slot] = asked;
  }

  /**
   * The query that named it has ended.
   * @returns whether the record still waits; if not, the slot is free now
   */
  answered(slot: RecordSlot): boolean {
    const waits = this.#states[slot] === asked;
    this.#states[slot] = idle;
    if (!waits) this.#giveAway(slot);
    return waits;
  }

  #giveAway(slot: RecordSlot): void {
    this.columns.forget(slot);
    this.#free.push(slot);
  }

  #newSlot(): RecordSlot {
    if (this.#used === this.columns.slots) {
      this.columns.grow();
      this.#states = new Uint8Array(longerBuffer(this.#states, this.columns.slots));
    }
    return this.#used++;
  }

  #removeFromId(slot: RecordSlot): void {
    const {words} = this.columns;
    const next = words[slot * wordsEach + sameId]!;
    const first = this.find(this.hashOf(slot));
    if (first !== slot) {
      let at = first;
      while (words[at * wordsEach + sameId] !== slot) at = words[at * wordsEach + sameId]!;
      words[at * wordsEach + sameId] = next;
    } else if (next === noRecord) this.#byId.delete(slot);
    else this.#byId.set(next);
  }
}
