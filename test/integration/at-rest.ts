import {expectedDocuments} from '../oracle/expected-documents.ts';
import type {Workload, WorkloadRecord} from '../oracle/workload.ts';
import type {MetricsText} from './metrics-text.ts';
import type {WorkerProcess} from './worker-process.ts';

/** Where a rejected record must be found again. */
export interface Place {
  readonly partitionId: string;
  readonly sequenceNumber: number;
}

/** A line about the input names a record that is bad; trouble of a service must not look like that. */
export function falseTroubles(worker: WorkerProcess, bad: readonly Place[]): string[] {
  const places = new Set(bad.map(nameOfPlace));
  const lines = worker.warnings.filter(({kind, layer, msg, partitionId, sequenceNumber}) => {
    if (layer === 'input') return !places.has(`${String(partitionId)}/${String(sequenceNumber)}`);
    return kind === 'bug' || blamesInput.test(msg);
  });
  const stderr = worker.stderr.trim();
  return [
    ...lines.map((line) => `It should not say: ${JSON.stringify(line)}`),
    ...(stderr === '' ? [] : [`It wrote to standard error: ${stderr}`]),
  ];
}

const blamesInput = /malformed|invalid (event|body|input|record)|as a dead letter|not JSON/i;

function nameOfPlace({partitionId, sequenceNumber}: Place): string {
  return `${partitionId}/${sequenceNumber}`;
}

export function unlike(letters: readonly Place[], expected: readonly Place[]): string[] {
  const [found, wanted] = [letters.map(nameOfPlace), expected.map(nameOfPlace)];
  return found.join() === wanted.join()
    ? []
    : [`Dead letters are ${found.join(' ')}, not ${wanted.join(' ')}.`];
}

/** Every record that came in has left, in exactly one of the ways that DESIGN.md names. */
export function addsUp(metrics: MetricsText): boolean {
  const {records, left} = metrics.conservation();
  return records === left;
}

/** Sequence numbers begin at 0 in each partition. */
export function rejectedPlaces({records}: Workload, before: readonly WorkloadRecord[]): Place[] {
  const places: Place[] = [];
  for (const [partitionId, own] of Map.groupBy(records, (record) => record.partitionId)) {
    const first = before.filter((record) => record.partitionId === partitionId).length;
    const {rejected} = expectedDocuments({records: own, rows: []}).counts;
    for (const place of rejected) places.push({partitionId, sequenceNumber: first + place});
  }
  return places.sort(
    (a, b) => Number(a.partitionId) - Number(b.partitionId) || a.sequenceNumber - b.sequenceNumber,
  );
}
