import {apimCommaJoinedShape, builtInShapes} from '@weir/pipeline';
import {describe, expect, test} from 'vitest';
import {enqueuedTimeMs, plainDecoder} from '../shapes/corpus.ts';
import {bodiesOfShapes, wrappedBodies} from './decode-bodies.ts';
import {renderDecode} from './decode-report.ts';
import {measureDecode, type DecodeSpeed} from './decode-speed.ts';

const kinds = bodiesOfShapes();

test('every shape is measured', () => {
  const names = [...builtInShapes, apimCommaJoinedShape].map(({name}) => name);
  expect(kinds.filter(({bodies}) => bodies.length > 0).map(({name}) => name)).toEqual(names);
});

describe('the flat events beside a shape are of its sizes, and whole', () => {
  test.each(kinds.map((kind) => [kind.name, kind] as const))('%s', (_, {bodies, flat}) => {
    for (const [at, {length}] of bodies.entries()) {
      const [record] = plainDecoder.decode(flat[at], enqueuedTimeMs);
      expect(record).toMatchObject({kind: 'event', event: {shape: 'weir'}});
      expect(flat[at]!.length).toBeLessThanOrEqual(length);
      expect(flat[at]!.length).toBeGreaterThan(length * 0.9);
    }
  });
});

test('a wrapper holds as many events as it is measured for', () => {
  const [wrapped] = measureDecode(wrappedBodies().slice(0, 1));
  expect(wrapped!.eventsPerSecond * wrapped!.bodyBytes).toBeGreaterThan(0);
  for (const {bodies, eventsPerBody} of wrappedBodies()) {
    expect(plainDecoder.decode(bodies[0], enqueuedTimeMs)).toHaveLength(eventsPerBody);
  }
});

const speed: DecodeSpeed = {
  name: 'openai-log-helper-proxy',
  bodyBytes: 1_000_000,
  eventsPerSecond: 12_345_678,
  bytesPerSecond: 1e10,
  flatBytesPerSecond: 1e10,
  perByte: 0.5,
  perEvent: 1,
};

test('the report fits 80 columns, and says whether the slowest shape meets the bar', () => {
  const met = renderDecode({shapes: [{...speed, perByte: 1}, speed], wrappers: [speed]});
  expect(met.split('\n').filter((line) => line.length > 80)).toEqual([]);
  expect(met).toContain('per byte is met: openai-log-helper-proxy is the slowest at 0.50');
  const slow = {...speed, name: 'weir', perByte: 0.49};
  expect(renderDecode({shapes: [speed, slow], wrappers: [speed]})).toContain(
    'is not met: weir is the slowest',
  );
});
