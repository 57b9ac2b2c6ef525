import type {Commit} from '@weir/pipeline';

/** What documents lack that have seen commit `seenN` (undefined: none) of a journal that stands at `commit`. */
export function missingCommits(seenN: number | undefined, commit: Commit): string {
  const [first, last] = [(seenN ?? 0) + 1, commit.n - 1];
  const range = first === last ? `commit ${first}` : `commits ${first} to ${last}`;
  return last < first
    ? 'Nothing that the documents held of this journal is missing, unless they were restored.'
    : `What ${range} added is missing in the documents that Cosmos DB has lost, and cannot be got back from this journal. Nothing is missing if only the fence was lost.`;
}

/** Enough of a lineage to tell it from another. */
export function short(lineage: string): string {
  return lineage.slice(0, 8);
}
