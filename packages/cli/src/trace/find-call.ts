import type {DecodedRecord, Decoder} from '@weir/pipeline';
import type {EventSource, SourceEvent} from '../sources/event-source.ts';

/** What was found of one request. */
export interface FoundCall {
  /** The events that tell of it, repeats included, by partition and in the order of reading; bodies are copies. */
  readonly events: readonly SourceEvent[];
  /** Which records of them do. */
  readonly isWanted: (record: DecodedRecord) => boolean;
  /** Events that were looked at. */
  readonly read: number;
}

/** A request is told in one event or a few; a repeated one in some more. */
const eventsMax = 1_000;

/**
 * Looks for the events of a request. Where a call is told in parts that name it by an id of their own, the source is read
 * a second time for the other parts.
 */
export async function findCall(
  source: EventSource,
  {requestId, decoder, signal}: {requestId: string; decoder: Decoder; signal: AbortSignal},
): Promise<FoundCall> {
  const keys = new Set<string>();
  const isWanted = (record: DecodedRecord): boolean =>
    record.kind === 'event' &&
    (record.event.requestId === requestId ||
      // Some shapes have nothing to join by, but an id of their own.
      (record.part !== undefined &&
        (record.part.key.endsWith(` ${requestId}`) || keys.has(record.part.key))));
  for (;;) {
    const known = keys.size;
    const events: SourceEvent[] = [];
    let read = 0;
    await source.read((event) => {
      read += 1;
      if (events.length >= eventsMax) return;
      const wanted = decoder.decode(event.body, event.enqueuedTimeMs).filter(isWanted);
      if (wanted.length === 0) return;
      events.push({...event, body: copyOf(event.body)});
      for (const record of wanted)
        if (record.kind === 'event' && record.part !== undefined) keys.add(record.part.key);
    }, signal);
    // The parts of keys that were not known at first may have been passed over.
    if (keys.size === known) {
      events.sort(
        (a, b) =>
          a.partition.localeCompare(b.partition, 'en', {numeric: true}) ||
          a.sequenceNumber - b.sequenceNumber,
      );
      return {events, isWanted, read};
    }
  }
}

/** The source's buffer is used again. */
function copyOf(body: unknown): unknown {
  return body instanceof Uint8Array ? Uint8Array.from(body) : body;
}
