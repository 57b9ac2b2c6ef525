import type {PartKind} from '@weir/pipeline';
import type {StoredRow} from './simulated-lookup.ts';
import {objectOfHalf, objectOfTeller} from './simulation-shape.ts';
import {usageOf} from './usage.ts';

/** One gateway call as it really was. */
export interface TrueCall {
  /** Unique; its digit in the token sums tells how often the call is in a document. */
  readonly slot: number;
  readonly requestId: string | undefined;
  readonly eventTimeMs: number;
  readonly region: string;
  readonly deployment: string;
  readonly consumer: string;
  readonly status: number;
  readonly stream: boolean | undefined;
  readonly remaining: {readonly requests: number; readonly tokens: number} | undefined;
  /** The slot whose counts it says that it tells: its own, or an earlier call's; absent where its shape does not say. */
  readonly tokensOf?: number;
  /** As it counts, not as it was sent: its token counts are not known. */
  readonly isWithoutTokens?: true;
}

/** One of several events that tell one call. */
export interface TrueHalf {
  readonly part: PartKind;
  readonly call: TrueCall;
  /** This part's own time. */
  readonly eventTimeMs: number;
  /** Whether it tells the call's token counts; a request never does. */
  readonly hasCounts: boolean;
}

/** One element of a body: a call, a part of one, or something that no shape knows. */
export type TrueRecord = TrueCall | TrueHalf | 'malformed';

export function isHalf(record: TrueRecord): record is TrueHalf {
  return record !== 'malformed' && 'part' in record;
}

/** A body on its way to the hub. */
export interface PlannedBody {
  readonly atMs: number;
  readonly partitionId: string;
  readonly records: readonly TrueRecord[];
  readonly bytes: Uint8Array;
}

/** What is sent in a run, and what the service knows of it. */
export interface Truth {
  readonly bodies: PlannedBody[];
  readonly rows: StoredRow[];
}

/** A body as a gateway sends it: one object, or an array of several. */
export function bytesOf(records: readonly TrueRecord[]): Uint8Array {
  const objects = records.map((record) => {
    if (record === 'malformed') return {colour: 'blue'};
    if (isHalf(record)) return objectOfHalf(record);
    return record.tokensOf === undefined ? objectOfCall(record) : objectOfTeller(record, record.tokensOf);
  });
  return Buffer.from(JSON.stringify(objects.length === 1 ? objects[0] : objects));
}

/** The workload's shape. */
function objectOfCall(call: TrueCall): object {
  return {
    schemaVersion: 1,
    requestId: call.requestId ?? '',
    timestamp: new Date(call.eventTimeMs).toISOString(),
    status: call.status,
    headers: {
      'x-ms-region': call.region,
      ...(call.remaining !== undefined && {
        'x-ratelimit-remaining-requests': String(call.remaining.requests),
        'x-ratelimit-remaining-tokens': String(call.remaining.tokens),
      }),
    },
    deployment: call.deployment,
    appId: call.consumer,
    ...(call.stream !== undefined && {stream: call.stream}),
    usage: usageOf(call.slot),
  };
}
