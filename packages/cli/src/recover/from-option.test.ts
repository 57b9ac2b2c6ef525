import {InvalidArgumentError} from 'commander';
import {expect, test} from 'vitest';
import {formatFrom, parseFrom} from './from-option.ts';

test.each(['earliest', 'latest', '0', '1804', '2024-05-17T13:15:00.000Z'])(
  '--from %s is kept as it is',
  (text) => {
    expect(formatFrom(parseFrom(text))).toBe(text);
  },
);

test('a time in another zone is the same moment', () => {
  expect(formatFrom(parseFrom('2024-05-17T15:15+02:00'))).toBe('2024-05-17T13:15:00.000Z');
});

test.each(['', '-1', '1.5', 'now', '2024-05-17', '2024-05-17T13:15:00', '1e3', '99999999999999999'])(
  '--from "%s" is refused with what may be given',
  (text) => {
    expect(() => parseFrom(text)).toThrow(InvalidArgumentError);
    expect(() => parseFrom(text)).toThrow(/earliest, latest/);
  },
);
