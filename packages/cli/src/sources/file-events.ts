import {createReadStream} from 'node:fs';
import {createInterface} from 'node:readline';
import {bodyOfLine} from '@weir/pipeline';
import {ConfigurationError} from '@weir/worker';
import type {EventSource, SourceEvent} from './event-source.ts';

/**
 * A file of events, a line each: as `weir inspect` writes them, as `test/fixtures/sample` has them, or bare bodies. A bare
 * body counts as enqueued now, in partition 0, its line being its sequence number.
 */
export function fileEvents(path: string): EventSource {
  return {
    name: path,
    async read(take, signal) {
      const nowMs = Date.now();
      let line = 0;
      for await (const text of linesIn(path, '--source')) {
        signal.throwIfAborted();
        if (text.trim() !== '') take(eventOfLine(text, {line, bareEnqueuedMs: nowMs}));
        line += 1;
      }
    },
  };
}

/** The lines of a file that an option names. @throws {ConfigurationError} */
export async function* linesIn(path: string, option: string): AsyncGenerator<string, void, undefined> {
  try {
    yield* createInterface({input: createReadStream(path), crlfDelay: Infinity});
  } catch (cause) {
    if (!(cause instanceof Error && 'syscall' in cause)) throw cause;
    throw new ConfigurationError(
      [`${option}: ${path} cannot be read. Give the path of a file of JSON lines.`],
      {cause},
    );
  }
}

/**
 * The event of one line.
 * @param options.line its sequence number where it has none
 * @param options.bareEnqueuedMs when it counts as enqueued where it does not say
 */
export function eventOfLine(
  text: string,
  {line, bareEnqueuedMs}: {line: number; bareEnqueuedMs: number},
): SourceEvent & {readonly isBare: boolean; readonly body: Uint8Array} {
  const bare = {
    sequenceNumber: line,
    offset: '',
    enqueuedTimeMs: bareEnqueuedMs,
    properties: {},
    partition: '0',
    isBare: true,
  };
  const record = objectIn(text);
  const {partition, partitionId, sequenceNumber, offset, enqueuedTime, enqueuedTimeUtc} = record;
  const id = partition ?? partitionId;
  const hasBody = ['body', 'bodyText', 'bodyBase64'].some((key) => Object.hasOwn(record, key));
  if (typeof id !== 'string' || typeof sequenceNumber !== 'number' || !hasBody)
    return {...bare, body: bodyOfLine(text)};
  const enqueuedTimeMs = Date.parse(String(enqueuedTime ?? enqueuedTimeUtc));
  return {
    partition: id,
    sequenceNumber,
    offset: typeof offset === 'string' ? offset : '',
    enqueuedTimeMs: Number.isNaN(enqueuedTimeMs) ? bareEnqueuedMs : enqueuedTimeMs,
    properties: {},
    isBare: false,
    body: bodyIn(record, {isParsed: partition !== undefined}),
  };
}

/** @param options.isParsed a body that is a text was a JSON text; else it is the body itself */
function bodyIn(
  {body, bodyText, bodyBase64}: Readonly<Record<string, unknown>>,
  {isParsed}: {isParsed: boolean},
): Uint8Array {
  if (typeof bodyBase64 === 'string') return Buffer.from(bodyBase64, 'base64');
  if (typeof bodyText === 'string') return Buffer.from(bodyText);
  if (typeof body === 'string' && !isParsed) return Buffer.from(body);
  return Buffer.from(JSON.stringify(body ?? null));
}

function objectIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? {...value} : {};
  } catch {
    // A body that is no JSON is a body all the same.
    return {};
  }
}
