import {expect, test} from 'vitest';
import {noRecords} from '../../../../pipeline/src/read/record-counts.ts';
import {mark} from '../compare/window-fixture.ts';
import {lettersCounted, type OpenLetter} from './letters-counted.ts';

const read = new Map([['3', {first: mark(2), last: mark(9)}]]);

function letter(sequenceNumber: number, fields: Partial<OpenLetter> = {}): OpenLetter {
  const place = {...mark(sequenceNumber), partitionId: '3', index: 0};
  return {...place, reason: 'unknown shape', layer: 'decode', ...fields};
}

function setAside(count: number): ReturnType<typeof noRecords> {
  const counts = noRecords();
  counts.deadLetters.set('unknown shape', count);
  return counts;
}

test('a replay that sets aside as many as the workers did counts none of them', () => {
  expect(lettersCounted([letter(3), letter(4)], {read, counts: setAside(2)})).toBe(0);
});

test('each one fewer is a dead letter that the replay counts', () => {
  expect(lettersCounted([letter(3), letter(4), letter(5)], {read, counts: setAside(1)})).toBe(2);
});

test('one that is stored twice, lies outside, is of an older hub, or could never be compared is not taken for counted', () => {
  const letters = [
    letter(3),
    letter(3),
    letter(1),
    letter(10),
    letter(4, {partitionId: '7'}),
    letter(5, {enqueuedTimeMs: 0}),
    letter(6, {reason: 'incomplete'}),
    letter(7, {reason: 'lost'}),
  ];
  expect(lettersCounted(letters, {read, counts: setAside(1)})).toBe(0);
});
