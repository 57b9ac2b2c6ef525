import {expect, test} from 'vitest';
import {readStreamAnalyticsError} from './stream-analytics-error.ts';

const message =
  "Source 'EventHub' had 76 occurrences of kind 'InputDeserializerError.InvalidData' between processing times " +
  "'2024-05-17T13:15:02.0000000Z' and '2024-05-17T13:16:02.1234567Z'. Could not deserialize the input event(s) from " +
  "resource 'Partition: [11], Offset: [86672449297304], SequenceNumber: [137530194]' as Json.";

test('a pasted message gives partition, sequence number, offset and the earlier time', () => {
  expect(readStreamAnalyticsError(message)).toEqual({
    partition: '11',
    sequenceNumber: 137530194,
    offset: '86672449297304',
    fromMs: Date.parse('2024-05-17T13:15:02Z'),
  });
});

test.each([
  ['partition = 3; sequence number = 7', {partition: '3', sequenceNumber: 7}],
  ['PartitionId: "3", offset: (12:400)', {partition: '3', offset: '12:400'}],
  ['Partition: [0] at 2024-05-17T13:15:02', {partition: '0', fromMs: Date.parse('2024-05-17T13:15:02Z')}],
])('%s is understood, too', (text, expected) => {
  expect(readStreamAnalyticsError(text)).toMatchObject(expected);
});

test.each([
  '',
  'something else',
  'Partition: [11]',
  'SequenceNumber: [5]',
  'Partition: [], SequenceNumber: []',
])('%j names no place', (text) => expect(readStreamAnalyticsError(text)).toBeUndefined());
