import type {Examination} from './examination.ts';
import type {Subject} from './subject.ts';

/** Every line that a worker would refuse or warn with. */
export function checkConfiguration(examination: Examination, {usable}: Subject): void {
  examination.step('configuration', {}, (_, {say}) => {
    for (const found of usable.problems) {
      say({
        severity: 'problem',
        found,
        consequence: 'The worker ends at start with exit code 2.',
        fix: 'Set what the line names; docs/configuration.md lists every key with its bounds.',
      });
    }
    for (const found of usable.warnings) {
      say({severity: 'warning', found, consequence: 'The worker starts, and says so in its log.'});
    }
    if (usable.problems.length + usable.warnings.length === 0) {
      say({severity: 'ok', found: 'Complete, and every value is within its bounds.'});
    }
    return undefined;
  });
}
