import type {GatewayEvent} from './gateway-event.ts';

/** What `missing` may name: a field of the event, the whole of `usage`, or that the JSON was torn. */
export type MissingField =
  Exclude<keyof GatewayEvent, 'eventTimeMs' | 'shape' | 'missing'> | 'eventTime' | 'usage' | 'truncated';

const none: readonly string[] = Object.freeze([]);

/** Collects the unusable fields of one record; most records have none and then share one empty list. */
export class MissingFields {
  #fields: MissingField[] | undefined;

  add(field: MissingField): void {
    if (this.#fields === undefined) this.#fields = [field];
    else if (!this.#fields.includes(field)) this.#fields.push(field);
  }

  list(): readonly string[] {
    return this.#fields ?? none;
  }
}
