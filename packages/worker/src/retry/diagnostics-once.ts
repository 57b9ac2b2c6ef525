import {
  betterRow,
  type Clock,
  type DiagnosticsRow,
  type DiagnosticsSource,
  type LookupAnswer,
} from '@weir/pipeline';
import {causeOf, generatedAfterMs, generatedBeforeMs} from '../join/diagnostics-query.ts';

/** The service takes 5,000 ids a query; fewer make a query that seldom has to be halved. */
const idsPerQueryMax = 1_000;
/** A service that is busy is asked so often, with these waits at most. */
const triesMax = 3;
const retryMs = 2_000;
const retryAfterMsMax = 20_000;

/** A request whose diagnostics are wanted. */
export interface Wanted {
  readonly requestId: string;
  /** The event's own time and the hub's, ms. */
  readonly ownTimeMs: number;
  readonly enqueuedTimeMs: number;
}

/** What the service said of one request. */
export type Diagnosed =
  | {readonly kind: 'row'; readonly row: DiagnosticsRow}
  /** `askedMs` by the service's clock, before the question was sent. */
  | {readonly kind: 'none'; readonly askedMs: number}
  | {readonly kind: 'could not ask'; readonly cause: string};

/** Asks for the diagnostics of these requests once, by id. Only complete answers are believed. */
export async function askOnce(
  wanted: readonly Wanted[],
  options: {diagnostics: DiagnosticsSource; clock: Clock; signal: AbortSignal},
): Promise<ReadonlyMap<string, Diagnosed>> {
  const found = new Map<string, Diagnosed>();
  const ordered = wanted.toSorted((a, b) => a.enqueuedTimeMs - b.enqueuedTimeMs);
  const parts: (readonly Wanted[])[] = [];
  for (let at = 0; at < ordered.length; at += idsPerQueryMax) {
    parts.push(ordered.slice(at, at + idsPerQueryMax));
  }
  for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
    const answer = await askPart(part, options);
    if (answer.kind === 'complete') {
      for (const {requestId} of part) found.set(requestId, diagnosed(requestId, answer));
    } else if (isTooMuch(answer) && part.length > 1) {
      const half = Math.ceil(part.length / 2);
      parts.unshift(part.slice(0, half), part.slice(half));
    } else {
      const cause = causeOf(answer);
      for (const {requestId} of part) found.set(requestId, {kind: 'could not ask', cause});
    }
  }
  return found;
}

type Incomplete = Exclude<LookupAnswer, {readonly kind: 'complete'}>;
interface Complete {
  readonly kind: 'complete';
  readonly rows: ReadonlyMap<string, DiagnosticsRow>;
  readonly askedMs: number;
}

async function askPart(
  part: readonly Wanted[],
  {diagnostics, clock, signal}: {diagnostics: DiagnosticsSource; clock: Clock; signal: AbortSignal},
): Promise<Complete | Incomplete> {
  const times = part.flatMap(({ownTimeMs, enqueuedTimeMs}) => [ownTimeMs, enqueuedTimeMs]);
  const query = {
    ids: [...new Set(part.map(({requestId}) => requestId))],
    fromMs: Math.min(...times) - generatedBeforeMs,
    toMs: Math.max(...times) + generatedAfterMs,
  };
  // Asked first: a deadline must have passed before the question was sent, by the service's own clock.
  const time = await complete(() => diagnostics.serviceNow(signal), {clock, signal});
  if (time.kind !== 'complete') return time;
  if (time.serviceNowMs === undefined) return {kind: 'unavailable', cause: 'the answer carries no time'};
  const answer = await complete(() => diagnostics.byIds(query, signal), {clock, signal});
  if (answer.kind !== 'complete') return answer;
  const rows = new Map<string, DiagnosticsRow>();
  for (const row of answer.rows) {
    const other = rows.get(row.requestId);
    rows.set(row.requestId, other === undefined ? row : betterRow(other, row));
  }
  return {kind: 'complete', rows, askedMs: time.serviceNowMs};
}

async function complete(
  ask: () => Promise<LookupAnswer>,
  {clock, signal}: {clock: Clock; signal: AbortSignal},
): Promise<LookupAnswer> {
  for (let tried = 1; ; tried += 1) {
    const answer = await ask();
    const isBusy = answer.kind === 'throttled' || answer.kind === 'unavailable';
    if (!isBusy || tried === triesMax) return answer;
    const afterMs = answer.kind === 'throttled' ? (answer.retryAfterMs ?? retryMs) : retryMs;
    await clock.sleep(Math.min(afterMs, retryAfterMsMax), signal);
    signal.throwIfAborted();
  }
}

function diagnosed(requestId: string, {rows, askedMs}: Complete): Diagnosed {
  const row = rows.get(requestId);
  return row === undefined ? {kind: 'none', askedMs} : {kind: 'row', row};
}

function isTooMuch({kind}: Incomplete): boolean {
  return kind === 'partial' || kind === 'tooSlow';
}
