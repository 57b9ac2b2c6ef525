import {judge, type Finding, type SourcePartition} from '@weir/pipeline';
import type {WorkerPorts} from '../ports.ts';
import type {ReportTrouble} from '../trouble.ts';
import {readClaim, type Claim} from './claim.ts';

/**
 * 30 s: a stale read, or a journal begun anew in between, has become readable by then. Counted in readings, because a
 * process that was paused meanwhile has let the time pass without looking.
 */
const readAgainTimes = 15;
const readAgainEveryMs = 2_000;

export type ClaimJudgement =
  | {readonly kind: 'begin'; readonly claim: Claim}
  | {readonly kind: 'apply'; readonly claim: Claim}
  /** The journal moved since the claim: release, and start over from what stands there now. */
  | {readonly kind: 'moved'}
  | {readonly kind: 'stop'; readonly finding: Finding};

/** Judges what a claim read, reading both again for a while where a stale read may explain what was found. */
export async function judgeClaim({
  ports,
  partition,
  claim,
  hubCreatedAt,
  signal,
  report,
}: {
  ports: Pick<WorkerPorts, 'journal' | 'progress' | 'clock' | 'random'>;
  partition: SourcePartition;
  claim: Claim;
  hubCreatedAt: string;
  signal: AbortSignal;
  report: ReportTrouble;
}): Promise<ClaimJudgement> {
  let read = claim;
  for (let readings = 0; ; readings += 1) {
    const judgement = judge({fence: read.fence?.name, journal: read.journal?.commit, hubCreatedAt});
    // Received from one position, recovered from another: that would fold events twice or never.
    if (read.journal?.etag !== claim.journal?.etag) return {kind: 'moved'};
    if (judgement.kind === 'begin' || judgement.kind === 'apply') return {kind: judgement.kind, claim: read};
    if (judgement.kind === 'stop') return judgement;
    if (readings >= readAgainTimes) return {kind: 'stop', finding: judgement.finding};
    await ports.clock.sleep(readAgainEveryMs, signal);
    read = await readClaim({ports, partition, signal, report});
  }
}
