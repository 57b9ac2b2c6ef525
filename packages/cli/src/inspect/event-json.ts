import type {HubEvent} from '@weir/azure';
import type {BodyJson, ReadBody} from './body-json.ts';
import {masked, type Content} from './masking.ts';
import {isMalformed, type Reading} from './reading.ts';

/** One event as it is written out. */
export type EventJson = {
  readonly partition: string;
  readonly sequenceNumber: number;
  readonly offset: string;
  /** ISO 8601. */
  readonly enqueuedTime: string;
  readonly properties: unknown;
} & BodyJson & {
    /** The record that tells most: the first malformed one, else the first. */
    readonly reading: Reading;
    /** All of them, where the body holds several. */
    readonly readings?: readonly Reading[];
  };

export function eventJson(
  event: HubEvent,
  {
    partition,
    body,
    readings,
    content,
  }: {partition: string; body: ReadBody; readings: readonly Reading[]; content: Content},
): EventJson {
  const {sequenceNumber, offset, enqueuedTimeMs, properties} = event;
  return {
    partition,
    sequenceNumber,
    offset,
    enqueuedTime: new Date(enqueuedTimeMs).toISOString(),
    properties: masked(properties, content),
    ...body.json(content),
    reading: readings.find(isMalformed) ?? readings[0]!,
    ...(readings.length > 1 && {readings}),
  };
}
