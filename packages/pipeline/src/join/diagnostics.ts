/** How the service answered: `unknown` for anything but its two texts, never guessed. */
export type StreamType = 'streaming' | 'non-streaming' | 'unknown';

/** One row of `AzureDiagnostics`, category `RequestResponse`, reduced to what the join adds to an event. */
export interface DiagnosticsRow {
  /** Trimmed and lower-cased `CorrelationId`; equals the gateway's `apim-request-id`. */
  readonly requestId: string;
  /** `TimeGenerated` in ms since the epoch; decides among several rows for one id. */
  readonly timeGeneratedMs: number;
  /** Whole ms of service time, repaired from the ticks where the column is null or negative; undefined if both are bad. */
  readonly durationMs: number | undefined;
  readonly streamType: StreamType;
  /** Empty where the row does not say. */
  readonly model: string;
  readonly modelVersion: string;
  /** Object id of the caller; empty for callers with an API key. */
  readonly principal: string;
  /** Normalised region of the account (`eastus2`), or `unknown`. */
  readonly region: string;
}

/** Service time in whole ms: the column, or the difference of the ticks (100 ns) where the column is null or negative. */
export function serviceDurationMs(row: {
  durationMs: number | null;
  requestTicks: string;
  responseTicks: string;
}): number | undefined {
  const {durationMs, requestTicks, responseTicks} = row;
  if (durationMs !== null && durationMs >= 0 && durationMs <= durationMaxMs) return Math.trunc(durationMs);
  if (!ticksPattern.test(requestTicks) || !ticksPattern.test(responseTicks)) return undefined;
  // Ticks exceed 2^53, so their difference is taken exactly before it becomes a number.
  const ticks = BigInt(responseTicks) - BigInt(requestTicks);
  return ticks < 0n || ticks > BigInt(durationMaxMs) * ticksPerMs ? undefined : Number(ticks / ticksPerMs);
}

/** No call takes a month: a larger number is damage, and would not fit the sketch's bins or an exact sum. */
export const durationMaxMs = 30 * 86_400_000;

const ticksPattern = /^[0-9]{1,19}$/;
const ticksPerMs = 10_000n;

/** Of several rows for one id in one answer: one with a stream type, then the latest, then the longest. */
export function betterRow(a: DiagnosticsRow, b: DiagnosticsRow): DiagnosticsRow {
  const aKnown = a.streamType !== 'unknown';
  const bKnown = b.streamType !== 'unknown';
  if (aKnown !== bKnown) return aKnown ? a : b;
  if (a.timeGeneratedMs !== b.timeGeneratedMs) return a.timeGeneratedMs > b.timeGeneratedMs ? a : b;
  return (b.durationMs ?? -1) > (a.durationMs ?? -1) ? b : a;
}
