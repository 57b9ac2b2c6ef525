/**
 * `problem`: the worker would not start, or its figures would be wrong or empty. `warning`: it works, and somebody should
 * know. `skipped`: it could not be looked at, `found` says why.
 */
export type Severity = 'ok' | 'warning' | 'problem' | 'skipped';

/** One thing that a check found. Never holds contents of events, keys or tokens. */
export interface Finding {
  /** Which check, `cosmos.containers`; a check may have several findings. */
  readonly check: string;
  readonly severity: Severity;
  /** A sentence on what is. */
  readonly found: string;
  /** What follows from it for whoever runs Weir; of every warning and problem. */
  readonly consequence?: string;
  /** Lines, each a sentence (which key to set) or a command; see `command-lines.ts`. */
  readonly fix?: string;
}

/** What a check says; the name is added. */
export type Said =
  | {readonly severity: 'ok'; readonly found: string}
  | {readonly severity: 'skipped'; readonly found: string; readonly fix?: string}
  | {
      readonly severity: 'warning' | 'problem';
      readonly found: string;
      readonly consequence: string;
      readonly fix?: string;
    };

/** Whether a worker would work: nothing found is a problem. */
export function worksAs(findings: readonly Finding[]): boolean {
  return findings.every(({severity}) => severity !== 'problem');
}
