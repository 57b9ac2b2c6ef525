import {readFileSync} from 'node:fs';

/** One Event Hubs record of the sample, its times shifted. */
export interface SampleRecord {
  readonly partitionId: string;
  readonly body: Uint8Array;
}

/** The sample workload, moved in time so that retention and query ranges hold. */
export interface Sample {
  readonly records: readonly SampleRecord[];
  /** `AzureDiagnostics` rows; all rows of one id share an `_ingestedAt`. */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly partitionCount: number;
  readonly shiftHours: number;
}

const sampleFolder = new URL('../../../../test/fixtures/sample/', import.meta.url);
const hourMs = 3_600_000;
/** All rows of one id become visible together, spread over this time, as if the service had been quick. */
const visibleWithinMs = 3_000;
const isoTime = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}(?=\d*Z)/g;
const ticksPerMs = 10_000n;

/**
 * Reads the sample and shifts every time in it (bodies, `TimeGenerated`, ticks) by whole hours, so that its last event
 * lies within the hour before `nowMs`.
 */
export function readSample(nowMs: number): Sample {
  const lines = readLines('gateway.ndjson') as {partitionId: string; body?: string; bodyBase64?: string}[];
  const shiftMs = Math.floor((nowMs - lastEventMs(lines)) / hourMs) * hourMs;
  const shift = (text: string): string =>
    text.replaceAll(isoTime, (time) => new Date(Date.parse(`${time}Z`) + shiftMs).toISOString().slice(0, -1));
  const records = lines.map(({partitionId, body, bodyBase64}) => ({
    partitionId,
    body: body === undefined ? Buffer.from(bodyBase64 ?? '', 'base64') : Buffer.from(shift(body)),
  }));
  const visibleMs = new Map<string, number>();
  const rows = (readLines('diagnostics.ndjson') as Record<string, string>[]).map((row) => {
    const id = row['CorrelationId']!;
    const atMs = visibleMs.get(id) ?? nowMs + Math.floor((visibleMs.size % 100) * (visibleWithinMs / 100));
    visibleMs.set(id, atMs);
    return {
      ...row,
      TimeGenerated: shift(row['TimeGenerated']!),
      properties_s: shiftTicks(row['properties_s']!, shiftMs),
      _ingestedAt: new Date(atMs).toISOString(),
    };
  });
  return {
    records,
    rows,
    partitionCount: 1 + Math.max(...lines.map(({partitionId}) => Number(partitionId))),
    shiftHours: shiftMs / hourMs,
  };
}

function lastEventMs(lines: readonly {body?: string}[]): number {
  let lastMs = 0;
  for (const {body} of lines) {
    for (const [, time] of body?.matchAll(/"timestamp":"([^"]+Z)"/g) ?? [])
      lastMs = Math.max(lastMs, Date.parse(time!));
  }
  return lastMs;
}

/** Ticks are beyond 2^53, so they stay text on their way. */
function shiftTicks(properties: string, shiftMs: number): string {
  return properties.replaceAll(
    /("(?:requestTime|responseTime)":)(\d+)/g,
    (_, key: string, ticks: string) => key + String(BigInt(ticks) + BigInt(shiftMs) * ticksPerMs),
  );
}

function readLines(name: string): unknown[] {
  return readFileSync(new URL(name, sampleFolder), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
}
