import * as fc from 'fast-check';
import {describe, expect, test} from 'vitest';

import {
  cachedTexts,
  cleanDimension,
  cleanRegion,
  readDimension,
  readFirstDimension,
  readRegion,
} from './dimension.ts';
import {MissingFields} from './missing-fields.ts';

describe('a dimension', () => {
  test.each([
    ['gpt-4o', 'gpt-4o'],
    ['  gpt-4o\t', 'gpt-4o'],
    ['gpt\u0000-4o\r\n', 'gpt-4o'],
    ['\u0085 \u007fx', 'x'],
    ['', ''],
    [' \n ', ''],
    ['Größe', 'Größe'],
    ['a\ud800b', 'a\ufffdb'],
  ])('%j becomes %j', (raw, text) => {
    expect(cleanDimension(raw)).toBe(text);
  });

  test('is cut at 128 units', () => {
    expect(cleanDimension('x'.repeat(128))).toBe('x'.repeat(128));
    expect(cleanDimension('x'.repeat(129))).toBe('x'.repeat(128));
    expect(cleanDimension('x'.repeat(1_000_000))).toBe('x'.repeat(128));
  });

  test('is never cut inside of a surrogate pair', () => {
    expect(cleanDimension('x'.repeat(127) + '😀')).toBe('x'.repeat(127));
    expect(cleanDimension('x'.repeat(126) + '😀x')).toBe('x'.repeat(126) + '😀');
  });

  test('that is clean stays as it is', () => {
    fc.assert(
      fc.property(fc.string({unit: 'binary', maxLength: 300}), (raw) => {
        const text = cleanDimension(raw);
        expect(cleanDimension(text)).toBe(text);
        expect(text.length).toBeLessThanOrEqual(128);
        expect(text.isWellFormed()).toBe(true);
      }),
    );
  });

  test('is unknown where there is none, and missing only where there is something else', () => {
    for (const raw of [undefined, null, '', ' ']) {
      const missing = new MissingFields();
      expect(readDimension(raw, 'model', missing)).toBe('unknown');
      expect(missing.list()).toEqual([]);
    }
    for (const raw of [5, true, {}, ['x']]) {
      const missing = new MissingFields();
      expect(readDimension(raw, 'model', missing)).toBe('unknown');
      expect(missing.list()).toEqual(['model']);
    }
  });

  test('may come from either of two fields', () => {
    const missing = new MissingFields();
    expect(readFirstDimension({first: 'app', second: 'sub'}, 'consumer', missing)).toBe('app');
    expect(readFirstDimension({first: ' ', second: 'sub'}, 'consumer', missing)).toBe('sub');
    expect(readFirstDimension({first: undefined, second: 'sub'}, 'consumer', missing)).toBe('sub');
    expect(readFirstDimension({first: null, second: null}, 'consumer', missing)).toBe('unknown');
    expect(missing.list()).toEqual([]);
    expect(readFirstDimension({first: 7, second: 'sub'}, 'consumer', missing)).toBe('sub');
    expect(missing.list()).toEqual(['consumer']);
  });
});

describe('a region', () => {
  test.each([
    ['East US', 'eastus'],
    ['eastus', 'eastus'],
    ['East US 2', 'eastus2'],
    ['EASTUS2', 'eastus2'],
    [' Sweden\u00a0Central ', 'swedencentral'],
    ['x'.repeat(64), 'x'.repeat(64)],
    ['x'.repeat(65), ''],
    ['east_us', ''],
    ['Köln', ''],
    ['\u212a', ''],
    ['East US, West US', ''],
    ['', ''],
  ])('%j becomes %j', (raw, region) => {
    expect(cleanRegion(raw)).toBe(region);
  });

  test('is unknown and missing where it is absent or unusable', () => {
    for (const raw of [undefined, null, '', 'east_us', 5, {}, []]) {
      const missing = new MissingFields();
      expect(readRegion(raw, missing)).toBe('unknown');
      expect(missing.list()).toEqual(['region']);
    }
  });
});

test('the memory of cleaned texts starts over at its limit, and takes no long texts', () => {
  const missing = new MissingFields();
  const {max} = cachedTexts();
  for (let n = 0; n < max * 2.5; n++) {
    expect(readDimension(` model-${n}`, 'model', missing)).toBe(`model-${n}`);
    expect(cachedTexts().dimensions).toBeLessThanOrEqual(max);
  }
  const before = cachedTexts().dimensions;
  readDimension('y'.repeat(257), 'model', missing);
  expect(cachedTexts().dimensions).toBe(before);
});
