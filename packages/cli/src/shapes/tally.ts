import {eventFields, missingCosts, type DescribedRecord, type EventField} from '@weir/pipeline';
import {count, number} from '../count-text.ts';
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
    const shapes = [...this.#byShape].map(([shape, n]) => `${number(n)} ${shape}`).join(', ');
    const events = `${count(event, 'event')}${shapes === '' ? '' : ` (${shapes})`}`;
    const counted = wrapped(
      `In all: ${events}, ${count(deadLetter, 'dead letter')}, ${number(skipped)} skipped.`,
      '  ',
      '',
    );
    const costs = eventFields.flatMap((field) => {
      const without = this.#missing.get(field);
      return without === undefined
        ? []
        : wrapped(`${number(without)} of ${number(event)}: ${missingCosts[field]}`, '    ', '  ');
    });
    return `${[...counted, ...costs].join('\n')}\n`;
  }
}
