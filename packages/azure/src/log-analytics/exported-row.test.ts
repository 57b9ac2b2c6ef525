import {expect, test} from 'vitest';
import {readExportedRow} from './exported-row.ts';

const properties =
  '{"requestTime":638515440324011672,"responseTime":638515440342401672,"streamType":"Non-Streaming","modelName":"gpt-4o","modelVersion":"2024-05-13","objectId":"me"}';
const row = {
  TimeGenerated: '2024-05-17T12:00:35.5476838Z',
  Category: 'RequestResponse',
  DurationMs: 1839,
  CorrelationId: ' ABC-1 ',
  properties_s: properties,
};

test('a row is read as a query would give it', () => {
  expect(readExportedRow(row)).toEqual({
    requestId: 'abc-1',
    timeGeneratedMs: Date.parse('2024-05-17T12:00:35.547Z'),
    durationMs: 1839,
    streamType: 'non-streaming',
    model: 'gpt-4o',
    modelVersion: '2024-05-13',
    principal: 'me',
    region: 'unknown',
  });
});

test.each([null, -1, undefined, ''])('a duration of %j is recomputed from the ticks', (DurationMs) => {
  expect(readExportedRow({...row, DurationMs})?.durationMs).toBe(1839);
});

test('properties may be an object, and are absent where they are torn', () => {
  expect(readExportedRow({...row, properties_s: undefined, properties: {modelName: 'm'}})?.model).toBe('m');
  expect(readExportedRow({...row, properties_s: properties.slice(0, 90)})).toMatchObject({
    durationMs: 1839,
    model: '',
    streamType: 'unknown',
  });
});

test.each([{}, {...row, Category: 'Audit'}, {...row, CorrelationId: ''}])(
  '%j is no answer to a call',
  (other) => {
    expect(readExportedRow(other)).toBeUndefined();
  },
);
