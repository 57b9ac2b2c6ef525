import type {RecordPlace} from '../commit/open-ranges.ts';
import type {EventRecord} from '../decode/gateway-event.ts';

/** One record of a call, and where and when it was read. */
export interface ReadRecord extends RecordPlace {
  readonly record: EventRecord;
  readonly offset: string;
  /** Ms since the epoch. */
  readonly enqueuedTimeMs: number;
  /** By the local clock, ms. */
  readonly readAtMs: number;
}
