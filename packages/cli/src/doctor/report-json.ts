import {worksAs, type Finding} from './finding.ts';

/** One object on one line. */
export function reportJson(findings: readonly Finding[]): string {
  const plain = findings.map(({check, severity, found, consequence = null, fix = null}) => ({
    check,
    severity,
    found,
    consequence,
    fix,
  }));
  return `${JSON.stringify({findings: plain, worksAs: worksAs(findings)})}\n`;
}
