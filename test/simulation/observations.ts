import type {StoredDocument} from '@weir/pipeline';
import {dimensionsOf} from './expected-documents.ts';
import {lengthMs, type ExpectedRecord, type Outcome} from './oracle.ts';
import {digitBase, tokenFields} from './truth.ts';
import type {World} from './world.ts';

/** How often each call is in the documents of one grain of each kind of view, read from the digits of the sums. */
export class Observations {
  readonly #grain: keyof typeof lengthMs;
  readonly #arrivals = new Map<string, number>();
  readonly #outcomes = new Map<string, number>();
  readonly #arrivalView = 'chargeback';
  readonly #resolvedView = 'latency';

  constructor({plan, aggregates}: World) {
    // The finest grain that is kept: records of one call may differ in their window.
    this.#grain = plan.retentionMs['5m'] === undefined ? '5m' : '1d';
    for (const document of aggregates.all()) {
      if (document['view'] === this.#arrivalView && document['grain'] === '1d') {
        for (const [slot, times] of slotsOf(document)) {
          const key = `${slot} ${Date.parse(String(document['windowStart']))}`;
          this.#arrivals.set(key, (this.#arrivals.get(key) ?? 0) + times);
        }
      }
      if (document['view'] === this.#resolvedView && document['grain'] === this.#grain) {
        for (const [slot, times] of slotsOf(document)) {
          const key = `${slot} ${Date.parse(String(document['windowStart']))} ${document['modelVersion']} ${document['streamType']}`;
          this.#outcomes.set(key, (this.#outcomes.get(key) ?? 0) + times);
        }
      }
    }
  }

  get resolvedIn(): string {
    return `${this.#resolvedView} ${this.#grain}`;
  }

  takeArrival({call, timeMs}: ExpectedRecord): boolean {
    return take(this.#arrivals, `${call.slot} ${timeMs - (timeMs % lengthMs['1d'])}`);
  }

  windowKey({call, timeMs}: ExpectedRecord): string {
    return `${call.slot} ${timeMs - (timeMs % lengthMs[this.#grain])}`;
  }

  takeOutcome(record: ExpectedRecord, outcome: Outcome): boolean {
    return take(this.#outcomes, this.#outcomeKey(record, outcome));
  }

  putBack(record: ExpectedRecord, outcome: Outcome): void {
    const key = this.#outcomeKey(record, outcome);
    this.#outcomes.set(key, (this.#outcomes.get(key) ?? 0) + 1);
  }

  #outcomeKey(record: ExpectedRecord, outcome: Outcome): string {
    const {modelVersion, streamType} = dimensionsOf(
      record.call,
      outcome === 'unmatched' ? undefined : outcome,
    );
    return `${this.windowKey(record)} ${modelVersion} ${streamType}`;
  }

  describe({call}: ExpectedRecord): string {
    const there = [...this.#outcomes].filter(([key, times]) => times > 0 && key.startsWith(`${call.slot} `));
    return there.map(([key, times]) => `${key} ×${times}`).join(', ') || 'nothing';
  }
}

function take(from: Map<string, number>, key: string): boolean {
  const times = from.get(key) ?? 0;
  if (times === 0) return false;
  from.set(key, times - 1);
  return true;
}

/** @returns how often each slot is in the document; a sum that is no clean row of digits shows in the comparison later */
export function slotsOf(document: StoredDocument): [slot: number, times: number][] {
  const slots: [number, number][] = [];
  for (const [at, field] of tokenFields.entries()) {
    let rest = Number(document[field]);
    for (let digit = 0; rest > 0; digit++) {
      const times = rest % digitBase;
      if (times > 0) slots.push([digit * tokenFields.length + at, times]);
      rest = Math.floor(rest / digitBase);
    }
  }
  return slots;
}

/** One possible outcome for each, so that they are those that the documents hold. */
export function chooseOutcomes(
  seen: Observations,
  group: readonly {record: ExpectedRecord; possible: readonly Outcome[]}[],
): Outcome[] | undefined {
  const [first, ...rest] = group;
  if (first === undefined) return [];
  for (const outcome of first.possible) {
    if (!seen.takeOutcome(first.record, outcome)) continue;
    const others = chooseOutcomes(seen, rest);
    if (others !== undefined) return [outcome, ...others];
    seen.putBack(first.record, outcome);
  }
  return undefined;
}
