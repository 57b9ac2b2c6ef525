import {guidOf, type IdHash} from '../dedupe/id-hash.ts';
import type {TokenSource} from '../decode/gateway-event.ts';
import type {CountedEvent} from '../fold/counted-event.ts';
import {longerBuffer} from '../flat-array.ts';
import type {OpenRecord, RecordSlot, WaitingRecord} from './open-record.ts';
import {SharedTexts} from './shared-texts.ts';

const initialSlots = 1_024;

/** Places of a record's numbers. */
const sequenceNumber = 0;
const index = 1;
const enqueuedTimeMs = 2;
const ownTimeMs = 3;
const eventTimeMs = 4;
const waitingSinceMs = 5;
const nextSweepMs = 6;
const status = 7;
const promptTokens = 8;
const completionTokens = 9;
const totalTokens = 10;
const cachedTokens = 11;
const reasoningTokens = 12;
const remainingRequests = 13;
const remainingTokens = 14;
/** Whether it streamed, and where its token counts come from. */
const kinds = 15;
const numbersEach = 16;

/** Of a record's words the first four are the hash of its id; the others belong to the lists it is in. */
const hashWords = 4;
export const wordsEach = 8;

/** Numbers of the texts of region, deployment, model, consumer and product, in this order. */
const textsEach = 5;
type Texts = Pick<CountedEvent, 'region' | 'deployment' | 'model' | 'consumer' | 'product'>;

const tokenSources: readonly TokenSource[] = ['reported', 'summed', 'estimated', 'unknown'];
const streams: readonly (boolean | undefined)[] = [undefined, false, true];

/**
 * The fields of open records in flat arrays: 180 bytes each and no object. Hundreds of thousands wait for
 * minutes, and as objects each of them would be copied and walked by the collector, which cost more than joining them.
 * The arrays grow to the most that ever waited at once and keep that size.
 */
export class RecordColumns {
  #slots = 0;
  #numbers = new Float64Array();
  /** Eight for each slot: four of the hash of its id, four for the lists that the slot is in. */
  words = new Int32Array();
  readonly stride = wordsEach;
  #texts = new Int32Array();
  readonly #shared: SharedTexts;
  /** Texts of records that came when there were too many different ones to number. */
  readonly #ownTexts = new Map<RecordSlot, Texts>();
  /** Request ids that are no GUIDs; a GUID is made again from its hash. */
  readonly #ids = new Map<RecordSlot, string>();

  constructor(shared = new SharedTexts()) {
    this.#shared = shared;
  }

  get slots(): number {
    return this.#slots;
  }

