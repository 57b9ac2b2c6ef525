import {count, number} from '../../count-text.ts';
import {wrapped} from '../../recover/partition-text.ts';
import type {Comparison, DifferentDocument, LoneDocument, PendingWindow} from './comparison.ts';
import {hasDifference} from './comparison.ts';
import type {FieldDifference} from './differences.ts';
import {groupName, identityOf, valueText, windowName} from './document-name.ts';
import {touchText} from './touches.ts';

/** Documents shown; `--json` has all. */
const shownMax = 20;
/** Fields shown of one document. */
const fieldsMax = 12;

/** For a terminal of 80 columns. */
export function comparisonText(comparison: Comparison): string {
  const {different, onlyInCosmos, onlyInReplay, notComparable, notes} = comparison;
  const blocks = [
    ...different.map(differentText),
    ...onlyInReplay.map((document) => loneText(document, 'replay')),
    ...onlyInCosmos.map((document) => loneText(document, 'Cosmos DB')),
  ];
  const shown = blocks.slice(0, shownMax);
  const lines = [...wrapped(summary(comparison), ''), ...shown.flatMap((block) => ['', ...block])];
  if (blocks.length > shown.length) {
    lines.push('', `… and ${count(blocks.length - shown.length, 'more document')}: --format json shows all.`);
  }
  if (notComparable.length > 0) lines.push('', ...pendingText(notComparable));
  for (const note of notes) lines.push('', ...wrapped(note, ''));
  return `${lines.join('\n')}\n`;
}

function summary(comparison: Comparison): string {
  const {same, different, onlyInCosmos, onlyInReplay, notComparable, expired} = comparison;
  const waiting = notComparable.reduce((sum, {documents}) => sum + documents, 0);
  const parts = [
    `${count(same, 'document')} of the window ${same === 1 ? 'is' : 'are'} the same`,
    ...(different.length > 0
      ? [`${number(different.length)} ${different.length === 1 ? 'differs' : 'differ'}`]
      : []),
    ...(onlyInReplay.length > 0 ? [`${number(onlyInReplay.length)} missing in Cosmos DB`] : []),
    ...(onlyInCosmos.length > 0 ? [`${number(onlyInCosmos.length)} only in Cosmos DB`] : []),
    ...(waiting > 0 ? [`${number(waiting)} cannot be compared yet`] : []),
    ...(expired > 0 ? [`${number(expired)} past ${expired === 1 ? 'its' : 'their'} retention`] : []),
  ];
  const outcome = hasDifference(comparison) ? '' : same === 0 ? 'Nothing was compared: ' : 'No difference: ';
  return `${outcome}${parts.join(', ')}.`;
}

function differentText({target, differences, explanation}: DifferentDocument): string[] {
  const shown = [...differences].sort(byWeight).slice(0, fieldsMax);
  const width = Math.max(...shown.map(({field}) => field.length), 0);
  const values = Math.max(...shown.map(({cosmos}) => valueText(cosmos).length), 0);
  const more = differences.length - shown.length;
  return [
    ...heading(target),
    ...shown.map(
      ({field, cosmos, replay}) =>
        `  ${field.padEnd(width)}  Cosmos DB ${valueText(cosmos).padStart(values)}  replay ${valueText(replay)}`,
    ),
    ...(more > 0 ? [`  and ${count(more, 'more field')}`] : []),
    ...wrapped(explanation, '  '),
  ];
}

/** Requests first, the sketch last. */
function byWeight(a: FieldDifference, b: FieldDifference): number {
  const weight = ({field}: FieldDifference): number =>
    field === 'requests' ? 0 : field === 'stateSketch' ? 2 : 1;
  return weight(a) - weight(b);
}

function loneText({target, requests, explanation}: LoneDocument, where: string): string[] {
  return [
    ...heading(target),
    `  only in ${where === 'replay' ? 'the replay' : where}, with ${count(requests, 'request')}`,
    ...wrapped(explanation, '  '),
  ];
}

function heading(target: DifferentDocument['target']): string[] {
  return [windowName(target), ...wrapped(groupName(target), '  '), `  ${target.id}`];
}

function pendingText(windows: readonly PendingWindow[]): string[] {
  const shown = windows.slice(0, shownMax);
  const lines = ['Not comparable yet:'];
  for (const window of shown) {
    lines.push(`  ${windowName(window)}: ${count(window.documents, 'document')}`);
    for (const touch of window.because) lines.push(...wrapped(touchText(touch), '      ', '    - '));
  }
  if (windows.length > shown.length)
    lines.push(`  … and ${count(windows.length - shown.length, 'more window')}: --format json shows all.`);
  return lines;
}

/** One object, with everything. */
export function comparisonJson({
  fromMs,
  untilMs,
  different,
  onlyInCosmos,
  onlyInReplay,
  notComparable,
  ...rest
}: Comparison): Record<string, unknown> {
  const lone = ({target, ...others}: LoneDocument): Record<string, unknown> => ({
    ...identityOf(target),
    ...others,
  });
  return {
    from: new Date(fromMs).toISOString(),
    until: new Date(untilMs).toISOString(),
    ...rest,
    different: different.map(({target, differences, explanation}) => ({
      ...identityOf(target),
      // JSON has no undefined: a field that is missing in Cosmos DB is null there.
      differences: differences.map(({field, cosmos, replay}) => ({field, cosmos: cosmos ?? null, replay})),
      explanation,
    })),
    onlyInCosmos: onlyInCosmos.map(lone),
    onlyInReplay: onlyInReplay.map(lone),
    notComparable: notComparable.map(({view, grain, windowStartMs, documents, because}) => ({
      view,
      grain,
      windowStart: new Date(windowStartMs).toISOString(),
      documents,
      because: because.map(touchText),
    })),
  };
}
