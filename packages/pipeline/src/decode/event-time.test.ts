import {describe, expect, test} from 'vitest';

import {readEventTime} from './event-time.ts';
import {unreadable} from './fields.ts';

const expectedMs = Date.UTC(2024, 4, 24, 14, 45, 56);

describe('the same instant is read from', () => {
  test.each([
    '2024-05-24T14:45:56.000Z',
    '2024-05-24T14:45:56Z',
    '2024-05-24T14:45:56.0Z',
    '2024-05-24T14:45:56.0000000Z',
    '2024-05-24T14:45:56',
    '2024-05-24 14:45:56',
    '2024-05-24T16:45:56+02:00',
    '2024-05-24T16:45:56+0200',
    '2024-05-24T06:15:56.000-08:30',
    ' 2024-05-24T14:45:56.000Z ',
    '5/24/2024 2:45:56 PM',
    '05/24/2024 02:45:56 pm',
    '5/24/2024 2:45:56\u202fPM',
    '5/24/2024\u00a02:45:56\u00a0PM',
    '5/24/2024 14:45:56',
    1_716_561_956,
    1_716_561_956_000,
    '1716561956',
    '1716561956000',
    new Date(expectedMs),
  ])('%s', (value) => {
    expect(readEventTime(value)).toBe(expectedMs);
  });
});

describe('a fraction of a second', () => {
  test.each([
    ['2024-05-24T14:45:56.1Z', 100],
    ['2024-05-24T14:45:56.12Z', 120],
    ['2024-05-24T14:45:56.123Z', 123],
    ['2024-05-24T14:45:56.1239Z', 123],
    ['2024-05-24T14:45:56.1234567Z', 123],
    ['2024-05-24T14:45:56.123456', 123],
    [1_716_561_956.5, 500],
    ['1716561956.5', 500],
    [1_716_561_956_123.9, 123],
  ])('is truncated to ms in %s', (value, ms) => {
    expect(readEventTime(value)).toBe(expectedMs + ms);
  });
});

test('midnight and noon are 12 AM and 12 PM', () => {
  expect(readEventTime('1/2/2024 12:00:00 AM')).toBe(Date.UTC(2024, 0, 2));
  expect(readEventTime('1/2/2024 12:00:00 PM')).toBe(Date.UTC(2024, 0, 2, 12));
});

test('the short forms of ISO are read like the patterns read them', () => {
  const secondMs = Date.UTC(2024, 4, 17, 13, 15, 9);
  for (const zone of ['', 'Z', ' Z', '+00:00']) {
    expect(readEventTime(`2024-05-17T13:15:09${zone}`)).toBe(secondMs);
    expect(readEventTime(`2024-05-17T13:15:09.1${zone}`)).toBe(secondMs + 100);
    expect(readEventTime(`2024-05-17T13:15:09.12345678${zone}`)).toBe(secondMs + 123);
    expect(readEventTime(`2024-05-17T13:15:09.001999999${zone}`)).toBe(secondMs + 1);
    for (const bad of [
      '2024-05-17T13:15:09.',
      '2024-05-17T13:15:9',
      '2024-05-17T13:15:60',
      '2024-05-17T13:15:09.1x',
    ]) {
      expect(readEventTime(`${bad}${zone}`)).toBe(unreadable);
    }
  }
});

test('29 February exists in leap years only', () => {
  expect(readEventTime('2024-02-29T00:00:00.000Z')).toBe(Date.UTC(2024, 1, 29));
  expect(readEventTime('2000-02-29T00:00:00.000Z')).toBe(Date.UTC(2000, 1, 29));
  expect(readEventTime('2023-02-29T00:00:00.000Z')).toBe(unreadable);
  expect(readEventTime('2100-02-29T00:00:00.000Z')).toBe(unreadable);
});

test('the years 2000 to 2200 are read to their last ms', () => {
  expect(readEventTime('2000-01-01T00:00:00.000Z')).toBe(Date.UTC(2000, 0, 1));
  expect(readEventTime('2200-12-31T23:59:59.999Z')).toBe(Date.UTC(2201, 0, 1) - 1);
  expect(readEventTime('1999-12-31T23:59:59.999Z')).toBe(unreadable);
  expect(readEventTime('2201-01-01T00:00:00.000Z')).toBe(unreadable);
  expect(readEventTime('2201-01-01T00:00:00Z')).toBe(unreadable);
});

describe('an impossible or foreign time is unreadable', () => {
  test.each([
    'yesterday',
    'oops',
    '2024-02-30T00:00:00.000Z',
    '2024-02-30T00:00:00Z',
    '2024-04-31T00:00:00.000Z',
    '2024-13-01T00:00:00.000Z',
    '2024-00-01T00:00:00.000Z',
    '2024-01-00T00:00:00.000Z',
    '2024-01-01T25:00:00.000Z',
    '2024-01-01T24:00:00.000Z',
    '2024-01-01T00:60:00.000Z',
    '2024-01-01T00:00:60.000Z',
    '2024-01-01T00:00:00.00aZ',
    '2024-01-01T0a:00:00.000Z',
    '2024-01-01T00:00:00+15:00',
    '2024-01-01',
    '24/5/2024 2:45:56 PM',
    '5/24/2024 13:45:56 PM',
    '5/24/2024 0:45:56 AM',
    '2/30/2024 1:00:00 AM',
    'Not-Set',
    '2024-01-01T00:00:00.000Z' + ' '.repeat(100_000),
    true,
    {},
    [],
    0,
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1e12 * 1e6,
    // .NET ticks, the unit of the diagnostics.
    638_515_487_015_394_176,
    new Date(Number.NaN),
  ])('%s', (value) => {
    expect(readEventTime(value)).toBe(unreadable);
  });
});

test('an absent, null or empty time is absent', () => {
  for (const value of [undefined, null, '', '  ', ' '.repeat(24)])
    expect(readEventTime(value)).toBeUndefined();
});
