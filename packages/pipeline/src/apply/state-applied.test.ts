import fc from 'fast-check';
import {expect, test} from 'vitest';
import {formatStateApplied, parseStateApplied, stateAppliedKey, StateAppliedError} from './state-applied.ts';

test('the key is 8 hex of the source’s SHA-256, the partition, and 8 of the lineage', () => {
  const partition = {
    namespace: 'ns.servicebus.windows.net',
    hub: 'gateway-logs',
    group: '$Default',
    partitionId: '7',
  };
  // The hash was computed outside of this program.
  expect(stateAppliedKey(partition, '0123456789abcdef0123456789abcdef')).toBe('e365602d/7/01234567');
});

test('what was formatted is parsed back, whatever the order of entries', () => {
  const entries = fc.uniqueArray(
    fc.tuple(fc.string({minLength: 1}), fc.integer({min: 1, max: Number.MAX_SAFE_INTEGER})),
    {selector: ([key]) => key},
  );
  fc.assert(
    fc.property(entries, (list) => {
      const applied = new Map(list);
      expect(new Map(parseStateApplied(formatStateApplied(applied)))).toEqual(applied);
      expect(formatStateApplied(new Map(list.toReversed()))).toBe(formatStateApplied(applied));
    }),
  );
});

test.each([
  ['missing', undefined],
  ['a number', 3],
  ['an object instead of text', {}],
  ['no JSON', '{"a":1'],
  ['empty text', ''],
  ['an array', '[1]'],
  ['null', 'null'],
  ['a number in text', '7'],
  ['a fraction', '{"a":1.5}'],
  ['a zero', '{"a":0}'],
  ['a negative number', '{"a":-1}'],
  ['text as a number', '{"a":"1"}'],
  ['a nested object', '{"a":{"b":1}}'],
  ['a number past 2^53', '{"a":9007199254740993}'],
])('%s is an error, never zero', (_, text) => {
  expect(() => parseStateApplied(text)).toThrow(StateAppliedError);
});

test('an empty object is a document that nothing was applied to', () => {
  expect(parseStateApplied('{}').size).toBe(0);
});
