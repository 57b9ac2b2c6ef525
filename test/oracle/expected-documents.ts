import {createHash} from 'node:crypto';
import {loadTables, type WorkloadCounts} from './tables.ts';
import type {Workload} from './workload.ts';

/** A document as the contract of DESIGN.md has it, less what depends on when and how often it was written. */
export type ExpectedDocument = Readonly<Record<string, string | number>> & {readonly id: string};

export interface Expected {
  readonly counts: WorkloadCounts;
  readonly documents: readonly ExpectedDocument[];
  /** Distinct requests, and how many of them have diagnostics. */
  readonly requests: number;
  readonly matched: number;
}

/** The order is the contract's: ids are made of it. */
export const dimensions = [
  'region',
  'deployment',
  'model',
  'modelVersion',
  'streamType',
  'consumer',
  'product',
  'principal',
] as const;

const dayMs = 86_400_000;
/** The defaults of `retention.*`, after a window's end; undefined: for ever. */
export const retentionMs: Readonly<Record<string, number | undefined>> = {
  '5m': 30 * dayMs,
  '1h': 400 * dayMs,
};

type Grain = '5m' | '1h' | '1d';
const grainSeconds: Readonly<Record<Grain, number>> = {'5m': 300, '1h': 3_600, '1d': 86_400};

interface View {
  readonly name: string;
  readonly on: 'arrival' | 'resolved';
  readonly groupBy: readonly (typeof dimensions)[number][];
  readonly grains: readonly Grain[];
}

/** The default views of DESIGN.md. */
const views: readonly View[] = [
  {name: 'region-usage', on: 'arrival', groupBy: ['region', 'deployment'], grains: ['5m', '1h']},
  {
    name: 'region-latency',
    on: 'resolved',
    groupBy: ['region', 'model', 'modelVersion', 'streamType'],
    grains: ['5m', '1h', '1d'],
  },
  {name: 'chargeback', on: 'arrival', groupBy: ['consumer', 'product', 'deployment'], grains: ['1h', '1d']},
];

const latencyBounds = [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000] as const;
const percents = [50, 90, 95, 99] as const;

/**
 * What the aggregates of a workload must be, computed by SQL over naively read input. No document is made for a window
 * whose retention has passed by `nowMs`.
 */
export function expectedDocuments(
  workload: Workload,
  {nowMs}: {nowMs: number} = {nowMs: Date.now()},
): Expected {
  const {database, counts} = loadTables(workload);
  try {
    const documents = views.flatMap((view) =>
      view.grains.flatMap((grain) => {
        const rows = database.prepare(aggregateQuery(view, grain)).all() as Record<string, string | number>[];
        return rows
          .map((row) => describe(view, grain, row))
          .filter((document) => isRetained(document, nowMs));
      }),
    );
    const sums = database.prepare('SELECT count(*) AS requests, sum(isMatched) AS matched FROM call').get();
    return {
      counts,
      documents,
      requests: Number(sums?.['requests']),
      matched: Number(sums?.['matched'] ?? 0),
    };
  } finally {
    database.close();
  }
}

function isRetained({grain, windowEnd}: ExpectedDocument, nowMs: number): boolean {
  const keptMs = retentionMs[String(grain)];
  return keptMs === undefined || Date.parse(String(windowEnd)) + keptMs > nowMs;
}

/** One query a view and grain: every call with its window and the rank of its duration, then the sums of each group. */
function aggregateQuery({on, groupBy}: View, grain: Grain): string {
  const size = grainSeconds[grain];
  const group = dimensions.map((name) => (groupBy.includes(name) ? name : `'all' AS ${name}`)).join(', ');
  const keys = ['startSeconds', ...dimensions].join(', ');
  const isResolved = on === 'resolved' ? 1 : 0;
  const bounds = latencyBounds.map((ms) => `total(durationMs <= ${ms}) AS durationLe${ms}`);
  const quantiles = percents.map((p) => {
    return `coalesce(max(iif(rank = ${p} * (n - 1) / 100, durationMs, NULL)), 0) AS durationMsP${p}`;
  });
  return `
WITH member AS (
  SELECT timeMs / 1000 / ${size} * ${size} AS startSeconds, ${group}, status, hasUsage, isMatched,
    iif(${isResolved}, durationMs, NULL) AS durationMs, prompt, completion, total, cached, reasoning,
    iif(remainingTokens IS NULL, NULL, remainingRequests) AS remainingRequests,
    iif(remainingRequests IS NULL, NULL, remainingTokens) AS remainingTokens
  FROM call
), ranked AS (
  SELECT *, count(durationMs) OVER (PARTITION BY ${keys}) AS n,
    row_number() OVER (PARTITION BY ${keys} ORDER BY durationMs IS NULL, durationMs) - 1 AS rank
  FROM member
)
SELECT ${keys}, count(*) AS requests,
  total(status < 400) AS succeeded, total(status = 429) AS throttled, total(status >= 400 AND status <> 429) AS failed,
  ${isResolved} * total(isMatched) AS matched, ${isResolved} * total(NOT isMatched) AS unmatched,
  total(prompt) AS promptTokens, total(completion) AS completionTokens, total(total) AS totalTokens,
  total(cached) AS cachedTokens, total(reasoning) AS reasoningTokens,
  total(hasUsage) AS requestsTokensReported, 0 AS requestsTokensEstimated, total(NOT hasUsage) AS requestsTokensUnknown,
  count(durationMs) AS durationCount, total(durationMs) AS durationMsSum,
  coalesce(min(durationMs), 0) AS durationMsMin, coalesce(max(durationMs), 0) AS durationMsMax,
  coalesce(avg(durationMs), 0) AS durationMsMean, ${quantiles.join(', ')},
  ${bounds.join(', ')}, count(durationMs) AS durationLeInf,
  0 AS costMicros, 'unknown' AS costCurrency, 'unknown' AS priceVersion, 0 AS requestsUnpriced,
  coalesce(min(remainingRequests), 0) AS remainingRequestsMin, coalesce(min(remainingTokens), 0) AS remainingTokensMin,
  count(remainingRequests) AS headroomSamples
FROM ranked GROUP BY ${keys}`;
}

function describe(
  view: View,
  grain: Grain,
  row: Readonly<Record<string, string | number>>,
): ExpectedDocument {
  const {startSeconds, ...fields} = row;
  const start = new Date(Number(startSeconds) * 1000);
  const end = new Date((Number(startSeconds) + grainSeconds[grain]) * 1000);
  const iso = start.toISOString();
  const values = JSON.stringify(dimensions.map((name) => row[name]));
  const hash = createHash('sha256').update(values).digest('base64url').slice(0, 22);
  const period = {'5m': iso.slice(0, 10), '1h': iso.slice(0, 7), '1d': iso.slice(0, 4)}[grain];
  return {
    id: `${view.name}_${grain}_${startSeconds}_${hash}`,
    pk: `${view.name}|${grain}|${period}`,
    view: view.name,
    grain,
    windowStart: iso,
    windowEnd: end.toISOString(),
    date: iso.slice(0, 10),
    hour: start.getUTCHours(),
    weekday: ((start.getUTCDay() + 6) % 7) + 1,
    schemaVersion: 1,
    ...fields,
  };
}
