import {expect, test} from 'vitest';
import {differences} from './differences.ts';
import {expectedDocuments, type ExpectedDocument} from './expected-documents.ts';
import {readSample} from './sample.ts';

const nowMs = Date.UTC(2026, 0, 15, 12, 30);
const expected = expectedDocuments(readSample({nowMs}), {nowMs});

/** As a worker could have written it. */
function written(document: ExpectedDocument): Record<string, unknown> {
  const keptSeconds = {'5m': 30 * 86_400, '1h': 400 * 86_400}[String(document['grain'])];
  const endMs = Date.parse(String(document['windowEnd']));
  return {
    ...document,
    revision: 3,
    updatedAt: new Date(nowMs).toISOString(),
    ttl: keptSeconds === undefined ? -1 : (endMs - nowMs) / 1000 + keptSeconds,
    stateSketch: document['durationCount'] === 0 ? '' : 'AYQH',
    stateApplied: '{"0123abcd/0/89ab4567":3}',
    _etag: '"1"',
  };
}

test('the sample read naively has the numbers that its description gives', () => {
  expect(expected.counts.valid).toBe(1_791);
  expect(expected.requests).toBe(1_768);
  expect(expected.matched).toBe(1_743);
  expect(expected.counts.rejected.length + expected.counts.valid).toBe(expected.counts.records);
});

test('every view and grain holds every request once', () => {
  const sums = new Map<string, number>();
  for (const {view, grain, requests} of expected.documents) {
    const key = `${view} ${grain}`;
    sums.set(key, (sums.get(key) ?? 0) + Number(requests));
  }
  expect(sums.size).toBe(7);
  for (const sum of sums.values()) expect(sum).toBe(1_768);
});

test('documents that are right have no differences', () => {
  expect(differences({expected: expected.documents, documents: expected.documents.map(written)})).toEqual([]);
});

test.for<[string, (document: Record<string, unknown>) => void]>([
  ['requests is', (document) => (document['requests'] = Number(document['requests']) + 1)],
  ['durationMsP99 is', (document) => (document['durationMsP99'] = Number(document['durationMsP99']) * 1.02)],
  ['prompt is no field of the contract', (document) => (document['prompt'] = 'text')],
  ['modelVersion is absent', (document) => delete document['modelVersion']],
  ['ttl is', (document) => (document['ttl'] = 7)],
  ['stateApplied is', (document) => (document['stateApplied'] = '{}')],
  ['must not be there', (document) => (document['id'] = 'another')],
])('a document that is wrong is told: %s', ([words, spoil]) => {
  const documents = expected.documents.map(written);
  spoil(documents.find(({view, grain}) => view === 'region-latency' && grain === '1d')!);
  expect(differences({expected: expected.documents, documents}).join('\n')).toContain(words);
});
