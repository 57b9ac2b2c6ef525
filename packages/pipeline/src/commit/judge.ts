import type {Commit, CommitName} from './commit.ts';

/** What a claim may do with the fence and the journal it read, in this order. */
export type Judgement =
  | {readonly kind: 'begin'}
  | {readonly kind: 'apply'}
  /** A stale read or a journal begun anew in between may explain it: read both again, for a while. */
  | {readonly kind: 'again'; readonly finding: Finding}
  /** Only a person can tell what happened. */
  | {readonly kind: 'stop'; readonly finding: Finding};

export type Finding =
  | {readonly kind: 'hub made again'; readonly journal: string; readonly hub: string}
  | {readonly kind: 'journal lost'; readonly fence: CommitName}
  | {readonly kind: 'journal restored'; readonly fence: CommitName; readonly journal: CommitName}
  | {readonly kind: 'two deployments'; readonly fence: CommitName; readonly journal: CommitName}
  | {readonly kind: 'another lineage'; readonly fence: CommitName; readonly journal: CommitName}
  | {
      readonly kind: 'documents restored';
      readonly fence: CommitName | undefined;
      readonly journal: CommitName;
    };

/**
 * Judges what recovery found. The lineage is compared before the number; a fence that is behind by one, or has the
 * journal's very commit, is what a crash between the journal's write and its apply leaves.
 */
export function judge({
  fence,
  journal,
  hubCreatedAt,
}: {
  fence: CommitName | undefined;
  journal: Commit | undefined;
  hubCreatedAt: string;
}): Judgement {
  if (journal === undefined) {
    return fence === undefined ? {kind: 'begin'} : {kind: 'stop', finding: {kind: 'journal lost', fence}};
  }
  if (journal.hubCreatedAt !== hubCreatedAt) {
    return {
      kind: 'stop',
      finding: {kind: 'hub made again', journal: journal.hubCreatedAt, hub: hubCreatedAt},
    };
  }
  if (fence === undefined) {
    if (journal.n === 1 && journal.follows === undefined) return {kind: 'apply'};
    return {kind: 'again', finding: {kind: 'documents restored', fence, journal: nameOf(journal)}};
  }
  if (fence.lineage !== journal.lineage) {
    if (follows(journal, fence)) return {kind: 'apply'};
    return {kind: 'again', finding: {kind: 'another lineage', fence, journal: nameOf(journal)}};
  }
  if (fence.n > journal.n)
    return {kind: 'stop', finding: {kind: 'journal restored', fence, journal: nameOf(journal)}};
  if (fence.n === journal.n) {
    if (fence.author === journal.author) return {kind: 'apply'};
    return {kind: 'stop', finding: {kind: 'two deployments', fence, journal: nameOf(journal)}};
  }
  if (fence.n === journal.n - 1) return {kind: 'apply'};
  return {kind: 'again', finding: {kind: 'documents restored', fence, journal: nameOf(journal)}};
}

/** Whether a commit may pass a fence that stands at `fence`. */
export function passesFence(
  commit: Pick<Commit, 'lineage' | 'n' | 'author' | 'follows'>,
  fence: CommitName,
): boolean {
  if (fence.lineage !== commit.lineage) return follows(commit, fence);
  if (fence.n !== commit.n) return fence.n < commit.n;
  return fence.author === commit.author;
}

function follows({follows}: Pick<Commit, 'follows'>, fence: CommitName): boolean {
  return follows?.lineage === fence.lineage && follows.n === fence.n && follows.author === fence.author;
}

function nameOf({lineage, n, author}: CommitName): CommitName {
  return {lineage, n, author};
}

/** For the log: what was found, what may have happened, and what to run. */
export function describeFinding(finding: Finding, partition: string): string {
  const ask = `Run "weir recover --partition ${partition}": it shows both and what each way out does.`;
  switch (finding.kind) {
    case 'hub made again':
      return `The event hub was made again: it was created at ${finding.hub}, the journal belongs to the one of ${finding.journal}. ${ask}`;
    case 'journal lost':
      return `The journal is missing, but Cosmos DB has seen commit ${finding.fence.n} of it. The blob was deleted, or STORAGE_CONTAINER names another container. ${ask}`;
    case 'journal restored':
      return `The journal stands at commit ${finding.journal.n}, but Cosmos DB has seen ${finding.fence.n}. The blob was restored from an older copy, or a second deployment works with a copy of it. ${ask}`;
    case 'two deployments':
      return `Commit ${finding.journal.n} exists twice with different contents. Two deployments with different storage write to one Cosmos DB container. ${ask}`;
    case 'another lineage':
      return `Cosmos DB follows the journal ${finding.fence.lineage.slice(0, 8)}, the blob holds the journal ${finding.journal.lineage.slice(0, 8)}. The journal was begun anew elsewhere, or two deployments share one Cosmos DB container. ${ask}`;
    case 'documents restored':
      return `The journal stands at commit ${finding.journal.n}, but Cosmos DB has seen only ${finding.fence?.n ?? 'none'}. Cosmos DB was restored from an older copy, or the container is another one. ${ask}`;
  }
}
