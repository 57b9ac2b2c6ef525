import {
  grainMs,
  parseStateApplied,
  StateAppliedError,
  type AggregateDelta,
  type Commit,
  type ShardedView,
} from '@weir/pipeline';
import type {StoredAggregate} from '@weir/azure';
import type {Outside, OutsideEvent} from './outside-events.ts';
import {openCount, type PartitionStand} from './partition-stands.ts';
import {windowKey, type ViewWindow} from './view-windows.ts';

/** Why a window cannot be judged yet: something that the worker or the replay still owes it. Of one partition. */
export type Touch = {readonly partitionId: string} &
  /** Records wait for diagnostics, or for the other half of their call; none of them is before `fromMs`. */
  (
    | {readonly kind: 'waiting'; readonly count: number; readonly fromMs: number}
    /** Deltas of the journal's last commit that the documents do not hold yet. */
    | {readonly kind: 'being applied'; readonly n: number}
    /** Deltas wait for the refresh of their document. */
    | {readonly kind: 'carried'}
    /** Cosmos DB refused deltas for good. */
    | {readonly kind: 'refused'}
    | {readonly kind: 'not read by the worker'; readonly count: number}
    | {readonly kind: 'not read by the replay'; readonly count: number}
    /** What lies outside the replay is not known. */
    | {readonly kind: 'not known'; readonly why: string}
  );

interface Owed {
  readonly stand: PartitionStand & {readonly commit: Commit};
  readonly deltas: ReadonlyMap<string, readonly AggregateDelta[]>;
  readonly carried: ReadonlySet<string>;
  readonly refused: ReadonlySet<string>;
}

/**
 * What journals and hub say of single windows. A window rather than a document, because what is pending for one
 * document may be what the replay has put into another: which one it is, only its diagnostics say.
 */
export class Touches {
  readonly #owed: readonly Owed[];
  readonly #outside: ReadonlyMap<string, Outside>;

  /** @param options.outside by partition id; none where events have no positions */
  constructor({stands, outside}: {stands: readonly PartitionStand[]; outside: ReadonlyMap<string, Outside>}) {
    this.#owed = stands.flatMap((stand) => (stand.commit === undefined ? [] : [owedBy(stand, stand.commit)]));
    this.#outside = outside;
  }

  /** @param stored the documents of the window, read before the journals */
  of(view: ShardedView, window: ViewWindow, stored: ReadonlyMap<string, StoredAggregate>): Touch[] {
    const key = windowKey(window);
    const endMs = window.windowStartMs + grainMs[window.grain];
    const touches: Touch[] = [];
    for (const {stand, deltas, carried, refused} of this.#owed) {
      const {partitionId, commit} = stand;
      const waiting = waitingIn(commit, view, endMs);
      if (waiting !== undefined) touches.push({partitionId, kind: 'waiting', ...waiting});
      if ((deltas.get(key) ?? []).some((delta) => !holds(stored.get(delta.target.id), stand)))
        touches.push({partitionId, kind: 'being applied', n: commit.n});
      if (carried.has(key)) touches.push({partitionId, kind: 'carried'});
      if (refused.has(key)) touches.push({partitionId, kind: 'refused'});
    }
    for (const [partitionId, {onlyWorker, onlyReplay, unknown}] of this.#outside) {
      const isInside = ({eventTimeMs}: OutsideEvent): boolean =>
        eventTimeMs >= window.windowStartMs && eventTimeMs < endMs;
      const unread = onlyReplay.filter(isInside).length;
      const since = onlyWorker.filter(isInside).length;
      if (unread > 0) touches.push({partitionId, kind: 'not read by the worker', count: unread});
      if (since > 0) touches.push({partitionId, kind: 'not read by the replay', count: since});
      if (unknown !== undefined) touches.push({partitionId, kind: 'not known', why: unknown});
    }
    return touches;
  }
}

function owedBy(stand: PartitionStand, commit: Commit): Owed {
  return {
    stand: {...stand, commit},
    deltas: Map.groupBy(commit.deltas, ({target}) => windowKey(target)),
    carried: new Set(commit.carry.map(({target}) => windowKey(target))),
    refused: new Set(commit.parked.map(({delta}) => windowKey(delta.target))),
  };
}

/**
 * Which windows an open record is of does not stand in the journal, only that it is none that ends before
 * `resolvedMs`. In arrival views it counts already, unless it is a half that waits for the other.
 */
function waitingIn(
  commit: Commit,
  {on}: ShardedView,
  endMs: number,
): {count: number; fromMs: number} | undefined {
  const {resolvedMs: fromMs} = commit.watermarks;
  if (fromMs >= endMs) return undefined;
  const count =
    on === 'resolved'
      ? openCount(commit)
      : (commit.open.calls ?? []).filter(({owes}) => owes === 'both').length;
  return count === 0 ? undefined : {count, fromMs};
}

/**
 * Whether a document has the last commit of a partition. It was read before the journal, so it has then all commits
 * that this journal can still apply.
 */
function holds(stored: StoredAggregate | undefined, {appliedKey, commit}: Owed['stand']): boolean {
  if (stored === undefined || appliedKey === undefined) return false;
  try {
    return (parseStateApplied(stored.document['stateApplied']).get(appliedKey) ?? 0) >= commit.n;
  } catch (error) {
    if (error instanceof StateAppliedError) return false; // nothing can be said of it, so it counts as owed
    throw error;
  }
}

/** For a person, without a full stop. */
export function touchText(touch: Touch): string {
  return touch.kind === 'not known' ? touch.why : `partition ${touch.partitionId}: ${owedText(touch)}`;
}

function owedText(touch: Exclude<Touch, {kind: 'not known'}>): string {
  const count = (n: number, what: string): string =>
    `${n.toLocaleString('en-US')} ${what}${n === 1 ? '' : 's'}`;
  switch (touch.kind) {
    case 'waiting':
      return `${count(touch.count, 'record')} still ${touch.count === 1 ? 'waits' : 'wait'} for diagnostics or the other half of a call${touch.fromMs > 0 ? `, of ${new Date(touch.fromMs).toISOString()} or later` : ''}`;
    case 'being applied':
      return `commit ${touch.n} is being applied`;
    case 'carried':
      return 'the worker holds counts back until the refresh of their documents';
    case 'refused':
      return 'Cosmos DB refuses deltas for good, which are parked in the journal';
    case 'not read by the worker':
      return `the worker has not read ${count(touch.count, 'event')} of it yet`;
    case 'not read by the replay':
      return `the worker has read ${count(touch.count, 'event')} of it that the replay has not`;
  }
}
