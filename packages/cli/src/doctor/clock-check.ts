import type {BlobContainer} from '@weir/azure';
import type {Examination, Step} from './examination.ts';
import type {Said} from './finding.ts';
import {roughly} from './wording.ts';

/** The Date header has whole seconds, and an answer takes its time: less says nothing. */
export const skewToldMs = 5_000;
/** Half of what watermarks of quiet partitions leave to clocks. */
export const skewMaxMs = 60_000;

/** The local clock against that of the storage service, as its answers carry it. */
export function checkClock(examination: Examination, storage: Step<BlobContainer>): void {
  examination.step('clock', {storage}, ({storage: {clock}}, {say}) => {
    say(skewSaid(clock.aheadMs()));
    return undefined;
  });
}

/**
 * What a clock that is ahead (or, negative, behind) breaks. Ownership, deadlines and late events are judged by the
 * services' clocks; what goes by the local one: the watermark of a partition that was read to its end (now less 2 min),
 * the ttl of documents, and the signatures of requests, which storage and Cosmos DB refuse from 15 min on.
 */
export function skewSaid(aheadMs: number): Said {
  const size = roughly(Math.abs(aheadMs));
  const direction = aheadMs > 0 ? 'ahead of' : 'behind';
  if (Math.abs(aheadMs) <= skewToldMs) {
    return {severity: 'ok', found: 'The local clock agrees with that of storage.'};
  }
  return {
    severity: Math.abs(aheadMs) > skewMaxMs ? 'problem' : 'warning',
    found: `The local clock is ${size} ${direction} that of storage.`,
    consequence:
      aheadMs > 0
        ? 'Reports take quiet partitions for complete too early. From 15 min on keys are refused.'
        : 'Watermarks of quiet partitions lag by it. From 15 min on keys are refused.',
    fix: 'Let the node keep its time; on AKS replace it:\ntimedatectl set-ntp true\nkubectl drain <node> --ignore-daemonsets',
  };
}
