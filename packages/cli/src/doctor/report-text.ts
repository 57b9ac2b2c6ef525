import {styleText} from 'node:util';
import {wrapped} from '../recover/partition-text.ts';
import {worksAs, type Finding, type Severity} from './finding.ts';
import {commandLines} from './command-lines.ts';

/** Marks are told apart without colour, too. */
const marks = {
  ok: {mark: '✓', colour: 'green'},
  warning: {mark: '!', colour: 'yellow'},
  problem: {mark: '✗', colour: 'red'},
  skipped: {mark: '-', colour: 'gray'},
} as const satisfies Record<Severity, {mark: string; colour: Parameters<typeof styleText>[0]}>;

const severityWidth = 10;
const nameWidth = 23;
const hang = ' '.repeat(severityWidth + nameWidth);
const indent = '    ';

/** For a terminal of 80 columns; coloured where `stream` is one that shows colours. */
export function reportText(findings: readonly Finding[], stream: NodeJS.WritableStream): string {
  const lines = findings.flatMap((finding) => findingLines(finding, stream));
  return `${[...lines, '', summary(findings)].join('\n')}\n`;
}

function findingLines(finding: Finding, stream: NodeJS.WritableStream): string[] {
  const {check, severity, found, consequence, fix} = finding;
  const {mark, colour} = marks[severity];
  const plain = `${mark} ${severity}`.padEnd(severityWidth);
  const [first = '', ...others] = wrapped(found, hang, `${plain}${check.padEnd(nameWidth)}`);
  const lines = [styleText(colour, plain, {stream}) + first.slice(plain.length), ...others];
  if (consequence !== undefined) lines.push(...wrapped(consequence, `${indent}  `, `${indent}So: `));
  if (fix !== undefined) lines.push(`${indent}Fix:`, ...commandLines(fix, `${indent}  `));
  return lines;
}

function summary(findings: readonly Finding[]): string {
  const count = (wanted: Severity): number => findings.filter(({severity}) => severity === wanted).length;
  const [problems, warnings, skipped] = [count('problem'), count('warning'), count('skipped')];
  const parts = [
    ...(problems > 0 ? [problems === 1 ? '1 problem' : `${problems} problems`] : []),
    ...(warnings > 0 ? [warnings === 1 ? '1 warning' : `${warnings} warnings`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ];
  const verdict = worksAs(findings) ? 'A worker would work' : 'A worker would not work';
  return parts.length === 0 ? `${verdict}.` : `${verdict}: ${parts.join(', ')}.`;
}
