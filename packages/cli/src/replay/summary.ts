import type {ReplayedWindow} from './replayed-window.ts';

/** What became of the events that were read, in lines for a person. */
export function summaryLines({counts, documents, undecided, read}: ReplayedWindow): string[] {
  const {inputEvents, folded, duplicates, merged, skipped, gapEvents, deadLetters} = counts;
  const others = [
    [duplicates, 'repeats'],
    [merged, 'halves of others'],
    [skipped, 'skipped'],
    [sumOf(deadLetters.values()), 'dead letters'],
  ] as const;
  const parts = others.filter(([n]) => n > 0).map(([n, what]) => `${count(n)} ${what}`);
  const lines = [
    `Read ${count(inputEvents)} events: ${[`${count(folded)} calls`, ...parts].join(', ')}.`,
    `The window has ${count(documents.size)} documents.`,
  ];
  if (undecided > 0) {
    lines.push(`${count(undecided)} calls may still get their diagnostics: views on resolved lack them.`);
  }
  if (gapEvents > 0) {
    const partitions = read === undefined ? '' : ' of some partitions';
    lines.push(`${count(gapEvents)} events${partitions} are missing between those read.`);
  }
  return lines;
}

function sumOf(numbers: Iterable<number>): number {
  let sum = 0;
  for (const n of numbers) sum += n;
  return sum;
}

function count(n: number): string {
  return n.toLocaleString('en-US');
}