  grow(): void {
    this.#slots = Math.max(initialSlots, this.#slots * 2);
    this.#numbers = new Float64Array(longerBuffer(this.#numbers, this.#slots * numbersEach));
    this.words = new Int32Array(longerBuffer(this.words, this.#slots * wordsEach));
    this.#texts = new Int32Array(longerBuffer(this.#texts, this.#slots * textsEach));
  }

  write(slot: RecordSlot, record: WaitingRecord, hash: IdHash): void {
    const {event} = record;
    const numbers = this.#numbers;
    const n = slot * numbersEach;
    numbers[n + sequenceNumber] = record.sequenceNumber;
    numbers[n + index] = record.index;
    numbers[n + enqueuedTimeMs] = record.enqueuedTimeMs;
    numbers[n + ownTimeMs] = record.ownTimeMs;
    numbers[n + eventTimeMs] = record.eventTimeMs;
    numbers[n + waitingSinceMs] = record.waitingSinceMs;
    numbers[n + nextSweepMs] = 0;
    numbers[n + status] = event.status ?? NaN;
    numbers[n + promptTokens] = event.promptTokens ?? NaN;
    numbers[n + completionTokens] = event.completionTokens ?? NaN;
    numbers[n + totalTokens] = event.totalTokens ?? NaN;
    numbers[n + cachedTokens] = event.cachedTokens ?? NaN;
    numbers[n + reasoningTokens] = event.reasoningTokens ?? NaN;
    numbers[n + remainingRequests] = event.remainingRequests ?? NaN;
    numbers[n + remainingTokens] = event.remainingTokens ?? NaN;
    numbers[n + kinds] =
      tokenSources.indexOf(event.tokenSource) * streams.length + streams.indexOf(event.stream);
    const {words} = this;
    const w = slot * wordsEach;
    words[w] = hash.a;
    words[w + 1] = hash.b;
    words[w + 2] = hash.c;
    words[w + 3] = hash.d;
    if (!hash.isGuid) this.#ids.set(slot, event.requestId);
    this.#writeTexts(slot, event);
  }

  /** The slot is free: what it held beside the arrays goes. */
  forget(slot: RecordSlot): void {
    if (this.#ids.size > 0) this.#ids.delete(slot);
    if (this.#ownTexts.size > 0) this.#ownTexts.delete(slot);
  }

  read(slot: RecordSlot, into: OpenRecord): void {
    const numbers = this.#numbers;
    const n = slot * numbersEach;
    into.sequenceNumber = numbers[n + sequenceNumber]!;
    into.index = numbers[n + index]!;
    into.enqueuedTimeMs = numbers[n + enqueuedTimeMs]!;
    into.eventTimeMs = numbers[n + eventTimeMs]!;
    into.status = known(numbers[n + status]!);
    into.promptTokens = known(numbers[n + promptTokens]!);
    into.completionTokens = known(numbers[n + completionTokens]!);
    into.totalTokens = known(numbers[n + totalTokens]!);
    into.cachedTokens = known(numbers[n + cachedTokens]!);
    into.reasoningTokens = known(numbers[n + reasoningTokens]!);
    into.remainingRequests = known(numbers[n + remainingRequests]!);
    into.remainingTokens = known(numbers[n + remainingTokens]!);
    const kind = numbers[n + kinds]!;
    into.tokenSource = tokenSources[Math.floor(kind / streams.length)]!;
    into.stream = streams[kind % streams.length];
    this.#readTexts(slot, into);
  }

  sequenceNumber(slot: RecordSlot): number {
    return this.#numbers[slot * numbersEach + sequenceNumber]!;
  }

  index(slot: RecordSlot): number {
    return this.#numbers[slot * numbersEach + index]!;
  }

  enqueuedTimeMs(slot: RecordSlot): number {
    return this.#numbers[slot * numbersEach + enqueuedTimeMs]!;
  }

  ownTimeMs(slot: RecordSlot): number {
    return this.#numbers[slot * numbersEach + ownTimeMs]!;
  }

  eventTimeMs(slot: RecordSlot): number {
    return this.#numbers[slot * numbersEach + eventTimeMs]!;
  }

  waitingSinceMs(slot: RecordSlot): number {
    return this.#numbers[slot * numbersEach + waitingSinceMs]!;
  }

  /** When the sweep may ask for it next, by the service's clock. */
  nextSweepMs(slot: RecordSlot): number {
    return this.#numbers[slot * numbersEach + nextSweepMs]!;
  }

  sweepNextAt(slot: RecordSlot, ms: number): void {
    this.#numbers[slot * numbersEach + nextSweepMs] = ms;
  }

  requestId(slot: RecordSlot): string {
    const text = this.#ids.get(slot);
    if (text !== undefined) return text;
    const [a, b, c, d] = this.words.subarray(slot * wordsEach, slot * wordsEach + hashWords);
    return guidOf({a: a!, b: b!, c: c!, d: d!});
  }

  #writeTexts(slot: RecordSlot, {region, deployment, model, consumer, product}: Texts): void {
    const shared = this.#shared;
    const texts = this.#texts;
    const t = slot * textsEach;
    texts[t] = shared.numberOf(region);
    texts[t + 1] = shared.numberOf(deployment);
    texts[t + 2] = shared.numberOf(model);
    texts[t + 3] = shared.numberOf(consumer);
    texts[t + 4] = shared.numberOf(product);
    const least = Math.min(texts[t], texts[t + 1]!, texts[t + 2]!, texts[t + 3]!, texts[t + 4]!);
    if (least < 0) this.#ownTexts.set(slot, {region, deployment, model, consumer, product});
  }

  #readTexts(slot: RecordSlot, into: OpenRecord): void {
    const own = this.#ownTexts.size > 0 ? this.#ownTexts.get(slot) : undefined;
    if (own !== undefined) {
      Object.assign(into, own);
      return;
    }
    const shared = this.#shared;
    const texts = this.#texts;
    const t = slot * textsEach;
    into.region = shared.textOf(texts[t]!);
    into.deployment = shared.textOf(texts[t + 1]!);
    into.model = shared.textOf(texts[t + 2]!);
    into.consumer = shared.textOf(texts[t + 3]!);
    into.product = shared.textOf(texts[t + 4]!);
  }
}

function known(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}
