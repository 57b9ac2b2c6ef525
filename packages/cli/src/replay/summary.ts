import {count, number} from '../count-text.ts';
import type {ReplayedWindow} from './replayed-window.ts';

/** What became of the events that were read, in lines for a person. */
export function summaryLines({counts, documents, undecided, read}: ReplayedWindow): string[] {
  const {inputEvents, folded, duplicates, merged, skipped, gapEvents, deadLetters} = counts;
  const letters = sumOf(deadLetters.values());
  const parts = [
    count(folded, 'call'),
    ...(duplicates > 0 ? [count(duplicates, 'repeat')] : []),
    ...(merged > 0 ? [`${number(merged)} merged into another`] : []),
    ...(skipped > 0 ? [`${number(skipped)} skipped`] : []),
    ...(letters > 0 ? [count(letters, 'dead letter')] : []),
  ];
  const lines = [
    `Read ${count(inputEvents, 'event')}: ${parts.join(', ')}.`,
    `The window has ${count(documents.size, 'document')}.`,
  ];
  if (undecided > 0) {
    lines.push(
      `${count(undecided, 'call')} may still get their diagnostics: views on resolved lack ${undecided === 1 ? 'it' : 'them'}.`,
    );
  }
  if (gapEvents > 0) {
    const partitions = read === undefined ? '' : ' of some partitions';
    lines.push(
      `${count(gapEvents, 'event')}${partitions} ${gapEvents === 1 ? 'is' : 'are'} missing between those read.`,
    );
  }
  return lines;
}

function sumOf(numbers: Iterable<number>): number {
  let sum = 0;
  for (const n of numbers) sum += n;
  return sum;
}
