import {hashId} from '../dedupe/id-hash.ts';
import {gatewayEvent} from '../event-fixture.ts';
import type {DiagnosticsRow} from './diagnostics.ts';
import type {LookupJoin} from './lookup-join.ts';
import {noRecord, type JoinOutcome, OpenRecord, type RecordOwner, type RecordSlot} from './open-record.ts';
import {OpenList} from './open-records.ts';

/** For tests: a partition that notes how its records ended. */
export class NotingOwner implements RecordOwner {
  readonly list: OpenList;
  readonly settled: {requestId: string; outcome: JoinOutcome; enqueuedTimeMs: number}[] = [];
  readonly #join: LookupJoin;
  readonly #ids: string[] = [];

  constructor(join: LookupJoin) {
    this.#join = join;
    this.list = new OpenList(join.records, this);
  }

  settle({sequenceNumber, enqueuedTimeMs}: Readonly<OpenRecord>, outcome: JoinOutcome): void {
    this.settled.push({requestId: this.#ids[sequenceNumber]!, outcome, enqueuedTimeMs});
  }

  /** @returns the record's slot, or the row that was ahead of it */
  wait(requestId: string, {enqueuedTimeMs = 0, waitingSinceMs = 0} = {}): RecordSlot | DiagnosticsRow {
    const record = {
      sequenceNumber: this.#ids.push(requestId) - 1,
      index: 0,
      enqueuedTimeMs,
      ownTimeMs: enqueuedTimeMs,
      eventTimeMs: enqueuedTimeMs,
      waitingSinceMs,
      event: {...gatewayEvent(), requestId},
    };
    return this.#join.wait(this.list, record, hashId(requestId)) ?? this.list.youngest;
  }
}

/** For tests: the open records of a list, oldest first. */
export function recordsOf({oldest, records}: OpenList): (OpenRecord & {requestId: string})[] {
  const found = [];
  for (let slot = oldest; slot !== noRecord; slot = records.nextYounger(slot))
    found.push(
      Object.assign(new OpenRecord(), records.read(slot), {requestId: records.columns.requestId(slot)}),
    );
  return found;
}
