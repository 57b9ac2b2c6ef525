import {expect, test} from 'vitest';
import {captureFormatDefault, capturePathReader} from './capture-path.ts';
import {captureTimeMs} from './capture-time.ts';

test.each([
  ['/data/captured/gateways/gateway-logs/11/2024/05/17/12/00/34.avro', '11', 'gateways/gateway-logs'],
  ['gateways/gateway-logs/0/2024/5/17/12/0/34.avro', '0', 'gateways/gateway-logs'],
])('%s is of partition %s', (path, partition, hub) => {
  expect(capturePathReader(captureFormatDefault)?.(path)).toEqual({
    partition,
    hub,
    begunMs: Date.parse('2024-05-17T12:00:34Z'),
  });
});

test('files may be named in another way, as long as it names the partition', () => {
  const read = capturePathReader('{Year}-{Month}-{Day}/p{PartitionId}_{Hour}.{Minute}.{Second}');
  expect(read?.('/x/2024-05-17/p3_12.00.34.avro')).toEqual({
    partition: '3',
    hub: '',
    begunMs: Date.parse('2024-05-17T12:00:34Z'),
  });
  expect(read?.('/x/2024-05-17/p3_12x00x34.avro')).toBeUndefined();
  expect(capturePathReader('{PartitionId}')?.('a/7.avro')).toEqual({
    partition: '7',
    hub: '',
    begunMs: undefined,
  });
});

test.each(['{Year}/{Month}', '{PartitionId}/{Week}', '{PartitionId}/{PartitionId}'])(
  'the format %s is refused',
  (format) => {
    expect(capturePathReader(format)).toBeUndefined();
  },
);

test.each([
  ['5/17/2024 12:00:34 PM', '2024-05-17T12:00:34Z'],
  ['5/17/2024 12:00:34 AM', '2024-05-17T00:00:34Z'],
  ['12/1/2024 1:09:05 PM', '2024-12-01T13:09:05Z'],
  ['2024-05-17T12:00:34.759Z', '2024-05-17T12:00:34.759Z'],
  ['17.05.2024 12:00', undefined],
  ['', undefined],
])('the enqueued time %j is %s', (text, time) => {
  expect(captureTimeMs(text)).toBe(time === undefined ? undefined : Date.parse(time));
});
