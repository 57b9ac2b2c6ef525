import type {StoredDeadLetter} from '@weir/azure';
import {wrapped} from '../recover/partition-text.ts';
import type {FoundLetter} from './stored-letters.ts';

/** As programs read it; what is not known of a lost record is null, and what no retry has settled, too. */
export function letterJson(letter: FoundLetter): Record<string, unknown> {
  const {partitionId, sequenceNumber, index, offset, enqueuedTimeMs, reason, layer, detail, lineage, n} =
    letter;
  return {
    partition: partitionId,
    sequenceNumber,
    index,
    offset: offset === '' ? null : offset,
    enqueuedTime: enqueuedTimeMs === 0 ? null : new Date(enqueuedTimeMs).toISOString(),
    reason,
    layer,
    detail: detail ?? null,
    commit: {lineage, n},
    retried: letter.settled === undefined ? null : retriedJson(letter.settled),
  };
}

function retriedJson({as, settledMs}: NonNullable<FoundLetter['settled']>): Record<string, unknown> {
  return {at: new Date(settledMs).toISOString(), as};
}

/** `148`, or `148/3`: several records can come in one event. */
export function placeText({sequenceNumber, index}: StoredDeadLetter): string {
  return index === 0 ? String(sequenceNumber) : `${sequenceNumber}/${index}`;
}

const columns = [
  {head: 'partition', width: 9},
  {head: 'sequence', width: 16},
  {head: 'enqueued', width: 24},
  {head: 'layer', width: 6},
  {head: 'reason', width: 16},
] as const;

/** Lines of a table that fits 80 columns, its head first. */
export function letterTable(letters: readonly StoredDeadLetter[]): string[] {
  const rows = letters.map((letter) => [
    letter.partitionId,
    placeText(letter),
    letter.enqueuedTimeMs === 0 ? '-' : new Date(letter.enqueuedTimeMs).toISOString(),
    letter.layer,
    letter.reason,
  ]);
  return [columns.map(({head}) => head), ...rows].map((cells) =>
    columns
      .map(({width}, at) => (cells[at] ?? '').padEnd(width))
      .join(' ')
      .trimEnd(),
  );
}

/** `36: 12 empty, 8 not JSON, …`: the most frequent first. */
export function reasonCounts(letters: readonly StoredDeadLetter[]): string {
  const counts = Map.groupBy(letters, ({reason}) => reason);
  return [...counts]
    .map(([reason, own]) => ({reason, count: own.length}))
    .toSorted((a, b) => b.count - a.count || a.reason.localeCompare(b.reason))
    .map(({reason, count}) => `${count} ${reason}`)
    .join(', ');
}

/** Everything about one dead letter, and how to look at its event. */
export function letterText(letter: FoundLetter): string {
  const {partitionId, sequenceNumber, index, offset, enqueuedTimeMs, reason, layer, detail, lineage, n} =
    letter;
  const {settled} = letter;
  const field = (name: string, value: string): string => `  ${name.padEnd(10)}${value}`;
  const lines = [
    `Record ${index} of event ${sequenceNumber} in partition ${partitionId} ${stateText(settled)}: ${reason}.`,
    field('Layer', `${layer} (${layers[layer]})`),
    ...(detail === undefined || detail === reason
      ? []
      : wrapped(detail, ' '.repeat(12), field('Detail', ''))),
    ...(offset === '' ? [] : [field('Offset', offset)]),
    ...(enqueuedTimeMs === 0 ? [] : [field('Enqueued', new Date(enqueuedTimeMs).toISOString())]),
    field('Commit', `${n} of ${lineage}`),
    ...(settled === undefined ? [] : [field('Retried', new Date(settled.settledMs).toISOString())]),
  ];
  if (reason !== 'lost') {
    lines.push(
      '',
      'To see the event, while the hub still has it:',
      `  npx weir inspect --partition ${partitionId} --from-sequence ${sequenceNumber} --count 1`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function stateText(settled: FoundLetter['settled']): string {
  if (settled === undefined) return 'is in no aggregate';
  return settled.as === 'counted' ? 'was counted by a retry' : 'repeats one that a retry has counted';
}

const layers: Readonly<Record<StoredDeadLetter['layer'], string>> = {
  source: 'reading from the event hub',
  decode: 'making an event of the body',
  assign: 'finding its time window',
};
