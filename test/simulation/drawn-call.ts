import type {DiagnosticsRow, StreamType} from '@weir/pipeline';
import type {RunPlan} from './plan.ts';
import type {Random} from './random.ts';
import type {StoredRow} from './simulated-lookup.ts';
import type {TrueCall} from './truth.ts';

/** @param atMs when it is sent */
export function drawCall(slot: number, atMs: number, random: Random): TrueCall {
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
export function drawRows(
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
