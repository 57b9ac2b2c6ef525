import type {StoppedPartition} from '@weir/worker';
import {missingCommits, short} from './commit-sentences.ts';
import type {Consequences} from './consequences.ts';

/** Of a finding that has a journal to adopt. */
export function adoptConsequences({
  claim: {fence, journal},
  state: {finding},
  seen,
}: StoppedPartition): Consequences {
  const {commit} = journal!;
  const named =
    fence === undefined
      ? 'there is none now'
      : finding.kind === 'two deployments'
        ? 'now it names the other one of that number'
        : `now it names commit ${fence.name.n} of ${short(fence.name.lineage)}`;
  const flags = ['--adopt-journal'];
  const does = [
    'Journal: stays as it is.',
    `Documents: the fence is made to name commit ${commit.n} of ${short(commit.lineage)} (${named}). The worker then applies that commit again, which documents that hold it skip, and reads on behind event ${commit.head.sequenceNumber}.`,
  ];
  switch (finding.kind) {
    case 'documents restored':
      return {flags, does, wrongAfterwards: [missingCommits(fence?.name.n, commit)]};
    case 'another lineage':
      return {
        flags,
        does,
        wrongAfterwards: [
          `What the journal ${short(fence!.name.lineage)} has added stays in the documents. Of its events those behind event ${commit.head.sequenceNumber} count twice.`,
        ],
      };
    case 'two deployments':
      return {
        flags,
        does,
        wrongAfterwards: [
          `Documents that hold the other deployment's commit ${commit.n} skip this one's. Whatever both have counted so far counts twice. Stop the other deployment first, or this happens again.`,
        ],
      };
    case 'journal restored':
      return {
        flags,
        does,
        wrongAfterwards: [
          `Events ${commit.head.sequenceNumber + 1} to ${seen?.headSequenceNumber ?? 'unknown'} are read again, and new ones with them, in commits whose numbers many documents hold already, up to ${fence!.name.n}. Those documents skip all that such a commit brings, new events too; elsewhere the events read again count twice. Dead letters of those numbers are not written again. Only right if the documents were restored to the same moment as the journal.`,
        ],
      };
    case 'journal lost':
    case 'hub made again':
      throw new Error(`A journal cannot be adopted: ${finding.kind}.`);
  }
}
