import type {DiagnosticsRow} from '@weir/pipeline';
import type {RunPlan} from './plan.ts';
import type {SimulatedHub} from './simulated-hub.ts';
import type {StoredRow} from './simulated-lookup.ts';
import type {TrueCall, TrueRecord} from './truth.ts';

/** Naive arithmetic over the generated truth; shares nothing with the code under test but the contract's names. */

/** A record that is to be counted once in every view. */
export interface ExpectedRecord {
  readonly partitionId: string;
  readonly sequenceNumber: number;
  readonly index: number;
  readonly call: TrueCall;
  readonly timeMs: number;
  readonly enqueuedTimeMs: number;
  /** Its event has expired in the hub, so it may not have been read, or not again. */
  readonly hasExpired: boolean;
}

export interface Expectation {
  readonly records: readonly ExpectedRecord[];
  readonly letters: readonly {
    partitionId: string;
    sequenceNumber: number;
    index: number;
    hasExpired: boolean;
  }[];
}

export const lengthMs = {'5m': 300_000, '1h': 3_600_000, '1d': 86_400_000} as const;
export function expectationOf(
  plan: RunPlan,
  hub: SimulatedHub,
  bodyOf: (partitionId: string, sequenceNumber: number) => readonly TrueRecord[],
): Expectation {
  const records: ExpectedRecord[] = [];
  const letters: Expectation['letters'][number][] = [];
  for (const partitionId of hub.partitionIds) {
    const sighted = new Map<string, number>();
    for (const {sequenceNumber, enqueuedTimeMs} of hub.log(partitionId)) {
      const hasExpired = sequenceNumber < hub.beginsAt(partitionId);
      for (const [index, call] of bodyOf(partitionId, sequenceNumber).entries()) {
        const place = {partitionId, sequenceNumber, index, hasExpired};
        if (call === 'malformed') {
          letters.push(place);
          continue;
        }
        if (call.requestId !== undefined) {
          const before = sighted.get(call.requestId);
          sighted.set(call.requestId, enqueuedTimeMs);
          if (before !== undefined && enqueuedTimeMs - before <= plan.horizonMs) continue;
        }
        const timeMs = assignedTime(plan, call.eventTimeMs, enqueuedTimeMs);
        if (timeMs === undefined) letters.push(place);
        else records.push({...place, call, timeMs, enqueuedTimeMs});
      }
    }
  }
  return {records, letters};
}

function assignedTime({assign}: RunPlan, eventTimeMs: number, enqueuedTimeMs: number): number | undefined {
  const latestMs = enqueuedTimeMs + assign.earlyMaxMs;
  const earliestMs = assign.lateMaxMs === undefined ? -Infinity : enqueuedTimeMs - assign.lateMaxMs;
  const clampedMs = Math.min(latestMs, Math.max(earliestMs, eventTimeMs));
  return clampedMs === eventTimeMs || assign.beyond === 'clamp' ? clampedMs : undefined;
}

/** How a record's join ended: with this row, or without one. */
export type Outcome = DiagnosticsRow | 'unmatched';

/** Outcomes that the services made possible for a record. */
export function possibleOutcomes(
  plan: RunPlan,
  record: ExpectedRecord,
  rows: readonly StoredRow[],
  endMs: number,
): Outcome[] {
  if (record.call.requestId === undefined) return ['unmatched'];
  const {deadlineMs, waitMaxMs} = plan.join;
  const outcomes: Outcome[] = [];
  // A question after the deadline finds what was visible by then, so only later rows can have been missed.
  const deadlineAtMs = record.enqueuedTimeMs + deadlineMs - plan.lookupClockOffsetMs;
  let firstVisibleMs = Infinity;
  for (const {row, visibleMs} of rows) {
    firstVisibleMs = Math.min(firstVisibleMs, visibleMs);
    if (visibleMs <= endMs && !outcomes.includes(row)) outcomes.push(row);
  }
  const clockSlackMs = giveUpSlackMs + (plan.faults.clockSteps > 0 ? clockStepsSlackMs : 0);
  const couldBeGivenUp = record.enqueuedTimeMs + waitMaxMs - clockSlackMs <= endMs;
  if (firstVisibleMs > deadlineAtMs || couldBeGivenUp) outcomes.push('unmatched');
  return outcomes;
}

/** Giving up is judged by a clock that knows the service's only roughly. */
const giveUpSlackMs = 20_000;
/** A few steps of a clock between two answers of the service. */
const clockStepsSlackMs = 150_000;
