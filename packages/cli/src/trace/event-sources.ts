import {createReadStream} from 'node:fs';
import {createInterface} from 'node:readline';
import {HubReader, type EventHubsConnection, type HubEvent} from '@weir/azure';
import {bodyOfLine} from '@weir/pipeline';
import {ConfigurationError} from '@weir/worker';
import {partitionsOf} from '../hub-access.ts';
import {readPartition} from '../inspect/read-partition.ts';

/** An event and where it lies. */
export interface SourceEvent extends HubEvent {
  readonly partition: string;
}

/** Where events are looked for; bodies are valid until `take` returns. */
export interface EventSource {
  /** For messages. */
  readonly name: string;
  /** The enqueued times that are looked at, ms, where they are known. */
  readonly window?: {readonly fromMs: number; readonly untilMs: number};
  /** Hands every event to `take`, each partition in its order. */
  read(take: (event: SourceEvent) => void, signal: AbortSignal): Promise<void>;
}

/** The hub, in enqueued time `[fromMs, untilMs)`, all partitions at once. */
export function hubEvents(
  connection: EventHubsConnection,
  {fromMs, untilMs, partition}: {fromMs: number; untilMs: number; partition: string | undefined},
): EventSource {
  const [from, until] = [fromMs, untilMs].map((ms) => new Date(ms).toISOString());
  return {
    name: `the events enqueued between ${from} and ${until}`,
    window: {fromMs, untilMs},
    async read(take, signal) {
      const {facts} = await partitionsOf(connection, {partition, signal});
      const reader = new HubReader({connection, partitions: facts.size});
      const failed = new AbortController();
      const either = AbortSignal.any([signal, failed.signal]);
      const readOne = async (id: string): Promise<void> => {
        const plan = {
          partition: id,
          from: {kind: 'time', enqueuedFromMs: fromMs},
          facts: facts.get(id)!,
          end: {untilMs, log: 'now'},
          ask: async () => (await partitionsOf(connection, {partition: id, signal})).facts.get(id)!,
        } as const;
        try {
          for await (const batch of readPartition(reader, plan, either)) {
            for (const event of batch) take({...event, partition: id});
          }
        } catch (error) {
          failed.abort();
          throw error;
        }
      };
      try {
        const ended = await Promise.allSettled([...facts.keys()].map(readOne));
        for (const one of ended) if (one.status === 'rejected') throw one.reason;
        signal.throwIfAborted();
      } finally {
        await reader.close();
      }
    },
  };
}

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
        if (text.trim() !== '') take(eventOfLine(text, {line, nowMs}));
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

function eventOfLine(text: string, {line, nowMs}: {line: number; nowMs: number}): SourceEvent {
  const bare = {sequenceNumber: line, offset: '', enqueuedTimeMs: nowMs, properties: {}, partition: '0'};
  const record = objectIn(text);
  const {partition, partitionId, sequenceNumber, offset, enqueuedTime, enqueuedTimeUtc} = record;
  const id = partition ?? partitionId;
  if (typeof id !== 'string' || typeof sequenceNumber !== 'number') return {...bare, body: bodyOfLine(text)};
  const enqueuedTimeMs = Date.parse(String(enqueuedTime ?? enqueuedTimeUtc));
  return {
    partition: id,
    sequenceNumber,
    offset: typeof offset === 'string' ? offset : '',
    enqueuedTimeMs: Number.isNaN(enqueuedTimeMs) ? nowMs : enqueuedTimeMs,
    properties: {},
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
