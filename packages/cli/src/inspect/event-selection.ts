import type {HubEvent} from '@weir/azure';
import {estimateRecords, hasTexts, workerSettings, type Config} from '@weir/worker';
import {readBody, type ReadBody} from './body-json.ts';
import {eventJson} from './event-json.ts';
import type {Content} from './masking.ts';
import {EventReader, isMalformed, type Reading} from './reading.ts';
import type {Where} from './where.ts';

/** What is asked of each event. */
export interface WantedEvents {
  readonly which: 'all' | 'malformed';
  readonly where: Where | undefined;
  readonly content: Content;
}

/** Which events are wanted, and how each is written. */
export class EventSelection {
  readonly #wanted: WantedEvents;
  readonly #reader: EventReader;

  constructor(wanted: WantedEvents, config: Config) {
    const texts = config.tokens.estimate ? 'kept' : 'ignored';
    this.#wanted = wanted;
    this.#reader = new EventReader(workerSettings(config, 'inspect', texts).partition);
  }

  /**
   * Its text; undefined where it is not wanted. A promise only where tokens are estimated for it, so that plain events are
   * not held up, and nothing is counted for those that are not wanted whatever their tokens are.
   */
  judge(partition: string, event: HubEvent): string | undefined | Promise<string | undefined> {
    const records = this.#reader.decode(event);
    const readings = this.#reader.readRecords(records, event);
    if (this.#wanted.which === 'malformed' && !readings.some(isMalformed)) return undefined;
    const body = readBody(event.body);
    if (!records.some(hasTexts)) return this.#text(partition, event, {body, readings});
    if (!this.#mayBeWanted(partition, event, {body, readings})) return undefined;
    return estimateRecords(records).then((estimated) =>
      this.#text(partition, event, {body, readings: this.#reader.readRecords(estimated, event)}),
    );
  }

  /** Not where a condition fails that does not look at what the estimate tells. */
  #mayBeWanted(partition: string, event: HubEvent, {body, readings}: ReadEvent): boolean {
    const {where} = this.#wanted;
    if (where === undefined) return true;
    let hasLooked = false;
    const looked = (): void => void (hasLooked = true);
    return readings.some((reading) => {
      const told = {...reading, event: reading.event && watched(reading.event, looked)};
      return where(subject(partition, event, {body, reading: told})) || hasLooked;
    });
  }

  #text(partition: string, event: HubEvent, {body, readings}: ReadEvent): string | undefined {
    const {where, content} = this.#wanted;
    if (
      where !== undefined &&
      !readings.some((reading) => where(subject(partition, event, {body, reading})))
    ) {
      return undefined;
    }
    return JSON.stringify(eventJson(event, {partition, body, readings, content}));
  }
}

interface ReadEvent {
  readonly body: ReadBody;
  readonly readings: readonly Reading[];
}

const estimatedFields = ['promptTokens', 'completionTokens', 'totalTokens', 'tokenSource'] as const;

/** The same, telling when one looks at a field that an estimate fills in. */
function watched<Event extends object>(event: Event, looked: () => void): Event {
  const getters = Object.fromEntries(
    estimatedFields.map((field) => [field, {enumerable: true, get: looked}]),
  );
  return Object.defineProperties({...event}, getters);
}

function subject(
  partition: string,
  {sequenceNumber, offset, enqueuedTimeMs, properties}: HubEvent,
  {body, reading}: {body: {readonly parsed: unknown}; reading: Reading},
): Parameters<Where>[0] {
  const enqueuedTime = new Date(enqueuedTimeMs).toISOString();
  return {
    partition,
    sequenceNumber,
    offset,
    enqueuedTime,
    properties,
    body: body.parsed,
    reading: {...reading},
  };
}
