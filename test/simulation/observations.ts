import type {StoredDocument} from '@weir/pipeline';
import {dimensionsOf} from './expected-documents.ts';
import {lengthMs, type ExpectedRecord, type Outcome} from './oracle.ts';
import {clockStepMaxMs, type RunPlan} from './plan.ts';
import {slotOfRegion} from './retellings.ts';
import {isExpired} from './retention.ts';
import {digitBase, tokenFields} from './usage.ts';
import type {World} from './world.ts';

/** Retention is judged by the workers' clocks: at most so far ahead of the true time, ms. */
export function clockAheadMs({workerClockOffsetMaxMs, faults}: RunPlan): number {
  return Math.max(workerClockOffsetMaxMs, faults.clockSteps > 0 ? clockStepMaxMs : 0);
}

/** How often each call is in the documents of each grain of two views, read from the digits of the sums. */
export class Observations {
  readonly #plan: RunPlan;
  readonly #endMs: number;
  readonly #arrivals = new Map<string, number>();
  readonly #outcomes = new Map<string, number>();
  readonly #arrivalView = 'chargeback';
  readonly #resolvedView = 'latency';

  constructor({plan, aggregates, time}: World) {
    this.#plan = plan;
    this.#endMs = time.nowMs;
    for (const document of aggregates.all()) {
      const {view, grain, windowStart, consumer, modelVersion, streamType} = document;
      const window = `${grain} ${Date.parse(String(windowStart))}`;
      for (const [slot, times] of slotsOf(document)) {
        if (view === this.#arrivalView) add(this.#arrivals, `${slot} ${consumer} ${window}`, times);
        if (view === this.#resolvedView)
          add(this.#outcomes, `${slot} ${window} ${modelVersion} ${streamType}`, times);
      }
    }
  }

  get resolvedIn(): string {
    return this.#resolvedView;
  }

  takeArrival(record: ExpectedRecord): boolean {
    return take(this.#arrivals, [arrivalKey(record)]);
  }

  /** Whether a call is in the documents as just these records, by day. */
  holdsAs(
    slot: number,
    {arrived, resolved}: {arrived: readonly ExpectedRecord[]; resolved: readonly ExpectedRecord[]},
  ): boolean {
    const found = (counts: ReadonlyMap<string, number>, prefix: string): string[] =>
      [...counts].flatMap(([key, times]) => (key.startsWith(prefix) ? Array<string>(times).fill(key) : []));
    const days = found(this.#outcomes, `${slot} 1d `).map((key) => key.split(' ').slice(0, 3).join(' '));
    return (
      isSame(found(this.#arrivals, `${slot} `), arrived.map(arrivalKey)) &&
      isSame(
        days,
        resolved.map(({timeMs}) => `${slot} ${windowOf(timeMs, '1d')}`),
      )
    );
  }

  /** Takes it from every grain that is kept: one alone may hold two records of a call that others tell apart. */
  takeOutcome(record: ExpectedRecord, outcome: Outcome): boolean {
    return take(this.#outcomes, this.#outcomeKeys(record, outcome));
  }

  putBack(record: ExpectedRecord, outcome: Outcome): void {
    for (const key of this.#outcomeKeys(record, outcome)) add(this.#outcomes, key, 1);
  }

  #outcomeKeys({call, timeMs}: ExpectedRecord, outcome: Outcome): string[] {
    const {modelVersion, streamType} = dimensionsOf(call, outcome === 'unmatched' ? undefined : outcome);
    const {retentionMs} = this.#plan;
    const nowMs = this.#endMs + clockAheadMs(this.#plan);
    return grains
      .filter((grain) => {
        const windowEndMs = timeMs - (timeMs % lengthMs[grain]) + lengthMs[grain];
        return !isExpired({grain, windowEndMs, retentionMs, nowMs});
      })
      .map((grain) => `${call.slot} ${windowOf(timeMs, grain)} ${modelVersion} ${streamType}`);
  }

  describe({call}: ExpectedRecord): string {
    const there = [...this.#outcomes].filter(([key, times]) => times > 0 && key.startsWith(`${call.slot} `));
    return there.map(([key, times]) => `${key} ×${times}`).join(', ') || 'nothing';
  }
}

const grains = ['5m', '1h', '1d'] as const;

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.toSorted().join() === b.toSorted().join();
}

function arrivalKey({call, timeMs}: ExpectedRecord): string {
  return `${call.slot} ${call.consumer} ${windowOf(timeMs, '1d')}`;
}

function windowOf(timeMs: number, grain: keyof typeof lengthMs): string {
  return `${grain} ${timeMs - (timeMs % lengthMs[grain])}`;
}

function add(to: Map<string, number>, key: string, times: number): void {
  to.set(key, (to.get(key) ?? 0) + times);
}

/** From all or from none. */
function take(from: Map<string, number>, keys: readonly string[]): boolean {
  if (keys.some((key) => (from.get(key) ?? 0) === 0)) return false;
  for (const key of keys) add(from, key, -1);
  return true;
}

/** @returns how often each slot is in the document; a sum that is no clean row of digits shows in the comparison later */
export function slotsOf(document: StoredDocument): [slot: number, times: number][] {
  const slots: [number, number][] = [];
  const retold = slotOfRegion(document['region']);
  if (retold !== undefined) slots.push([retold, Number(document['requestsTokensUnknown'])]);
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
