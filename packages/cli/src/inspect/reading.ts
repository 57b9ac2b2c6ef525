import {
  assignEventTime,
  describeDecoded,
  type AssignPolicy,
  type DecodedRecord,
  type Decoder,
  type DescribedRecord,
} from '@weir/pipeline';
import type {HubEvent} from '@weir/azure';

/** How Weir reads one record of an event. */
export interface Reading {
  readonly shape: string | null;
  /** `deadLetter` also for an event that is refused for its time. */
  readonly outcome: DescribedRecord['outcome'];
  /** Of a dead letter; `truncated` for an event that was saved from a torn body. */
  readonly reason: string | null;
  /** Fields that are absent or unusable; of an unknown shape those that its closest lacks. */
  readonly missing?: readonly string[];
  /** The shape that an unknown one is closest to. */
  readonly closest?: string;
  readonly event: Omit<NonNullable<DescribedRecord['event']>, 'parts'> | null;
}

/** Decoding and the judgement of its time, exactly as the worker does both. */
export class EventReader {
  readonly #decoder: Decoder;
  readonly #assign: AssignPolicy;

  constructor({decoder, assign}: {decoder: Decoder; assign: AssignPolicy}) {
    this.#decoder = decoder;
    this.#assign = assign;
  }

  /** One for each record of the body, at least one; the parts of a call that are in one body are one record. */
  read(event: Pick<HubEvent, 'body' | 'enqueuedTimeMs'>): Reading[] {
    return this.readRecords(this.decode(event), event);
  }

  /** With the texts of its calls, where the decoder keeps them. */
  decode({body, enqueuedTimeMs}: Pick<HubEvent, 'body' | 'enqueuedTimeMs'>): readonly DecodedRecord[] {
    return this.#decoder.decode(body, enqueuedTimeMs);
  }

  /** As `read`, of a body that is decoded. */
  readRecords(
    records: readonly DecodedRecord[],
    {enqueuedTimeMs}: Pick<HubEvent, 'enqueuedTimeMs'>,
  ): Reading[] {
    return this.#readTogether([{records, enqueuedTimeMs}]).map(({reading}) => reading);
  }

  /**
   * As `read`, of several bodies, over which a call may be told in parts: it is read at the first one's place.
   * @returns with each reading the place of its event and the index of its record, both from 0
   */
  readTogether(
    events: readonly Pick<HubEvent, 'body' | 'enqueuedTimeMs'>[],
  ): {at: number; index: number; reading: Reading}[] {
    return this.#readTogether(
      events.map((event) => ({records: this.decode(event), enqueuedTimeMs: event.enqueuedTimeMs})),
    );
  }

  #readTogether(
    events: readonly {readonly records: readonly DecodedRecord[]; readonly enqueuedTimeMs: number}[],
  ): {at: number; index: number; reading: Reading}[] {
    return describeDecoded(events.map(({records}, at) => ({line: at + 1, records}))).map((described) => {
      const {line, index} = described;
      const at = line - 1;
      return {at, index, reading: this.#reading(described, events[at]!.enqueuedTimeMs)};
    });
  }

  #reading(
    {shape, outcome, reason, missing, closest, event}: DescribedRecord,
    enqueuedTimeMs: number,
  ): Reading {
    const about = {
      ...(missing.length > 0 && {missing}),
      ...(closest !== undefined && {closest}),
    };
    if (event === null) return {shape, outcome, reason, ...about, event};
    const {parts: _, ...fields} = event;
    const eventTimeMs = event.eventTime === null ? enqueuedTimeMs : Date.parse(event.eventTime);
    const assigned = assignEventTime(eventTimeMs, enqueuedTimeMs, this.#assign);
    return assigned.kind === 'refused'
      ? {shape, outcome: 'deadLetter', reason: assigned.reason, ...about, event: fields}
      : {shape, outcome, reason, ...about, event: fields};
  }
}

/** Whether the record is a dead letter, or an event saved from a torn body. */
export function isMalformed({outcome, reason}: Reading): boolean {
  return outcome === 'deadLetter' || reason !== null;
}
