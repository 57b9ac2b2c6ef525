import {readFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import {readSample} from './sample.ts';

const hourMs = 3_600_000;
const folder = new URL('../../../../test/fixtures/sample/', import.meta.url);
const read = <T>(name: string): T[] =>
  readFileSync(new URL(name, folder), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);

const original = {
  gateway: read<{partitionId: string; body?: string; bodyBase64?: string}>('gateway.ndjson'),
  rows: read<Record<string, string>>('diagnostics.ndjson'),
};
const timestamps = (text: string): number[] =>
  [...text.matchAll(/"timestamp":"([^"]+Z)"/g)].map(([, time]) => Date.parse(time!));
const ticksOf = (properties: string): bigint[] =>
  [...properties.matchAll(/"(?:requestTime|responseTime)":(\d+)/g)].map(([, ticks]) => BigInt(ticks!));

const moments = ['2024-05-17T15:00:00.000Z', '2026-02-28T23:59:59.999Z', '2031-07-01T00:00:00.001Z'].map(
  (time) => Date.parse(time),
);

test.each(moments)('at %i the last event lies within the past hour', (nowMs) => {
  const last = Math.max(
    ...readSample(nowMs).records.flatMap(({body}) => timestamps(Buffer.from(body).toString())),
  );
  expect(last).toBeLessThanOrEqual(nowMs);
  expect(last).toBeGreaterThan(nowMs - hourMs);
});

test.each(moments)('at %i every time has moved by the same whole hours: bodies, rows and ticks', (nowMs) => {
  const sample = readSample(nowMs);
  const shiftMs = sample.shiftHours * hourMs;
  expect(Number.isInteger(sample.shiftHours)).toBe(true);
  expect(sample.records).toHaveLength(original.gateway.length);
  const moved = new Set<number>();
  sample.records.forEach(({body}, i) => {
    const text = original.gateway[i]?.body;
    if (text === undefined) return; // no text: such bodies are dead letters and stay as they are
    const before = timestamps(text);
    timestamps(Buffer.from(body).toString()).forEach((time, at) => moved.add(time - before[at]!));
  });
  const movedTicks = new Set<bigint>();
  sample.rows.forEach((row, i) => {
    const before = original.rows[i]!;
    moved.add(Date.parse(String(row['TimeGenerated'])) - Date.parse(before['TimeGenerated']!));
    const beforeTicks = ticksOf(before['properties_s']!);
    ticksOf(String(row['properties_s'])).forEach((ticks, at) => movedTicks.add(ticks - beforeTicks[at]!));
  });
  expect(moved).toEqual(new Set([shiftMs]));
  expect(movedTicks).toEqual(new Set([BigInt(shiftMs) * 10_000n]));
});

test('all rows of one id become visible at one moment, within a few seconds from now', () => {
  const nowMs = moments[1]!;
  const byId = Map.groupBy(readSample(nowMs).rows, (row) =>
    String(row['CorrelationId']).trim().toLowerCase(),
  );
  for (const rows of byId.values()) expect(new Set(rows.map((row) => row['_ingestedAt'])).size).toBe(1);
  const visible = [...byId.values()].map(([row]) => Date.parse(String(row?.['_ingestedAt'])) - nowMs);
  expect(Math.min(...visible)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...visible)).toBeLessThanOrEqual(3_000);
});

test('records keep their partition and order, and what is no text keeps its bytes', () => {
  const {records, partitionCount} = readSample(moments[0]!);
  expect(partitionCount).toBe(4);
  expect(records.map(({partitionId}) => partitionId)).toEqual(
    original.gateway.map(({partitionId}) => partitionId),
  );
  const pairs = original.gateway.flatMap(({bodyBase64}, i) =>
    bodyBase64 === undefined ? [] : [[bodyBase64, Buffer.from(records[i]!.body).toString('base64')]],
  );
  expect(pairs).toHaveLength(4);
  for (const [before, after] of pairs) expect(after).toBe(before);
});
