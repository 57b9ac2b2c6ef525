import {eventFields, missingCosts, type DescribedRecord, type EventField} from '@weir/pipeline';
import {wrapped} from '../recover/partition-text.ts';

/** Counts what was shown, for the lines at the end. Bounded by the number of shapes and fields. */
export class Tally {
  readonly #outcomes = {event: 0, deadLetter: 0, skipped: 0};
  readonly #byShape = new Map<string, number>();
  readonly #missing = new Map<EventField, number>();

  count({outcome, shape, event}: DescribedRecord): void {
    this.#outcomes[outcome] += 1;
    if (event === null) return;
    this.#byShape.set(shape ?? '', (this.#byShape.get(shape ?? '') ?? 0) + 1);
    for (const field of eventFields) {
      if (event[field] === null) this.#missing.set(field, (this.#missing.get(field) ?? 0) + 1);
    }
  }

  text(): string {
    const {event, deadLetter, skipped} = this.#outcomes;
    const shapes = [...this.#byShape].map(([shape, count]) => `${count} ${shape}`).join(', ');
    const events = `${event} ${event === 1 ? 'event' : 'events'}${shapes === '' ? '' : ` (${shapes})`}`;
    const letters = `${deadLetter} ${deadLetter === 1 ? 'dead letter' : 'dead letters'}`;
    const counted = wrapped(`In all: ${events}, ${letters}, ${skipped} skipped.`, '  ', '');
    const costs = eventFields.flatMap((field) => {
      const count = this.#missing.get(field);
      return count === undefined ? [] : wrapped(`${count} of ${event}: ${missingCosts[field]}`, '    ', '  ');
    });
    return `${[...counted, ...costs].join('\n')}\n`;
  }
}
