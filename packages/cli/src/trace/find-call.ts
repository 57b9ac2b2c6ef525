import type {DecodedRecord, Decoder} from '@weir/pipeline';
import type {EventSource, SourceEvent} from '../sources/event-source.ts';
import type {TokensNote} from './tokens-note.ts';
import {CountsByPartition} from './told-counts.ts';

/** An event that tells of the request, decoded. */
export interface FoundEvent extends Pick<
  SourceEvent,
  'partition' | 'sequenceNumber' | 'offset' | 'enqueuedTimeMs'
> {
  /** Those of other calls are passed over; each keeps its place. */
  readonly records: readonly DecodedRecord[];
  /** Of the tokens of its records, by their index. */
  readonly notes: ReadonlyMap<number, TokensNote>;
}

/** What was found of one request. */
export interface FoundCall {
  /** The events that tell of it, repeats included, by partition and in the order of reading. */
  readonly events: readonly FoundEvent[];
  /** Events that were looked at. */
  readonly read: number;
}

/** A request is told in one event or a few; a repeated one in some more. */
const eventsMax = 1_000;

/**
 * Looks for the events of a request. Where a call is told in parts that name it by an id of their own, the source is read
 * a second time for the other parts.
 * @param options.horizonMs how long the worker remembers ids, ms of enqueued time
 */
export async function findCall(
  source: EventSource,
  {
    requestId,
    decoder,
    horizonMs,
    signal,
  }: {requestId: string; decoder: Decoder; horizonMs: number; signal: AbortSignal},
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
    const events: FoundEvent[] = [];
    const counts = new CountsByPartition({horizonMs, windowFromMs: source.window?.fromMs});
    let read = 0;
    await source.read((event) => {
      read += 1;
      if (events.length >= eventsMax) return;
      const records = decoder.decode(event.body, event.enqueuedTimeMs);
      const notes = counts.look(event, records);
      const wanted = records.filter(isWanted);
      if (wanted.length === 0) return;
      events.push({...placeOf(event), records: records.map(only(isWanted)), notes});
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
      return {events, read};
    }
  }
}

/** Without its body, as the source's buffer is used again. */
function placeOf(event: SourceEvent): Omit<FoundEvent, 'records' | 'notes'> {
  const {partition, sequenceNumber, offset, enqueuedTimeMs} = event;
  return {partition, sequenceNumber, offset, enqueuedTimeMs};
}

function only(isWanted: (record: DecodedRecord) => boolean): (record: DecodedRecord) => DecodedRecord {
  return (record) => (isWanted(record) ? record : {kind: 'skipped', shape: 'another call'});
}
