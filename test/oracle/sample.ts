import {readFileSync} from 'node:fs';
import type {Workload, WorkloadRow} from './workload.ts';

const folder = new URL('../fixtures/sample/', import.meta.url);
const hourMs = 3_600_000;
const ticksPerMs = 10_000n;

/** Partitions of the hub that the sample was made for. */
export const samplePartitions = 4;

interface GatewayLine {
  readonly partitionId: string;
  readonly enqueuedTimeUtc: string;
  readonly body?: string;
  readonly bodyBase64?: string;
}

/**
 * The sample workload, all its times moved by the same whole hours so that it ends within the hour before `nowMs`:
 * retention and query ranges hold, and windows keep their minutes. Rows are visible from `visibleFromMs` on, spread
 * over `visibleWithinMs` by id.
 */
export function readSample({
  nowMs,
  visibleFromMs = nowMs,
  visibleWithinMs = 0,
}: {
  nowMs: number;
  visibleFromMs?: number;
  visibleWithinMs?: number;
}): Workload {
  const gateway = readLines<GatewayLine>('gateway.ndjson');
  const lastMs = Date.parse(gateway.at(-1)!.enqueuedTimeUtc);
  const shiftMs = Math.floor((nowMs - lastMs) / hourMs) * hourMs;
  const records = gateway.map(({partitionId, enqueuedTimeUtc, body, bodyBase64}) => ({
    partitionId,
    enqueuedTimeMs: Date.parse(enqueuedTimeUtc) + shiftMs,
    body: body === undefined ? Buffer.from(bodyBase64!, 'base64') : Buffer.from(moveTimes(body, shiftMs)),
  }));
  const visibleMs = new Map<string, number>();
  const rows = readLines<WorkloadRow>('diagnostics.ndjson').map((row) => {
    const {CorrelationId: id} = row;
    if (!visibleMs.has(id))
      visibleMs.set(id, visibleFromMs + (visibleMs.size % 100) * (visibleWithinMs / 100));
    return {
      ...row,
      TimeGenerated: moveTime(row.TimeGenerated, shiftMs),
      properties_s: moveTicks(row.properties_s, shiftMs),
      _ingestedAt: new Date(visibleMs.get(id)!).toISOString(),
    };
  });
  return {records, rows};
}

function readLines<Line>(name: string): Line[] {
  const text = readFileSync(new URL(name, folder), 'utf8').trimEnd();
  return text.split('\n').map((line) => JSON.parse(line) as Line);
}

/** In the text, so that broken bodies stay broken in the same way. */
function moveTimes(body: string, shiftMs: number): string {
  return body.replaceAll(/"timestamp":"(\d{4}-[^"]+Z)"/g, (_, time: string) => {
    return `"timestamp":"${moveTime(time, shiftMs)}"`;
  });
}

/** Whole hours, so everything behind the seconds stays as it is, the seven digits of .NET included. */
function moveTime(time: string, shiftMs: number): string {
  return new Date(Date.parse(`${time.slice(0, 19)}Z`) + shiftMs).toISOString().slice(0, 19) + time.slice(19);
}

function moveTicks(properties: string, shiftMs: number): string {
  return properties.replaceAll(
    /"(requestTime|responseTime)":(\d+)/g,
    (_, name: string, ticks: string) => `"${name}":${BigInt(ticks) + BigInt(shiftMs) * ticksPerMs}`,
  );
}
