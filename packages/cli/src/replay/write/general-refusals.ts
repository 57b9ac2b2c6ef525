import type {ShardedView} from '@weir/pipeline';
import {findingText, type PartitionStand} from '../compare/partition-stands.ts';
import type {ReplayedWindow} from '../replayed-window.ts';
import type {DocumentPair, Refusal} from './window-plan.ts';

/** What keeps every window of a view as it is. @param context.letters open dead letters that the replay counts */
export function generalRefusals(
  {on}: ShardedView,
  {
    stands,
    replay: {undecided, read},
    letters,
  }: {stands: readonly PartitionStand[]; replay: ReplayedWindow; letters: number},
): Refusal[] {
  const refusals: Refusal[] = stands
    .map(findingText)
    .filter((text) => text !== undefined)
    .map((text) => ({kind: 'stopped', text}));
  if (read === undefined) {
    refusals.push({
      kind: 'not known',
      partitionId: '',
      why: 'the replayed events carry no positions, so it is not known what of them the worker has read',
    });
  }
  if (letters > 0) refusals.push({kind: 'dead letters', count: letters});
  if (on === 'resolved' && undecided > 0) refusals.push({kind: 'undecided', count: undecided});
  return refusals;
}

/** Where a window holds what the replay says, these are most likely about other windows. */
export function mayBeOfOthers({kind}: Refusal, {length}: readonly DocumentPair[]): boolean {
  return (
    ['waiting', 'stopped', 'undecided', 'dead letters'].includes(kind) ||
    (kind === 'not known' && length === 0)
  );
}
