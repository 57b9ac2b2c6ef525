import {describeFinding} from '@weir/pipeline';
import {retryPartitionId, type RetryEnd, type RetryReport} from '@weir/worker';
import {exitCodes} from '../exit-codes.ts';
import {leftText, plannedJson, plannedTable} from './retry-text.ts';
import type {FoundLetter} from './stored-letters.ts';

/** What a retry does with the letters that it can read: `settle only` for those that a replay has counted. */
export type RetryMode = 'count' | 'settle only' | 'dry run';

/** The person or program in front of the command. */
export interface Person {
  /** Results. */
  print(text: string): void;
  /** Progress, a line each. */
  tell(text: string): void;
  confirm(question: string): Promise<'yes' | 'no' | 'cannot ask'>;
}

/** Tells how a retry ended. @returns the exit code */
export function tellEnd(
  end: RetryEnd<FoundLetter>,
  {format, mode, person}: {format: 'text' | 'json'; mode: RetryMode; person: Person},
): number {
  switch (end.kind) {
    case 'stopped':
      person.tell(`weir: ${describeFinding(end.finding, retryPartitionId)}`);
      return exitCodes.failed;
    case 'moved':
      person.tell(`weir: another retry is at work (${end.cause}). Nothing was counted; retry again later.`);
      return exitCodes.failed;
    case 'aborted':
      person.tell('weir: interrupted. The next retry finishes what this one has begun, if it has.');
      return exitCodes.interrupted;
    case 'done':
    case 'dry run':
    case 'not confirmed':
    case 'cannot ask':
    case 'cut short':
  }
  if (format === 'json') {
    person.print(`${JSON.stringify(end.planned.map((one) => plannedJson(one, end)))}\n`);
  } else if (wasNotShown(end)) person.print(`${plannedTable(end.planned).join('\n')}\n`);
  for (const line of reportLines(end, mode)) person.tell(line);
  if (end.kind === 'cannot ask') return exitCodes.usage;
  const isAll = end.planned.every(({verdict}) => verdict.kind !== 'left');
  const isDone = (end.kind === 'done' || end.kind === 'dry run') && end.parkedDocuments === 0;
  return isAll && isDone ? exitCodes.done : exitCodes.failed;
}

/** Nobody is asked where nothing would be counted, or nothing is written. */
function wasNotShown({kind, planned}: RetryReport<FoundLetter>): boolean {
  if (planned.length === 0) return false;
  return kind === 'dry run' || planned.every(({verdict}) => verdict.kind === 'left');
}

function reportLines(report: RetryReport<FoundLetter>, mode: RetryMode): string[] {
  const {kind, planned, settled, expired, parkedDocuments, cause} = report;
  const wanted = planned.filter(({verdict}) => verdict.kind !== 'left').length;
  const left = planned.length - wanted;
  const leftPart =
    left === 0 ? '' : ` ${lettersText(left)} ${left === 1 ? 'is' : 'are'} left: ${leftText(planned)}.`;
  const lines: string[] = [];
  switch (kind) {
    case 'dry run':
      lines.push(`${lettersText(wanted)} would count; nothing was changed.${leftPart}`);
      break;
    case 'not confirmed':
      lines.push(`Nothing was counted.${leftPart}`);
      break;
    case 'cannot ask':
      lines.push('weir: nothing was counted. Add --yes to go on without a terminal to ask on.');
      break;
    case 'cut short':
      lines.push(`weir: cut short: ${cause}. ${lettersText(settled.size)} counted. Retry again.`);
      break;
    case 'done':
      lines.push(
        `${lettersText(settled.size)} ${mode === 'count' ? 'counted' : 'marked as counted'}.${leftPart}`,
      );
  }
  if (expired > 0) {
    lines.push(`${expired} documents had gone with their retention and were not made again.`);
  }
  if (parkedDocuments > 0) {
    lines.push(
      `weir: Cosmos DB refuses ${parkedDocuments} documents for good. What they are to get waits in the retry journal; every retry tries it again.`,
    );
  }
  return lines;
}

export function lettersText(count: number): string {
  return count === 1 ? '1 dead letter' : `${count.toLocaleString('en-US')} dead letters`;
}
