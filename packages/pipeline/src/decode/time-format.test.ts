import {expect, test} from 'vitest';

import {TimeFormat} from './time-format.ts';

test.each([
  ['dd.MM.yyyy HH:mm:ss', undefined, '17.05.2024 13:15:00', '2024-05-17T13:15:00.0Z'],
  ['d.M.yyyy H:mm', '+02:00', '7.5.2024 9:05', '2024-05-07T09:05:00.0+02:00'],
  ['yyyyMMddHHmmssSSS', undefined, '20240517131500123', '2024-05-17T13:15:00.123Z'],
  ['yyyy/MM/dd', 'Z', ' 2024/05/17 ', '2024-05-17T00:00:00.0Z'],
])('%s with zone %s reads %s', (format, offset, text, iso) => {
  expect(TimeFormat.of(format, offset)?.toIso(text)).toBe(iso);
});

test('a text of another format is not read', () => {
  const format = TimeFormat.of('dd.MM.yyyy');
  for (const text of ['', '17-05-2024', '17.05.24', '17.05.2024 1', '1.5.2024']) {
    expect(format?.toIso(text)).toBeUndefined();
  }
});

test.each(['', 'dd.MM', 'yyyy-MM-dd EEE', 'yyyy-MM-dd dd', 'yyyy-MM-ddTHH', ' '.repeat(60)])(
  'the format %j is refused',
  (format) => {
    expect(TimeFormat.of(format)).toBeUndefined();
  },
);

test('a zone that is no offset is refused', () => {
  expect(TimeFormat.of('yyyy-MM-dd', 'CET')).toBeUndefined();
});
