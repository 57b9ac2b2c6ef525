import {expect, test} from 'vitest';
import {progressDocument, progressId, readFence} from './progress-document.ts';

const partition = {namespace: 'ns', hub: 'hub', group: '$Default', partitionId: '3'};
const at = (sequenceNumber: number): {sequenceNumber: number; offset: string; enqueuedTimeMs: number} => ({
  sequenceNumber,
  offset: `o${sequenceNumber}`,
  enqueuedTimeMs: Date.UTC(2024, 4, 17, 13, 20),
});
const commit = {lineage: 'l', n: 4, author: 'a', head: at(9), frontier: at(5)};
const progress = {
  watermarks: {arrivalMs: Date.UTC(2024, 4, 17, 13, 18), resolvedMs: 0},
  lagMs: 1_600,
  owner: 'worker-1',
  nowMs: Date.UTC(2024, 4, 17, 13, 21),
};

test('id and partition key name the source partition', () => {
  expect(progressId(partition)).toBe('ns|hub|$Default|3');
  expect(progressDocument(partition, commit, progress)).toMatchObject({
    id: 'ns|hub|$Default|3',
    pk: 'ns|hub|$Default|3',
  });
});

test('the document is flat, tells where the partition stands, and never expires', () => {
  const document = progressDocument(partition, commit, progress);
  for (const value of Object.values(document)) expect(['string', 'number']).toContain(typeof value);
  expect(document).toMatchObject({
    headSequenceNumber: 9,
    frontierSequenceNumber: 5,
    headEnqueuedTime: '2024-05-17T13:20:00.000Z',
    arrivalWatermark: '2024-05-17T13:18:00.000Z',
    resolvedWatermark: '1970-01-01T00:00:00.000Z',
    lagSeconds: 2,
    owner: 'worker-1',
    updatedAt: '2024-05-17T13:21:00.000Z',
    ttl: -1,
  });
});

test('the fence is read back as it was written', () => {
  expect(readFence(progressDocument(partition, commit, progress))).toEqual({lineage: 'l', n: 4, author: 'a'});
});

test('a clock behind the hub’s gives no negative lag', () => {
  expect(progressDocument(partition, commit, {...progress, lagMs: -5_000})['lagSeconds']).toBe(0);
});

test.each([
  ['no lineage', {lineage: undefined}],
  ['no author', {author: 3}],
  ['a number that is text', {n: '4'}],
  ['a fraction', {n: 4.5}],
])('a fence with %s cannot be read', (_, change) => {
  expect(() => readFence({...progressDocument(partition, commit, progress), ...change})).toThrow(TypeError);
});
