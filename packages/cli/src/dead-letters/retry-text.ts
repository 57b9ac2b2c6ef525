import type {StoredDeadLetter} from '@weir/azure';
import {letterKey, type Planned, type RetryReport, type Verdict} from '@weir/worker';
import {letterJson, placeText} from './letter-text.ts';

const columns = {partition: 9, sequence: 16, becomes: 53} as const;

/** What becomes of each letter, as a table that fits 80 columns, its head first. */
export function plannedTable(planned: readonly Planned<StoredDeadLetter>[]): string[] {
  const line = (partition: string, sequence: string, becomes: string): string =>
    [partition.padEnd(columns.partition), sequence.padEnd(columns.sequence), cut(becomes, columns.becomes)]
      .join(' ')
      .trimEnd();
  return [
    line('partition', 'sequence', 'becomes'),
    ...planned.map(({letter, verdict}) =>
      line(letter.partitionId, placeText(letter), verdictText(letter, verdict)),
    ),
  ];
}

/** As programs read it. `settled`: this retry has counted it, or settled it as a repeat. */
export function plannedJson(
  {letter, verdict}: Planned<StoredDeadLetter>,
  {settled}: Pick<RetryReport<StoredDeadLetter>, 'settled'>,
): Record<string, unknown> {
  const isLeft = verdict.kind === 'left';
  return {
    ...letterJson(letter),
    outcome: verdict.kind,
    settled: settled.has(letterKey(letter)),
    left: isLeft ? verdict.reason : null,
    why: isLeft ? verdict.why : null,
    event: isLeft ? null : eventJson(verdict),
  };
}

function eventJson(verdict: Exclude<Verdict, {kind: 'left'}>): Record<string, unknown> {
  const {requestId, region, deployment, model, status, eventTimeMs, shape} = verdict.event;
  const isCounted = verdict.kind === 'counts';
  return {
    requestId: requestId ?? null,
    eventTime: new Date(isCounted ? verdict.eventTimeMs : eventTimeMs).toISOString(),
    region,
    deployment,
    model,
    status: status ?? null,
    shape,
    join: isCounted ? joinText(verdict) : null,
    durationMs: (isCounted ? verdict.row?.durationMs : undefined) ?? null,
  };
}

function verdictText(letter: StoredDeadLetter, verdict: Verdict): string {
  switch (verdict.kind) {
    case 'counts': {
      const {region, status} = verdict.event;
      const ms = verdict.row?.durationMs;
      const took = ms === undefined ? '' : ` in ${ms} ms`;
      return `an event: ${region}, ${status ?? 'no status'}, ${joinText(verdict)}${took}`;
    }
    case 'repeat':
      return 'settled: a repeat of one that counts';
    case 'left':
      // What it says is the letter's own reason where nothing has changed.
      return verdict.reason === 'still a dead letter' && verdict.why.startsWith(letter.reason)
        ? `left: still ${verdict.why}`
        : `left: ${verdict.why.replace(/\.\d{3}Z$/, 'Z')}`; // or the line would end before its time does
  }
}

function joinText({event, row}: Extract<Verdict, {kind: 'counts'}>): 'matched' | 'unmatched' | 'no id' {
  if (row !== undefined) return 'matched';
  return event.requestId === undefined ? 'no id' : 'unmatched';
}

/** `diagnostics may come (3), lost (1)`: why letters were left, the most frequent reason first; empty for none. */
export function leftText(planned: readonly Planned<StoredDeadLetter>[]): string {
  const reasons = planned.flatMap(({verdict}) => (verdict.kind === 'left' ? [verdict.reason] : []));
  return [...Map.groupBy(reasons, (reason) => reason)]
    .map(([reason, all]) => ({reason, count: all.length}))
    .toSorted((a, b) => b.count - a.count || a.reason.localeCompare(b.reason))
    .map(({reason, count}) => `${reason} (${count.toLocaleString('en-US')})`)
    .join(', ');
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}
