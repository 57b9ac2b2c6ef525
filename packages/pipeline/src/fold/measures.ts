/** Upper bounds in ms of the cumulative latency counters, with the document fields that hold them. */
export const durationBounds = [
  ['durationLe250', 250],
  ['durationLe500', 500],
  ['durationLe1000', 1000],
  ['durationLe2000', 2000],
  ['durationLe4000', 4000],
  ['durationLe8000', 8000],
  ['durationLe16000', 16_000],
  ['durationLe32000', 32_000],
  ['durationLe64000', 64_000],
  ['durationLeInf', Infinity],
] as const;

/** Every field that merges by addition. All are integers, so the order of merges never shows. */
export const additiveFields = [
  'requests',
  'succeeded',
  'throttled',
  'failed',
  'matched',
  'unmatched',
  'promptTokens',
  'completionTokens',
  'totalTokens',
  'cachedTokens',
  'reasoningTokens',
  'requestsTokensReported',
  'requestsTokensEstimated',
  'requestsTokensUnknown',
  'durationCount',
  'durationMsSum',
  'durationLe250',
  'durationLe500',
  'durationLe1000',
  'durationLe2000',
  'durationLe4000',
  'durationLe8000',
  'durationLe16000',
  'durationLe32000',
  'durationLe64000',
  'durationLeInf',
  'costMicros',
  'requestsUnpriced',
  'headroomSamples',
] as const;
export type AdditiveField = (typeof additiveFields)[number];

/** Fields that merge by taking the least or greatest. `Infinity` and `-Infinity` mean: over nothing yet. */
export const extremeFields = [
  'durationMsMin',
  'durationMsMax',
  'remainingRequestsMin',
  'remainingTokensMin',
] as const;

export type Measures = Record<AdditiveField | (typeof extremeFields)[number], number>;

/** One shape for all, so that the engine keeps field access monomorphic in the fold. */
export function emptyMeasures(): Measures {
  return {
    requests: 0,
    succeeded: 0,
    throttled: 0,
    failed: 0,
    matched: 0,
    unmatched: 0,
    promptTokens: 0,
    completionTokens: 0,
    totalTokens: 0,
    cachedTokens: 0,
    reasoningTokens: 0,
    requestsTokensReported: 0,
    requestsTokensEstimated: 0,
    requestsTokensUnknown: 0,
    durationCount: 0,
    durationMsSum: 0,
    durationLe250: 0,
    durationLe500: 0,
    durationLe1000: 0,
    durationLe2000: 0,
    durationLe4000: 0,
    durationLe8000: 0,
    durationLe16000: 0,
    durationLe32000: 0,
    durationLe64000: 0,
    durationLeInf: 0,
    costMicros: 0,
    requestsUnpriced: 0,
    headroomSamples: 0,
    durationMsMin: Infinity,
    durationMsMax: -Infinity,
    remainingRequestsMin: Infinity,
    remainingTokensMin: Infinity,
  };
}

/** Adds `from` to `into`. Commutative and associative. */
export function addMeasures(into: Measures, from: Measures): void {
  for (const field of additiveFields) into[field] += from[field];
  into.durationMsMin = Math.min(into.durationMsMin, from.durationMsMin);
  into.durationMsMax = Math.max(into.durationMsMax, from.durationMsMax);
  into.remainingRequestsMin = Math.min(into.remainingRequestsMin, from.remainingRequestsMin);
  into.remainingTokensMin = Math.min(into.remainingTokensMin, from.remainingTokensMin);
}

/** Adds one service time, in whole ms, to everything but the sketch. */
export function addDuration(into: Measures, durationMs: number): void {
  into.durationCount += 1;
  into.durationMsSum += durationMs;
  if (durationMs < into.durationMsMin) into.durationMsMin = durationMs;
  if (durationMs > into.durationMsMax) into.durationMsMax = durationMs;
  // `durationBounds`, written out: going over names costs more than the rest of the fold.
  into.durationLeInf += 1;
  if (durationMs <= 64_000) into.durationLe64000 += 1;
  if (durationMs <= 32_000) into.durationLe32000 += 1;
  if (durationMs <= 16_000) into.durationLe16000 += 1;
  if (durationMs <= 8000) into.durationLe8000 += 1;
  if (durationMs <= 4000) into.durationLe4000 += 1;
  if (durationMs <= 2000) into.durationLe2000 += 1;
  if (durationMs <= 1000) into.durationLe1000 += 1;
  if (durationMs <= 500) into.durationLe500 += 1;
  if (durationMs <= 250) into.durationLe250 += 1;
}
