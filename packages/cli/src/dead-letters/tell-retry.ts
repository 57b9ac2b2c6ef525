import {describeFinding} from '@weir/pipeline';
import {retryPartitionId, type RetryEnd, type RetryReport} from '@weir/worker';
import {count} from '../count-text.ts';
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
    case 'older copy':
      person.tell(`weir: nothing was counted: ${olderCopyText(end)}`);
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
    const were = expired === 1 ? 'was' : 'were';
    lines.push(`${count(expired, 'document')} had expired and ${were} not made again.`);
  }
  if (parkedDocuments > 0) {
    lines.push(
      `weir: Cosmos DB refuses ${count(parkedDocuments, 'document')} for good. What is to be added waits in the retry journal; every retry tries it again.`,
    );
  }
  return lines;
}

function olderCopyText({n, marked}: {n: number; marked: number}): string {
  const marks =
    marked === n
      ? `stands at commit ${n}, and other dead letters are marked as settled under that number`
      : `stands at commit ${n}, and dead letters of its commit ${marked} are marked as settled`;
  return `the retry journal ${marks}. The journal was restored from an older copy. Bring back the newest version of its blob; docs/recovery.md says what to do without it.`;
}

/** Those that a retry leaves are the first ones of the next retry too. */
export function moreThanLooked({looked, all}: {looked: number; all: number}): string {
  const [few, many] = [looked, all].map((letters) => letters.toLocaleString('en-US'));
  return `Only ${few} of the ${many} dead letters are looked at. Retry again for the others. Those that are left come first again: to leave them out, choose with --partition, --from-sequence or --reason.`;
}

export function lettersText(letters: number): string {
  return count(letters, 'dead letter');
}
