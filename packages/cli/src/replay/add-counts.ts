import type {RecordCounts} from '@weir/pipeline';

/** Adds `from` to `into`. */
export function addCounts(into: RecordCounts, {deadLetters, ...from}: RecordCounts): void {
  for (const [field, count] of Object.entries(from)) into[field as keyof typeof from] += count;
  for (const [reason, count] of deadLetters) {
    into.deadLetters.set(reason, (into.deadLetters.get(reason) ?? 0) + count);
  }
}
