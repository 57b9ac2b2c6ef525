import {createHash} from 'node:crypto';
import {type DimensionValues, grainMs, type Grain} from '../windows/view.ts';

/** Which aggregate document something is added to. */
export interface DocumentTarget {
  readonly id: string;
  readonly pk: string;
  readonly view: string;
  readonly grain: Grain;
  readonly windowStartMs: number;
  readonly dimensions: DimensionValues;
}

/** The document of one view, window and group. `shards` spreads the partition key of one period over several values. */
export function documentTarget(
  {view, grain, windowStartMs, dimensions}: Omit<DocumentTarget, 'id' | 'pk'>,
  shards: number,
): DocumentTarget {
  const hash = createHash('sha256').update(JSON.stringify(dimensions)).digest();
  const id = `${view}_${grain}_${windowStartMs / 1000}_${hash.toString('base64url').slice(0, 22)}`;
  const shard = shards > 1 ? `|${hash.readUInt32BE(0) % shards}` : '';
  return {
    id,
    pk: `${view}|${grain}|${period(grain, windowStartMs)}${shard}`,
    view,
    grain,
    windowStartMs,
    dimensions,
  };
}

/** The span that shares a partition key: bounds it to 20 GB without sending all writes of a moment to few readers. */
function period(grain: Grain, windowStartMs: number): string {
  const iso = new Date(windowStartMs).toISOString();
  if (grainMs[grain] < grainMs['1h']) return iso.slice(0, 10);
  return grain === '1h' ? iso.slice(0, 7) : iso.slice(0, 4);
}

/** `stateApplied`, refresh offsets and the like need a number that is spread evenly and never changes. */
export function spreadOf(id: string): number {
  // FNV-1a over UTF-16 units; ids are ASCII.
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
