import type {DiagnosticsRow} from '@weir/pipeline';
import type {RunPlan} from './plan.ts';
import type {HubLog, SimulatedHub} from './simulated-hub.ts';
import type {StoredRow} from './simulated-lookup.ts';
import type {TrueCall, TrueRecord} from './truth.ts';

/** Naive arithmetic over the generated truth; shares nothing with the code under test but the contract's names. */

/** A record that is to be counted once in every view. */
export interface ExpectedRecord {
  readonly partitionId: string;
  /** Of its hub. */
  readonly generation: number;
  readonly sequenceNumber: number;
  readonly index: number;
  readonly call: TrueCall;
  readonly timeMs: number;
  readonly enqueuedTimeMs: number;
  /** Its event has expired in the hub, so it may not have been read, or not again. */
  readonly hasExpired: boolean;
}

export type ExpectedLetter = Pick<
  ExpectedRecord,
  'partitionId' | 'generation' | 'sequenceNumber' | 'index' | 'hasExpired'
>;

export interface Expectation {
  readonly records: readonly ExpectedRecord[];
  readonly letters: readonly ExpectedLetter[];
}

export const lengthMs = {'5m': 300_000, '1h': 3_600_000, '1d': 86_400_000} as const;
export type BodyOf = (
  partitionId: string,
  place: {generation: number; sequenceNumber: number},
) => readonly TrueRecord[];

export function expectationOf(plan: RunPlan, hub: SimulatedHub, bodyOf: BodyOf): Expectation {
  const all = hub.partitionIds.flatMap((partitionId) =>
    hub.logs(partitionId).map((log) => expectationOfLog(plan, partitionId, {log, after: -1, bodyOf})),
  );
  return {
    records: all.flatMap(({records}) => records),
    letters: all.flatMap(({letters}) => letters),
  };
}

/** Of what is read behind `after`, by somebody who has no memory of what came before. */
export function expectationOfLog(
  plan: RunPlan,
  partitionId: string,
  {log: {generation, events, beginsAt}, after, bodyOf}: {log: HubLog; after: number; bodyOf: BodyOf},
): Expectation {
  const records: ExpectedRecord[] = [];
  const letters: ExpectedLetter[] = [];
  const sighted = new Map<string, number>();
  for (const {sequenceNumber, enqueuedTimeMs} of events) {
    if (sequenceNumber <= after) continue;
    const hasExpired = sequenceNumber < beginsAt;
    for (const [index, call] of bodyOf(partitionId, {generation, sequenceNumber}).entries()) {
      const place = {partitionId, generation, sequenceNumber, index, hasExpired};
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
