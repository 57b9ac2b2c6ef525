import {
  assignEventTime,
  describeMalformed,
  type AssignPolicy,
  type DeadLetter,
  type DecodedRecord,
  type GatewayEvent,
} from '@weir/pipeline';

/** What was found where a dead letter's record lies. */
export type Reread =
  /** Undefined: the body is taken apart into fewer records than it was. */
  | {readonly kind: 'record'; readonly record: DecodedRecord | undefined}
  /** The hub has deleted the event. */
  | {readonly kind: 'expired'}
  /** Another event has its sequence number: the hub was made again. */
  | {readonly kind: 'another event'};

/** Why a letter stays a dead letter, for now or for good. A closed set: programs read it. */
export type LeftReason =
  | 'still a dead letter'
  | 'expired'
  | 'another event'
  | 'lost'
  | 'half of a call'
  | 'no call'
  | 'counts told twice'
  | 'taken apart differently'
  | 'journal begun anew'
  | 'not passed yet'
  | 'journal not readable'
  | 'diagnostics may come'
  | 'could not ask'
  | 'not counted';

export interface Left {
  readonly kind: 'left';
  readonly reason: LeftReason;
  /** A short phrase for a person; names shapes and fields, never values. */
  readonly why: string;
}

/** The letter is an event now; `eventTimeMs` is the assigned one. */
export interface Counts {
  readonly kind: 'counts';
  readonly event: GatewayEvent;
  readonly eventTimeMs: number;
}

/**
 * What a dead letter becomes with the configuration of now. Only what is certain to be in no aggregate counts:
 * - a half of a call stays: its other half has counted or counts without it, by what the worker read at the time;
 * - an event whose token counts another call may have told stays: which of both keeps them depends on all in between.
 */
export function judgeLetter(
  letter: Pick<DeadLetter, 'enqueuedTimeMs'>,
  reread: Reread,
  policy: AssignPolicy,
): Counts | Left {
  switch (reread.kind) {
    case 'expired':
      return left('expired', 'its event has expired in the hub');
    case 'another event':
      return left('another event', 'the hub was made again: another event has its place');
    case 'record':
      return reread.record === undefined
        ? left('taken apart differently', 'its body holds fewer records now')
        : judgeRecord(letter, reread.record, policy);
  }
}

function judgeRecord(
  {enqueuedTimeMs}: Pick<DeadLetter, 'enqueuedTimeMs'>,
  record: DecodedRecord,
  policy: AssignPolicy,
): Counts | Left {
  switch (record.kind) {
    case 'malformed':
      return left('still a dead letter', describeMalformed(record));
    case 'skipped':
      return left('no call', `no call, by shape ${record.shape}`);
    case 'event':
  }
  if (record.part !== undefined) {
    const {kind} = record.part;
    return left('half of a call', `the ${kind} of a call; the other half may have counted`);
  }
  if (record.tokensOf !== undefined) {
    return left('counts told twice', 'another call may have told its token counts');
  }
  const {event} = record;
  const assigned = assignEventTime(event.eventTimeMs, enqueuedTimeMs, policy);
  switch (assigned.kind) {
    case 'refused':
      return left('still a dead letter', assigned.reason);
    case 'clamped':
      return {kind: 'counts', event, eventTimeMs: assigned.eventTimeMs};
    case 'onTime':
      return {kind: 'counts', event, eventTimeMs: event.eventTimeMs};
  }
}

export function left(reason: LeftReason, why: string): Left {
  return {kind: 'left', reason, why};
}
