import type {StoredDocument} from '@weir/pipeline';
import type {RunPlan} from './plan.ts';

const grainLengthMs: Readonly<Record<string, number>> = {'5m': 300_000, '1h': 3_600_000, '1d': 86_400_000};

/** Numbers of the commits merged into a document, by journal; empty for a document that is not there. */
export function appliedOf(document: StoredDocument | undefined): Map<string, number> {
  if (document === undefined) return new Map();
  return new Map(Object.entries(JSON.parse(String(document['stateApplied'])) as Record<string, number>));
}

/** Whether a document's window ended so long ago that it may be gone. */
export function isExpired({
  grain,
  windowEndMs,
  retentionMs,
  nowMs,
}: {
  grain: string;
  windowEndMs: number;
  retentionMs: RunPlan['retentionMs'];
  nowMs: number;
}): boolean {
  const keptMs = retentionMs[grain as keyof typeof retentionMs];
  return keptMs !== undefined && windowEndMs + keptMs <= nowMs;
}

/** Id of a document without its view: grain and start are in the id of a document that is gone. */
export function windowOf(id: string): {grain: string; windowEndMs: number} {
  const [, grain = '', start = ''] = id.split('_');
  return {grain, windowEndMs: Number(start) * 1000 + (grainLengthMs[grain] ?? 0)};
}
