import type {Mark} from '@weir/pipeline';
import type {EventFinder} from '../../packages/worker/src/recover/start-position.ts';
import type {SimulatedProcess} from './process.ts';
import type {World} from './world.ts';

/** Single events, as `weir recover` reads them. */
export function eventsOf(world: World, process: SimulatedProcess): EventFinder {
  const first = (
    partitionId: string,
    place: {readonly sequenceNumber: number} | {readonly enqueuedFromMs: number},
  ): Mark | undefined => {
    const events = world.hub.read(partitionId, {from: 0, max: Infinity});
    return events.find((event) =>
      'sequenceNumber' in place
        ? event.sequenceNumber >= place.sequenceNumber
        : event.enqueuedTimeMs >= place.enqueuedFromMs,
    );
  };
  return {
    first: async (partitionId, place, signal) => {
      const event = await askHub(world, process, () => first(partitionId, place), signal);
      return (
        event && {
          sequenceNumber: event.sequenceNumber,
          offset: event.offset,
          enqueuedTimeMs: event.enqueuedTimeMs,
        }
      );
    },
  };
}

export const hubSilent = 'the simulated hub did not answer';

/** @throws where the hub does not answer */
export async function askHub<A>(
  {calls}: World,
  process: SimulatedProcess,
  act: () => A,
  signal: AbortSignal | undefined,
): Promise<A> {
  const answer = await calls.make<A | 'no answer'>(process, {
    service: 'hub',
    what: 'hub facts',
    faults: ['unavailable'],
    act,
    failed: () => 'no answer',
    signal,
  });
  if (answer === 'no answer') throw new Error(hubSilent);
  return answer;
}
