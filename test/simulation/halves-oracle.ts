import {assignedTime, type ExpectedLetter, type ExpectedRecord} from './oracle.ts';
import type {RunPlan} from './plan.ts';
import {errorStatus} from './simulation-shape.ts';
import type {TrueCall, TrueHalf} from './truth.ts';

/** What may become of one call that is told in halves. */
export interface Way {
  readonly records: readonly ExpectedRecord[];
  readonly letters: readonly ExpectedLetter[];
}

/** A half where it lies in the hub. */
export interface SentHalf {
  readonly half: TrueHalf;
  readonly place: ExpectedLetter;
  readonly enqueuedTimeMs: number;
}

/** What a run may do to halves that wait, beside letting them wait. */
export interface Waiting {
  /** Whether a wait that was to end then can have ended before the next half, which was sent then, was read; ms. */
  readonly canBeCutShort: (wait: {endMs: number; nextMs: number}) => boolean;
  /** Whether a half can have been forgotten, or never been read. */
  readonly canBeForgotten: (place: ExpectedLetter) => boolean;
  /** Whether nobody reads what came behind it, so that it may wait to the end. */
  readonly canWaitForEver: (place: ExpectedLetter) => boolean;
}

/** What one owner after the other knows of a call. */
interface Known extends Way {
  readonly waiting: readonly SentHalf[];
  /** Halves read so far, those that wait included: the memory of ids. */
  readonly sighted: readonly SentHalf[];
}

/** All that the halves of one call, in the order of the hub, may become. */
export function waysToCount(plan: RunPlan, sent: readonly SentHalf[], may: Waiting): Way[] {
  let possible: Known[] = [{waiting: [], sighted: [], records: [], letters: []}];
  for (const half of sent) {
    const before = possible.flatMap((known) => [...atNext(plan, known, {half, may})]);
    const read = before.map((known) => readHalf(plan, known, half));
    possible = distinct(may.canBeForgotten(half.place) ? [...read, ...possible] : read);
  }
  // At the end nothing waits: what stayed alone counts alone, and what cannot be read again is lost.
  const ends = possible.flatMap((known) => [
    settled(plan, known),
    ...forgetting(known, may),
    ...(known.waiting.some(({place}) => may.canWaitForEver(place)) ? [known] : []),
  ]);
  return distinct(ends.map((known) => ({...known, waiting: [], sighted: []}))).map(({records, letters}) => ({
    records,
    letters,
  }));
}

/** What may be known when the next half is read. */
function* atNext(plan: RunPlan, known: Known, {half, may}: {half: SentHalf; may: Waiting}): Iterable<Known> {
  const [first] = known.waiting;
  const waits: Known[] = [];
  if (first === undefined) waits.push(known);
  else {
    const endMs = first.enqueuedTimeMs + plan.mergeWaitMs;
    const wait = {endMs, nextMs: half.enqueuedTimeMs};
    if (half.enqueuedTimeMs <= endMs) waits.push(known);
    if (half.enqueuedTimeMs > endMs || may.canBeCutShort(wait)) waits.push(settled(plan, known));
  }
  for (const one of waits) {
    yield one;
    yield* forgetting(one, may);
  }
}

/** A call of which something cannot be read again leaves whole; and its ids are no longer known. */
function* forgetting(known: Known, {canBeForgotten}: Waiting): Iterable<Known> {
  const {waiting, sighted} = known;
  if (!sighted.some(({place}) => canBeForgotten(place))) return;
  const left = sighted.filter(({place}) => !canBeForgotten(place));
  const isLost = waiting.some(({place}) => canBeForgotten(place));
  if (isLost) yield {...known, waiting: []};
  yield {...known, waiting: isLost ? [] : waiting, sighted: left};
}

function readHalf(plan: RunPlan, known: Known, read: SentHalf): Known {
  const {half, enqueuedTimeMs} = read;
  const {waiting, sighted} = known;
  const recent = sighted.filter((one) => enqueuedTimeMs - one.enqueuedTimeMs <= plan.horizonMs);
  const isAnswered = waiting.length === 0 && recent.some((one) => one.half.part !== 'request');
  const isRepeat = recent.some((one) => one.half.part === half.part);
  const bringsCounts = waiting.length > 0 && half.hasCounts && !waiting.some((one) => one.half.hasCounts);
  const next = {...known, sighted: [...sighted, read]};
  if (isAnswered || (isRepeat && !bringsCounts)) return next;
  const gathered = {...next, waiting: [...waiting, read]};
  return isComplete(gathered.waiting) ? settled(plan, gathered) : gathered;
}

function isComplete(parts: readonly SentHalf[]): boolean {
  const has = (part: TrueHalf['part']): boolean => parts.some(({half}) => half.part === part);
  return has('request') && (has('error') || (has('response') && parts.some(({half}) => half.hasCounts)));
}

/** What waits goes on as it is. */
function settled(plan: RunPlan, {waiting, sighted, records, letters}: Known): Known {
  const last = waiting.at(-1);
  if (last === undefined) return {waiting, sighted, records, letters};
  const {enqueuedTimeMs} = last;
  const madeOf = waiting.map(({place}) => place);
  // What cannot be read again may be missing, whichever part of it that is.
  const place = {...last.place, hasExpired: madeOf.some(({hasExpired}) => hasExpired)};
  const call = callOf(waiting.map(({half}) => half));
  const timeMs = call && assignedTime(plan, call.eventTimeMs, enqueuedTimeMs);
  if (call === undefined || timeMs === undefined)
    return {waiting: [], sighted, records, letters: [...letters, place]};
  return {
    waiting: [],
    sighted,
    records: [...records, {...place, call, timeMs, enqueuedTimeMs, madeOf}],
    letters,
  };
}

/** @returns undefined: a request alone is incomplete */
function callOf(halves: readonly TrueHalf[]): TrueCall | undefined {
  const [request, response, error] = (['request', 'response', 'error'] as const).map((part) =>
    halves.find((half) => half.part === part),
  );
  const answer = response ?? error;
  if (answer === undefined) return undefined;
  const {call} = answer;
  const asked = request === undefined ? unasked : {};
  return {
    ...call,
    ...asked,
    status: error === undefined ? call.status : errorStatus,
    remaining: response === undefined ? undefined : call.remaining,
    eventTimeMs: Math.min(...halves.map(({eventTimeMs}) => eventTimeMs)),
  };
}

const unasked = {deployment: 'unknown', consumer: 'unknown', stream: undefined};

function distinct(of: readonly Known[]): Known[] {
  return [...new Map(of.map((known) => [JSON.stringify(known), known])).values()];
}
