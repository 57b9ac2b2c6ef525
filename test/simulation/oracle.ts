import type {DiagnosticsRow} from '@weir/pipeline';
import type {RunPlan} from './plan.ts';
import type {HubLog, SimulatedHub} from './simulated-hub.ts';
import type {StoredRow} from './simulated-lookup.ts';
import {waysToCount, type SentHalf, type Way, type Waiting} from './halves-oracle.ts';
import {isHalf, type TrueCall, type TrueRecord} from './truth.ts';

/** Naive arithmetic over the generated truth; shares nothing with the code under test but the contract's names. */

/** Where a record is. */
export interface ExpectedLetter {
  readonly partitionId: string;
  /** Of its hub. */
  readonly generation: number;
  readonly sequenceNumber: number;
  readonly index: number;
  /** Its event has expired in the hub, so it may not have been read, or not again. */
  readonly hasExpired: boolean;
}

/** A record that is to be counted once in every view; of a call in halves the last that it is made of. */
export interface ExpectedRecord extends ExpectedLetter {
  readonly call: TrueCall;
  readonly timeMs: number;
  readonly enqueuedTimeMs: number;
  /** Of a call in halves, the others included; absent where it is the whole call. */
  readonly madeOf?: readonly ExpectedLetter[];
}

/** A call that is told in halves: one of these ways is what became of it. */
export interface ExpectedCall {
  readonly slot: number;
  readonly halves: readonly ExpectedLetter[];
  readonly ways: readonly Way[];
}

export interface Expectation {
  readonly records: readonly ExpectedRecord[];
  readonly letters: readonly ExpectedLetter[];
  readonly calls: readonly ExpectedCall[];
}

export const lengthMs = {'5m': 300_000, '1h': 3_600_000, '1d': 86_400_000} as const;
export type BodyOf = (
  partitionId: string,
  place: {generation: number; sequenceNumber: number},
) => readonly TrueRecord[];

/** @param until what was sent to a hub behind this was never committed, and is gone with it */
export function expectationOf(
  plan: RunPlan,
  {hub, bodyOf, waiting, until}: Sources & {until: (partitionId: string, log: HubLog) => number},
): Expectation {
  const all = hub.partitionIds.flatMap((partitionId) =>
    hub.logs(partitionId).map((log) => {
      const range = {after: -1, until: until(partitionId, log)};
      return expectationOfLog(plan, partitionId, {log, ...range, bodyOf, waiting});
    }),
  );
  return {
    records: all.flatMap(({records}) => records),
    letters: all.flatMap(({letters}) => letters),
    calls: all.flatMap(({calls}) => calls),
  };
}

interface Sources {
  readonly hub: SimulatedHub;
  readonly bodyOf: BodyOf;
  /** What may happen to a half that waits for the other. */
  readonly waiting: Waiting;
}

/** Of what is read behind `after`, by somebody who has no memory of what came before. */
export function expectationOfLog(
  plan: RunPlan,
  partitionId: string,
  {
    log: {generation, events, beginsAt},
    after,
    until = Infinity,
    bodyOf,
    waiting,
  }: Omit<Sources, 'hub'> & {log: HubLog; after: number; until?: number},
): Expectation {
  const records: ExpectedRecord[] = [];
  const letters: ExpectedLetter[] = [];
  const halves = new Map<number, SentHalf[]>();
  const sighted = new Map<string, number>();
  const isRepeat = (id: string, enqueuedTimeMs: number): boolean => {
    const before = sighted.get(id);
    sighted.set(id, enqueuedTimeMs);
    return before !== undefined && enqueuedTimeMs - before <= plan.horizonMs;
  };
  for (const {sequenceNumber, enqueuedTimeMs} of events) {
    if (sequenceNumber <= after || sequenceNumber > until) continue;
    const hasExpired = sequenceNumber < beginsAt;
    for (const [index, sent] of bodyOf(partitionId, {generation, sequenceNumber}).entries()) {
      const place = {partitionId, generation, sequenceNumber, index, hasExpired};
      if (sent === 'malformed') {
        letters.push(place);
        continue;
      }
      if (isHalf(sent)) {
        const {slot} = sent.call;
        halves.set(slot, [...(halves.get(slot) ?? []), {half: sent, place, enqueuedTimeMs}]);
        continue;
      }
      const {requestId, tokensOf} = sent;
      const isRetold = tokensOf !== undefined && isRepeat(`counts of ${tokensOf}`, enqueuedTimeMs);
      if (requestId !== undefined && isRepeat(requestId, enqueuedTimeMs)) continue;
      const timeMs = assignedTime(plan, sent.eventTimeMs, enqueuedTimeMs);
      const call: TrueCall = isRetold ? {...sent, isWithoutTokens: true} : sent;
      if (timeMs === undefined) letters.push(place);
      else records.push({...place, call, timeMs, enqueuedTimeMs});
    }
  }
  const calls = [...halves].map(([slot, sent]) => ({
    slot,
    halves: sent.map(({place}) => place),
    ways: waysToCount(plan, sent, waiting),
  }));
  return {records, letters, calls};
}

/** @returns undefined: it is refused */
export function assignedTime(
  {assign}: RunPlan,
  eventTimeMs: number,
  enqueuedTimeMs: number,
): number | undefined {
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
