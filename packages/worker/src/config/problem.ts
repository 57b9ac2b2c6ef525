import {withoutSecrets} from './secrets.ts';
import type {Key} from './settings.ts';

/** What is wrong with the configuration, in the order in which it is worth mending. */
const severities = ['file', 'missing', 'value', 'unknown', 'relation'] as const;

export interface Problem {
  readonly severity: (typeof severities)[number];
  /** One line for the operator, without secrets. */
  readonly text: string;
}

/** Longer values are cut in messages. */
const shownCharsMax = 60;

/** The texts, the worst first; otherwise in the order in which they were found. */
export function worstFirst(problems: readonly Problem[]): string[] {
  return problems
    .toSorted((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity))
    .map(({text}) => text);
}

/** `WEIR_JOIN_DEADLINE "10x" is not a duration; it may be 10ms to 7d, for example 30m.` */
export function badValue({
  key,
  where,
  value,
  problem,
}: {
  key: Key;
  where: string;
  value: unknown;
  problem: string;
}): Problem {
  // A list tells its own place in `problem`; a secret is never shown, not even in part.
  const shown = typeof value !== 'string' ? '' : key.secret ? ' (not shown)' : ` ${quoted(value)}`;
  const text = `${where}${shown} ${problem}; it may be ${key.bounds}, for example ${key.example}.`;
  return {severity: 'value', text: oneLine(text)};
}

/** The value as JSON, so that it cannot break the line. */
export function quoted(value: string): string {
  const clean = withoutSecrets(value);
  return JSON.stringify(clean.length > shownCharsMax ? `${clean.slice(0, shownCharsMax)}…` : clean);
}

/** Messages of parsers may hold several lines, of which the first one says it. */
export function oneLine(text: string): string {
  return (text.split('\n', 1)[0] ?? '').trim();
}
