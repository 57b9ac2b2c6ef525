import {count, number} from '../../count-text.ts';
import {wrapped} from '../../recover/partition-text.ts';
import {groupName, identityOf, valueText, windowName} from '../compare/document-name.ts';
import {touchText} from '../compare/touches.ts';
import {windowKey} from '../compare/view-windows.ts';
import type {Rebuild} from './rebuild-tally.ts';
import type {PlannedWrite, Refusal} from './window-plan.ts';

/** Documents and windows shown; `--json` has all. */
const shownMax = 40;

/** For a terminal of 80 columns. @param tense what is shown before the question, or what was done */
export function rebuildText({documents, right, refused, expired}: Rebuild, tense: 'to do' | 'done'): string {
  const [made, replaced] = [
    documents.filter(isNew).length,
    documents.filter((write) => !isNew(write)).length,
  ];
  const would = tense === 'to do' ? 'to be ' : '';
  const changes = [
    ...(replaced > 0 ? [`${count(replaced, 'document')} ${would}replaced`] : []),
    ...(made > 0 ? [`${count(made, 'document')} ${would}made`] : []),
  ];
  const parts = [
    ...(changes.length > 0 ? changes : [tense === 'to do' ? 'Nothing to write' : 'Nothing was written']),
    `${count(right, 'document')} right as ${right === 1 ? 'it is' : 'they are'}`,
    ...(expired > 0 ? [`${number(expired)} past their retention and not made again`] : []),
    ...(refused.length > 0
      ? [`${count(refused.length, 'window')} left as ${refused.length === 1 ? 'it is' : 'they are'}`]
      : []),
  ];
  const lines = wrapped(`${parts.join(', ')}.`, '');
  for (const write of documents.slice(0, shownMax)) lines.push('', ...writeText(write));
  if (documents.length > shownMax)
    lines.push('', `… and ${count(documents.length - shownMax, 'more document')}: --format json shows all.`);
  for (const {window, because} of refused.slice(0, shownMax)) {
    const written = documents.filter(({target}) => windowKey(target) === windowKey(window)).length;
    lines.push('', `${windowName(window)} is left as it is:`);
    for (const refusal of because) lines.push(...wrapped(refusalText(refusal), '    ', '  - '));
    if (written > 0 && tense === 'done')
      lines.push(
        ...wrapped(
          `${count(written, 'document')} of it had been written before: run this again.`,
          '    ',
          '  - ',
        ),
      );
  }
  if (refused.length > shownMax)
    lines.push('', `… and ${count(refused.length - shownMax, 'more window')}: --format json shows all.`);
  return `${lines.join('\n')}\n`;
}

function writeText(write: PlannedWrite): string[] {
  const {target, differences, requests} = write;
  const changed = differences.filter(({field}) => field !== 'requests' && field !== 'stateSketch');
  const fields = changed.slice(0, 6).map(({field, cosmos, replay}) => {
    return `${field} ${valueText(cosmos)} → ${valueText(replay)}`;
  });
  const more = changed.length > fields.length ? [count(changed.length - fields.length, 'more field')] : [];
  const before = isNew(write) ? 'none' : valueText(requests.before);
  return [
    windowName(target),
    ...wrapped(groupName(target), '  '),
    ...wrapped([`requests ${before} → ${valueText(requests.after)}`, ...fields, ...more].join(', '), '  '),
  ];
}

function isNew({etag}: PlannedWrite): boolean {
  return etag === undefined;
}

function refusalText(refusal: Refusal): string {
  switch (refusal.kind) {
    case 'stopped':
      return refusal.text;
    case 'undecided':
      return `${count(refusal.count, 'event')} may still get their diagnostics: replay again after their deadline`;
    case 'dead letters':
      return `the replay counts ${count(refusal.count, 'dead letter')} that the workers set aside: run "weir dead-letters retry" first, or a retry counts them again`;
    case 'shrinks':
      return `it has ${count(refusal.from, 'request')} and would have ${number(refusal.to)}: events may have expired since. With --allow-shrink it is done all the same`;
    case 'unreadable':
      return `${refusal.id} cannot be read (${refusal.why}). Delete it, let the worker add what it has parked, and replay again`;
    case 'others count in it':
      return `${refusal.id} holds counts of another hub, consumer group or deployment, which this replay has not read`;
    case 'older hub':
      return `${refusal.id} holds counts of partition ${refusal.partitionId} from before its event hub was made again, which nobody can replay`;
    case 'not accepted':
      return `Cosmos DB does not take ${refusal.id}: ${refusal.why}`;
    case 'waiting':
    case 'being applied':
    case 'carried':
    case 'refused':
    case 'not read by the worker':
    case 'not read by the replay':
    case 'not known':
      return touchText(refusal);
  }
}

/** One object, with everything. */
export function rebuildJson({documents, right, refused, expired}: Rebuild, tense: 'to do' | 'done'): unknown {
  return {
    written: tense === 'done',
    documents: documents.map((write) => ({
      ...identityOf(write.target),
      change: isNew(write) ? 'made' : 'replaced',
      requests: write.requests,
      differences: write.differences.map(({field, cosmos, replay}) => ({
        field,
        cosmos: cosmos ?? null,
        replay,
      })),
    })),
    right,
    expired,
    refused: refused.map(({window, because}) => ({
      view: window.view,
      grain: window.grain,
      windowStart: new Date(window.windowStartMs).toISOString(),
      because: because.map(refusalText),
    })),
  };
}
