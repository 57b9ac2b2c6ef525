import fc from 'fast-check';
import {expect, test} from 'vitest';
import {QuantileSketch, SketchFormatError} from './quantile-sketch.ts';

const durations = fc.array(fc.oneof(fc.integer({min: 0, max: 100}), fc.integer({min: 0, max: 600_000})), {
  minLength: 1,
  maxLength: 300,
});

function sketchOf(values: number[]): QuantileSketch {
  const sketch = new QuantileSketch();
  for (const value of values) sketch.add(value);
  return sketch;
}

test('quantiles are within 1 % of the value at the rank ⌊q·(n-1)⌋', () => {
  fc.assert(
    fc.property(durations, (values) => {
      const sorted = [...values].sort((a, b) => a - b);
      const [min, max] = [sorted[0]!, sorted.at(-1)!];
      for (const q of [0, 0.5, 0.9, 0.95, 0.99, 1]) {
        const exact = sorted[Math.floor(q * (sorted.length - 1))]!;
        expect(Math.abs(sketchOf(values).quantile(q, {min, max}) - exact)).toBeLessThanOrEqual(exact * 0.01);
      }
    }),
  );
});

test('the order of merges does not show, and the stored form survives a round trip', () => {
  fc.assert(
    fc.property(durations, durations, durations, (a, b, c) => {
      const left = sketchOf(a);
      left.merge(sketchOf(b));
      left.merge(sketchOf(c));
      const right = QuantileSketch.decode(sketchOf(c).encode());
      right.merge(sketchOf([...b, ...a]));
      expect(right.encode()).toBe(left.encode());
      expect(QuantileSketch.decode(left.encode()).encode()).toBe(left.encode());
    }),
  );
});

test('a damaged sketch is refused, never read as something else', () => {
  const whole = sketchOf([1, 20, 300, 4_000]).encode();
  for (const damaged of [
    'AA==',
    'Ag==',
    Buffer.from(whole, 'base64').subarray(0, -1).toString('base64'),
    'AYQH////////////fw==',
  ]) {
    expect(() => QuantileSketch.decode(damaged)).toThrow(SketchFormatError);
  }
});
