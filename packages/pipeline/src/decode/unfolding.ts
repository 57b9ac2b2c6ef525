import {readBodyText, withoutByteOrderMark} from './body-text.ts';
import type {BodyText} from './body-text.ts';
import type {DeadLetterReason, DecodedRecord} from './gateway-event.ts';
import {holdsJsonLine, isCertainlyLines, linesOf, mayBeJson, notJson, parseJson} from './json-text.ts';
import type {ObjectReader} from './object-reader.ts';
import {salvageBytesMin} from './salvage.ts';
import {isJsonObject} from './shape.ts';
import type {JsonObject} from './shape.ts';
import {readTornJson} from './torn-json.ts';

/** Records of one body; what is more becomes one dead letter. 1 MiB of the smallest real events holds some 5,000. */
export const recordsMax = 10_000;

/** Arrays entered: AMQP's sequence sections, each one's elements, the `records` of one of these. */
const nestingMax = 3;

/** JSON in a text, and JSON in a JSON string in a text. */
const textLayersMax = 2;

/** How far inside of the body a value stands: JSON texts unpacked, arrays entered. */
interface Depth {
  readonly layer: number;
  readonly nesting: number;
}

/**
 * Takes one body apart, down to the objects that are records: text, arrays, lines, `records` wrappers. Each element
 * leaves at least one record, bad ones a malformed one beside their good neighbours. Lives for one body.
 */
export class Unfolding {
  readonly records: DecodedRecord[] = [];
  readonly #reader: ObjectReader;
  readonly #enqueuedTimeMs: number;
  #isFull = false;

  constructor(reader: ObjectReader, enqueuedTimeMs: number) {
    this.#reader = reader;
    this.#enqueuedTimeMs = enqueuedTimeMs;
  }

  /** A body, or an element of an AMQP sequence. */
  value(value: unknown, depth: Depth): void {
    if (typeof value === 'string') this.#string(value, depth);
    else if (value instanceof Uint8Array) this.#text(readBodyText(value), depth);
    else if (Array.isArray(value)) this.#array(value, depth);
    else if (isJsonObject(value)) this.#object(value, depth);
    else this.#malformed('not an object');
  }

  #string(text: string, depth: Depth): void {
    if (depth.layer >= textLayersMax) return this.#malformed('not an object');
    // Its bytes are counted only if it turns out to be torn.
    this.#text({kind: 'text', text: withoutByteOrderMark(text), byteLength: undefined, cut: false}, depth);
  }

  #text(body: BodyText, {layer, nesting}: Depth): void {
    if (body.kind === 'unreadable') return this.#malformed(body.reason);
    const inside = {layer: layer + 1, nesting};
    if (body.cut) {
      if (!this.#torn(body.text, body.byteLength, inside)) this.#malformed('not UTF-8');
      return;
    }
    if (isCertainlyLines(body.text)) return this.#lines(body, inside);
    const record = mayBeJson(body.text) ? undefined : this.#reader.readText(body.text, this.#enqueuedTimeMs);
    if (record !== undefined) return this.#add(record);
    const value = parseJson(body.text);
    if (value !== notJson) this.value(value, inside);
    else if (body.text.trim() === '') this.#malformed('empty');
    else if (holdsJsonLine(body.text)) this.#lines(body, inside);
    else this.#notJson(body.text, body.byteLength, inside);
  }

  #lines({text, byteLength}: {text: string; byteLength: number | undefined}, depth: Depth): void {
    const lastStart = text.trimEnd().lastIndexOf('\n') + 1;
    const lastLine = text.slice(lastStart);
    for (const line of linesOf(text)) {
      if (this.#isFull) return;
      const value = parseJson(line);
      if (value !== notJson) this.value(value, depth);
      // A body that was cut at the gateway's limit is torn in its last line.
      else this.#notJson(line, line === lastLine ? (byteLength ?? Buffer.byteLength(text)) : 0, depth);
    }
  }

  #notJson(text: string, byteLength: number | undefined, depth: Depth): void {
    if (this.#torn(text, byteLength, depth)) return;
    const record = this.#reader.readText(text, this.#enqueuedTimeMs);
    if (record !== undefined) return this.#add(record);
    // A string inside of JSON that is no JSON itself is just a string.
    this.#malformed(depth.layer >= textLayersMax ? 'not an object' : 'not JSON');
  }

  /** False when the text does not begin as JSON and break off. */
  #torn(text: string, byteLength: number | undefined, depth: Depth): boolean {
    const torn = readTornJson(text);
    if (torn === undefined) return false;
    const value = parseJson(torn.repaired);
    if (value === notJson) return false;
    if ((byteLength ?? Buffer.byteLength(text)) < salvageBytesMin) this.#malformed('truncated');
    else this.#save(value, torn.depth, depth);
    return true;
  }

  /** `open` brackets of the value, its own among them, were not closed where the text broke off. */
  #save(value: unknown, open: number, depth: Depth): void {
    if (Array.isArray(value)) return this.#saveArray(value, open, depth);
    if (!isJsonObject(value)) return this.#malformed('truncated');
    const {records} = value;
    if (!Array.isArray(records)) {
      this.#add(this.#reader.salvage(value, this.#enqueuedTimeMs));
    } else if (open > 1 && Object.keys(value).at(-1) === 'records') this.#saveArray(records, open - 1, depth);
    else this.#array(records, depth);
  }

  #saveArray(elements: readonly unknown[], open: number, depth: Depth): void {
    if (depth.nesting >= nestingMax) return this.#malformed('truncated');
    const inside = {layer: depth.layer, nesting: depth.nesting + 1};
    const wholeCount = open > 1 ? elements.length - 1 : elements.length;
    for (let index = 0; index < wholeCount && !this.#isFull; index++) this.value(elements[index], inside);
    if (open > 1) this.#save(elements[wholeCount], open - 1, inside);
    else this.#malformed('truncated');
  }

  #array(elements: readonly unknown[], depth: Depth): void {
    if (depth.nesting >= nestingMax) return this.#malformed('not an object');
    if (elements.length === 0) return this.#malformed('empty');
    const inside = {layer: depth.layer, nesting: depth.nesting + 1};
    for (const element of elements) {
      if (this.#isFull) return;
      this.value(element, inside);
    }
  }

  #object(object: JsonObject, depth: Depth): void {
    const {records} = object;
    if (Array.isArray(records)) return this.#array(records, depth);
    this.#add(this.#reader.read(object, this.#enqueuedTimeMs) ?? this.#reader.unknown(object));
  }

  #malformed(reason: DeadLetterReason): void {
    this.#add({kind: 'malformed', reason});
  }

  #add(record: DecodedRecord): void {
    if (this.#isFull) return;
    this.#isFull = this.records.length >= recordsMax;
    this.records.push(this.#isFull ? {kind: 'malformed', reason: 'too many records'} : record);
  }
}
