import {expect, test} from 'vitest';
import {parseSelectorFilter} from './selector-filter.ts';

test.each([
  ["amqp.annotation.x-opt-offset > '-1'", {kind: 'earliest'}],
  ["amqp.annotation.x-opt-offset > '@latest'", {kind: 'latest'}],
  ["amqp.annotation.x-opt-offset > '0:512'", {kind: 'offset', offset: '0:512', bound: 'exclusive'}],
  ["amqp.annotation.x-opt-offset >= '0:512'", {kind: 'offset', offset: '0:512', bound: 'inclusive'}],
  [
    "amqp.annotation.x-opt-sequence-number > '41'",
    {kind: 'sequenceNumber', sequenceNumber: 41, bound: 'exclusive'},
  ],
  [
    "amqp.annotation.x-opt-sequence-number >= '41'",
    {kind: 'sequenceNumber', sequenceNumber: 41, bound: 'inclusive'},
  ],
  [
    "amqp.annotation.x-opt-enqueued-time > '1700000000000'",
    {kind: 'enqueuedTime', enqueuedTimeMs: 1_700_000_000_000},
  ],
  // As the Python and C clients write it.
  [
    'amqp.annotation.x-opt-enqueuedtimeutc > 1700000000000',
    {kind: 'enqueuedTime', enqueuedTimeMs: 1_700_000_000_000},
  ],
])('%s is understood', (expression, position) => {
  expect(parseSelectorFilter(expression)).toEqual(position);
});

test('no filter means the events to come', () => {
  expect(parseSelectorFilter(undefined)).toEqual({kind: 'latest'});
});

test.each([
  "amqp.annotation.x-opt-offset < '5'",
  "amqp.annotation.x-opt-offset > ''",
  "amqp.annotation.x-opt-sequence-number > 'five'",
  "amqp.annotation.x-opt-enqueued-time >= '5'",
  "amqp.annotation.x-opt-colour > '5'",
  'true',
])('%s is not a filter', (expression) => {
  expect(parseSelectorFilter(expression)).toBeUndefined();
});
