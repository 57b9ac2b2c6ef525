import type {DiagnosticsRow, StreamType} from '@weir/pipeline';
import type {RunPlan} from './plan.ts';
import type {Random} from './random.ts';
import type {StoredRow} from './simulated-lookup.ts';

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
}

/** One element of a body: a call, or something that no shape knows. */
export type TrueRecord = TrueCall | 'malformed';

/** A body on its way to the hub. */
export interface PlannedBody {
  readonly atMs: number;
  readonly partitionId: string;
  readonly records: readonly TrueRecord[];
  readonly bytes: Uint8Array;
}

export const tokenFields = [
  'promptTokens',
  'completionTokens',
  'totalTokens',
  'cachedTokens',
  'reasoningTokens',
] as const;
/** A call adds one unit of its own digit to one of the sums; up to 7 of it stay apart from the next digit. */
export const digitBase = 8;
const digitsPerField = 17;
export const slotsMax = digitsPerField * tokenFields.length;

export function tokenOf(slot: number): {field: (typeof tokenFields)[number]; amount: number} {
  return {
    field: tokenFields[slot % tokenFields.length]!,
    amount: digitBase ** Math.floor(slot / tokenFields.length),
  };
}

/** Draws all calls of a run, the bodies that carry them and the rows of diagnostics that come for them. */
export function drawTruth(plan: RunPlan, random: Random): {bodies: PlannedBody[]; rows: StoredRow[]} {
  const bodies: PlannedBody[] = [];
  const rows: StoredRow[] = [];
  let slot = 0;
  for (let i = 0; i < plan.bodies && slot < slotsMax; i++) {
    const atMs = plan.startMs + random.between(0, plan.sendingMs);
    const partitionId = String(random.between(0, plan.partitions - 1));
    const records: TrueRecord[] = [];
    for (let n = random.chance(0.2) ? random.between(2, 4) : 1; n > 0 && slot < slotsMax; n--) {
      if (random.chance(0.06)) records.push('malformed');
      else {
        const call = drawCall(slot++, atMs, random);
        records.push(call);
        if (call.requestId !== undefined) rows.push(...drawRows(call, atMs, plan, random));
      }
    }
    const body = {atMs, partitionId, records, bytes: bytesOf(records)};
    bodies.push(body);
    // A gateway that repeats sends the very same body, sometimes long after.
    for (let n = random.chance(plan.repeats) ? random.between(1, 2) : 0; n > 0; n--) {
      bodies.push({
        ...body,
        atMs: atMs + Math.floor(random.pick([0.01, 0.9, 1, 1.1, 3]) * plan.horizonMs * random.next()),
      });
    }
  }
  bodies.sort((a, b) => a.atMs - b.atMs);
  return {bodies, rows};
}

function drawCall(slot: number, atMs: number, random: Random): TrueCall {
  const lateByMs = random.pick([0, 0, 0, 0, 200_000, 3_000_000, 5_000_000, 90_000_000]);
  const isEarly = random.chance(0.05);
  return {
    slot,
    requestId: random.chance(0.06)
      ? undefined
      : `0000${slot.toString(16).padStart(4, '0')}-0000-4000-8000-${random.hex(12)}`,
    eventTimeMs: atMs + (isEarly ? random.pick([200_000, 400_000]) : -random.between(0, 20_000) - lateByMs),
    region: random.pick(['eastus2', 'eastus2', 'westeurope']),
    deployment: random.pick(['gpt-a', 'gpt-a', 'gpt-b']),
    consumer: random.pick(['team-a', 'team-a', 'team-b']),
    status: random.pick([200, 200, 200, 429, 500]),
    stream: random.pick([true, false, undefined]),
    remaining: random.chance(0.5)
      ? {requests: random.between(0, 900), tokens: random.between(0, 90_000)}
      : undefined,
  };
}

/** Mostly one row within the deadline; also none, one after the deadline, one ahead of its event, and revised ones. */
function drawRows(
  {requestId, eventTimeMs, region}: TrueCall,
  atMs: number,
  {join}: RunPlan,
  random: Random,
): StoredRow[] {
  const streamTypes: readonly StreamType[] = ['streaming', 'non-streaming', 'unknown'];
  const draw = (version: string, ingestedMs: number): StoredRow => ({
    row: {
      requestId: requestId ?? '',
      timeGeneratedMs: eventTimeMs + random.between(0, 5_000),
      durationMs: random.chance(0.05)
        ? undefined
        : random.pick([random.between(1, 900), random.between(1, 90_000)]),
      streamType: random.pick(streamTypes),
      model: 'm',
      modelVersion: version,
      principal: '',
      region,
    } satisfies DiagnosticsRow,
    ingestedMs,
    visibleMs: ingestedMs + (random.chance(0.1) ? random.between(0, 20_000) : 0),
  });
  const inTimeMs = atMs + random.between(-4_000, join.deadlineMs / 2);
  switch (random.pick(['once', 'once', 'once', 'never', 'late', 'around', 'twice', 'revised'])) {
    case 'once':
      return [draw('a', inTimeMs)];
    case 'late':
      return [draw('a', atMs + join.deadlineMs + random.between(30_000, 60_000))];
    case 'around':
      return [draw('a', atMs + join.deadlineMs + random.between(-8_000, 8_000))];
    case 'twice': {
      const row = draw('a', inTimeMs);
      return [row, {...row, ingestedMs: row.ingestedMs + 3_000, visibleMs: row.visibleMs + 3_000}];
    }
    case 'revised':
      return [draw('a', inTimeMs), draw('b', inTimeMs + random.between(0, 10_000))];
    default:
      return [];
  }
}

/** A body as a gateway sends it: one object, or an array of several. */
export function bytesOf(records: readonly TrueRecord[]): Uint8Array {
  const objects = records.map((record) => (record === 'malformed' ? {colour: 'blue'} : shapeOf(record)));
  return Buffer.from(JSON.stringify(objects.length === 1 ? objects[0] : objects));
}

/** The workload's shape. */
function shapeOf(call: TrueCall): object {
  const {field, amount} = tokenOf(call.slot);
  const usage = {
    prompt_tokens: field === 'promptTokens' ? amount : 0,
    completion_tokens: field === 'completionTokens' ? amount : 0,
    total_tokens: field === 'totalTokens' ? amount : 0,
    prompt_tokens_details: {cached_tokens: field === 'cachedTokens' ? amount : 0},
    completion_tokens_details: {reasoning_tokens: field === 'reasoningTokens' ? amount : 0},
  };
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
    usage,
  };
}
