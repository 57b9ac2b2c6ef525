import type {StoredDeadLetter} from '@weir/azure';

/** As programs read it; what is not known of a lost record is null. */
export function letterJson(letter: StoredDeadLetter): Record<string, unknown> {
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
  };
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
  const rows = letters.map(({partitionId, sequenceNumber, index, enqueuedTimeMs, layer, reason}) => [
    partitionId,
    // Several records can come in one event.
    index === 0 ? String(sequenceNumber) : `${sequenceNumber}/${index}`,
    enqueuedTimeMs === 0 ? '-' : new Date(enqueuedTimeMs).toISOString(),
    layer,
    reason,
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
export function letterText(letter: StoredDeadLetter): string {
  const {partitionId, sequenceNumber, index, offset, enqueuedTimeMs, reason, layer, detail, lineage, n} =
    letter;
  const field = (name: string, value: string): string => `  ${name.padEnd(10)}${value}`;
  const lines = [
    `Record ${index} of event ${sequenceNumber} in partition ${partitionId} is in no aggregate: ${reason}.`,
    field('Layer', `${layer} (${layers[layer]})`),
    ...(detail === undefined || detail === reason ? [] : [field('Detail', detail)]),
    ...(offset === '' ? [] : [field('Offset', offset)]),
    ...(enqueuedTimeMs === 0 ? [] : [field('Enqueued', new Date(enqueuedTimeMs).toISOString())]),
    field('Commit', `${n} of ${lineage}`),
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

const layers: Readonly<Record<StoredDeadLetter['layer'], string>> = {
  source: 'reading from the event hub',
  decode: 'making an event of the body',
  assign: 'finding its time window',
};
