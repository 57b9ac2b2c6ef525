import type {LookupAnswer} from '@weir/pipeline';

/** `TimeGenerated` lies around the call: skewed clocks and long calls. So far around it rows are asked for by id. */
export const generatedBeforeMs = 15 * 60_000;
export const generatedAfterMs = 60 * 60_000;

/** Why an answer is none, as the end of a sentence. */
export function causeOf(answer: Exclude<LookupAnswer, {readonly kind: 'complete'}>): string {
  switch (answer.kind) {
    case 'throttled':
      return 'it is throttled';
    case 'unavailable':
    case 'partial':
      return answer.cause;
    case 'tooSlow':
      return 'the query took too long';
    case 'forbidden':
      return answer.reason;
  }
}
