import fc from 'fast-check';
import {expect, test} from 'vitest';
import {diagnosticsRow} from '../event-fixture.ts';
import {betterRow, serviceDurationMs, type DiagnosticsRow} from './diagnostics.ts';

const noTicks = {requestTicks: '', responseTicks: ''};
const ticks = {requestTicks: '638514621240000000', responseTicks: '638514621247009999'};

test.each([
  ['the column', {durationMs: 812, ...ticks}, 812],
  ['a column of 0', {durationMs: 0, ...ticks}, 0],
  ['a column with a fraction, truncated', {durationMs: 812.9, ...noTicks}, 812],
  ['the ticks where the column is null, truncated', {durationMs: null, ...ticks}, 700],
  ['the ticks where the column is negative', {durationMs: -1, ...ticks}, 700],
  ['nothing where both are missing', {durationMs: null, ...noTicks}, undefined],
  [
    'nothing where the ticks run backwards',
    {durationMs: null, requestTicks: '20000', responseTicks: '10000'},
    undefined,
  ],
  [
    'nothing where the ticks are no number',
    {durationMs: -5, requestTicks: '1e9', responseTicks: '2e9'},
    undefined,
  ],
  ['nothing where the column is NaN and ticks are missing', {durationMs: Number.NaN, ...noTicks}, undefined],
])('the service time is %s', (_, row, expected) => {
  expect(serviceDurationMs(row)).toBe(expected);
});

const known = diagnosticsRow({streamType: 'non-streaming', timeGeneratedMs: 5, durationMs: 10});

test.each([
  [
    'with a stream type beats a later one without',
    diagnosticsRow({streamType: 'unknown', timeGeneratedMs: 9, durationMs: 99}),
  ],
  [
    'that is later beats an earlier, longer one',
    diagnosticsRow({streamType: 'streaming', timeGeneratedMs: 4, durationMs: 99}),
  ],
  [
    'that is longer beats a shorter one of the same time',
    diagnosticsRow({streamType: 'streaming', timeGeneratedMs: 5, durationMs: 9}),
  ],
  [
    'with a service time beats one without',
    diagnosticsRow({streamType: 'streaming', timeGeneratedMs: 5, durationMs: undefined}),
  ],
])('a row %s, whichever comes first', (_, other) => {
  expect(betterRow(known, other)).toBe(known);
  expect(betterRow(other, known)).toBe(known);
});

test('the choice among many rows does not depend on how they are paired', () => {
  const row = fc.record({
    streamType: fc.constantFrom('streaming' as const, 'unknown' as const),
    timeGeneratedMs: fc.nat({max: 2}),
    durationMs: fc.constantFrom(undefined, 1, 2),
  });
  const rank = ({streamType, timeGeneratedMs, durationMs}: DiagnosticsRow): unknown[] => [
    streamType === 'unknown',
    timeGeneratedMs,
    durationMs,
  ];
  fc.assert(
    fc.property(
      fc.array(
        row.map((fields) => diagnosticsRow(fields)),
        {minLength: 1},
      ),
      (rows) => {
        expect(rank(rows.reduce(betterRow))).toEqual(
          rank(rows.toReversed().reduceRight((a, b) => betterRow(b, a))),
        );
        expect(rank(rows.toReversed().reduce(betterRow))).toEqual(rank(rows.reduce(betterRow)));
      },
    ),
  );
});
