import {gzipSync} from 'node:zlib';
import {apimCommaJoinedShape, bodyOfLine, builtInShapes, type JsonObject} from '@weir/pipeline';
import {decoderFor, enqueuedTimeMs, readCorpus} from '../shapes/corpus.ts';

/**
 * What the measurement of decoding reads: the documents of the corpus, each beside a plain flat event of its size, and
 * flat events in every wrapper.
 */

/** Bodies of one kind, and flat ones of the same sizes and as many values, in the same order. */
export interface BodiesToCompare {
  readonly name: string;
  readonly bodies: readonly Buffer[];
  readonly flat: readonly Buffer[];
  /** In one body. */
  readonly eventsPerBody: number;
}

/** Events that one wrapper holds: gateways that collect them send some tens at once. */
const eventsPerWrapper = 20;

const corpus = readCorpus();
const wholeFlatEvent = JSON.parse(linesOf('weir', 'whole-call')[0]!) as JsonObject;

/** Of each shape every document that it reads or skips; dead letters are no measure of it. */
export function bodiesOfShapes(): BodiesToCompare[] {
  return [...builtInShapes, apimCommaJoinedShape].map(({name}) => {
    const lines = corpus.filter(({folder}) => folder === name).flatMap((corpusCase) => corpusCase.lines);
    const bodies = lines.map(asBytes).filter((body) => isReadAs(name, body));
    return {name, bodies, flat: bodies.map(flatBodyLike), eventsPerBody: 1};
  });
}

/** The same flat events one to a body, and wrapped in every way that is unfolded. */
export function wrappedBodies(): BodiesToCompare[] {
  const event = JSON.stringify(wholeFlatEvent);
  const events = Array.from({length: eventsPerWrapper}, () => event);
  const flat = [Buffer.from(event)];
  const wrappers = {
    array: Buffer.from(`[${events.join(',')}]`),
    records: Buffer.from(`{"records":[${events.join(',')}]}`),
    lines: Buffer.from(events.join('\n')),
    'lines, gzip': gzipSync(events.join('\n')),
  };
  return Object.entries(wrappers).map(([name, body]) => ({
    name,
    bodies: [body],
    flat,
    eventsPerBody: eventsPerWrapper,
  }));
}

/** Bytes, as they come from a hub. */
function asBytes(line: string): Buffer {
  const body = bodyOfLine(line);
  return Buffer.from(body instanceof Uint8Array || typeof body === 'string' ? body : line);
}

function isReadAs(shape: string, body: Buffer): boolean {
  const records = decoderFor({folder: shape}).decode(body, enqueuedTimeMs);
  const [record] = records;
  if (records.length !== 1 || record === undefined) return false;
  if (record.kind === 'skipped') return record.shape === shape;
  return (
    record.kind === 'event' && record.event.shape === shape && !record.event.missing.includes('truncated')
  );
}

/**
 * A flat event of as many bytes as this body, and of as many values: unknown fields make up for what the flat event has
 * not, and where it has too much the fields at its end are left out. They hold the body's own texts, because what a byte
 * costs depends on it: a long text costs less than many short values, and a text full of escapes costs more.
 */
export function flatBodyLike(body: Buffer): Buffer {
  const {values, texts} = contentOf(body);
  const event: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(wholeFlatEvent)) {
    if (bytesOf({...event, [field]: value}) <= body.length) event[field] = value;
  }
  let taken = 0;
  for (let left = Math.max(1, values - Object.keys(event).length); left > 0; left--) {
    const field = `custom${left}`;
    const room = Math.floor((body.length - bytesOf(event)) / left);
    if (bytesOf({...event, [field]: ''}) - bytesOf(event) > room) continue;
    const text = textOf(texts.slice(taken) + texts, room + bytesOf(event) - bytesOf({...event, [field]: ''}));
    event[field] = text;
    taken = (taken + text.length) % Math.max(1, texts.length);
  }
  return Buffer.from(JSON.stringify(event));
}

/** The beginning of a text that takes so many bytes between its quotes in JSON. */
function textOf(source: string, bytes: number): string {
  let text = source.slice(0, bytes);
  while (bytesOf(text) > bytes + '""'.length) text = text.slice(0, -1);
  return text;
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** How many numbers, texts and the like are in a body, however deep, and its texts in a row. */
function contentOf(body: Buffer): {values: number; texts: string} {
  const text = body.toString();
  const values = text.startsWith('{') ? [...valuesIn(JSON.parse(text))] : [text];
  return {values: values.length, texts: values.filter((value) => typeof value === 'string').join('')};
}

function* valuesIn(value: unknown): Generator {
  if (typeof value !== 'object' || value === null) yield value;
  else for (const inner of Object.values(value)) yield* valuesIn(inner);
}

function linesOf(folder: string, name: string): readonly string[] {
  const found = corpus.find((corpusCase) => corpusCase.folder === folder && corpusCase.name === name);
  if (found === undefined) throw new Error(`The corpus lacks ${folder}/${name}.`);
  return found.lines;
}
