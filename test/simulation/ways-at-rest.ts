import type {Waiting, Way} from './halves-oracle.ts';
import {placeName, writtenLetters} from './letters-at-rest.ts';
import type {Observations} from './observations.ts';
import type {Expectation, ExpectedCall} from './oracle.ts';
import type {Pause} from './process.ts';
import type {World} from './world.ts';

/** What the run did to halves that wait. */
export function waitingIn({plan, hub, pauses}: World): Waiting {
  const gaps = joined(pauses);
  return {
    canBeCutShort: ({endMs, nextMs}) =>
      nextMs > endMs - readSlackMs ||
      plan.faults.clockSteps > 0 ||
      // A process that was paused may look at its clock before it looks at its link.
      gaps.some(({fromMs, untilMs}) => fromMs <= nextMs + readSlackMs && untilMs >= endMs - readSlackMs),
    canBeForgotten: ({hasExpired}) => hasExpired,
    canWaitForEver: ({generation}) => generation < hub.generation,
  };
}

/** Pauses of one process that follow one another at once leave it no time to look at its link. */
function joined(pauses: readonly Pause[]): Pause[] {
  const gaps: Pause[] = [];
  for (const pause of pauses) {
    const before = gaps.findLastIndex(({process}) => process === pause.process);
    const last = gaps[before];
    if (last === undefined || pause.fromMs > last.untilMs + readSlackMs) gaps.push(pause);
    else gaps[before] = {...last, untilMs: Math.max(last.untilMs, pause.untilMs)};
  }
  return gaps;
}

/** An event that was just sent may not be there yet when a link says that it has none. */
const readSlackMs = 2_000;

/** Of somebody about whom nothing is known. */
export const anything: Waiting = {
  canBeCutShort: () => true,
  canBeForgotten: () => true,
  canWaitForEver: () => true,
};

/**
 * What is expected once it is known which of the possible ways each call in halves went: the one that the stored letters
 * show and, where these can be told from one another, the documents.
 */
export function asItWent(
  world: World,
  {records, letters, calls}: Expectation,
  {arrived, partitionIds}: {arrived: Observations | undefined; partitionIds: ReadonlySet<string>},
): Expectation {
  const written = writtenLetters(world, partitionIds);
  const together = bySlot(calls);
  const ways = together.map((call) => wayOf(call, arrived, written));
  together.forEach((call, i) =>
    world.violations.check(
      ways[i] !== undefined,
      () => `no way in which the call of slot ${call.slot} can have gone: ${describe(call)}`,
    ),
  );
  const known = ways.filter((way) => way !== undefined);
  return {
    records: [...records, ...known.flatMap((way) => way.records)],
    letters: [...letters, ...known.flatMap((way) => way.letters)],
    calls,
  };
}

/** A call that was told to one hub and to the one made in its place cannot be told apart in the documents. */
function bySlot(calls: readonly ExpectedCall[]): ExpectedCall[] {
  const together = new Map<number, ExpectedCall>();
  for (const call of calls) {
    const other = together.get(call.slot);
    together.set(call.slot, other === undefined ? call : both(other, call));
  }
  return [...together.values()];
}

function both({slot, ...a}: ExpectedCall, b: ExpectedCall): ExpectedCall {
  const ways = a.ways.flatMap((one) =>
    b.ways.map((other) => ({
      records: [...one.records, ...other.records],
      letters: [...one.letters, ...other.letters],
    })),
  );
  return {slot, halves: [...a.halves, ...b.halves], ways};
}

function wayOf(
  {ways, halves, slot}: ExpectedCall,
  arrived: Observations | undefined,
  {found, lost}: {found: ReadonlyMap<string, number>; lost: ReadonlySet<string>},
): Way | undefined {
  if (ways.length === 1) return ways[0];
  const there = halves.map(placeName).filter((name) => found.has(name));
  return ways.find((way) => {
    const names = new Set(way.letters.map(placeName));
    const fits = names.size === there.length && there.every((name) => names.has(name));
    if (!fits || arrived === undefined) return fits;
    const resolved = way.records.filter(
      ({madeOf = []}) => !madeOf.some((place) => lost.has(placeName(place))),
    );
    return arrived.holdsAs(slot, {arrived: way.records, resolved});
  });
}

function describe({ways}: ExpectedCall): string {
  return ways
    .map(({records, letters}) =>
      [
        ...records.map((record) => `${record.call.consumer} by ${record.madeOf?.map(placeName).join('+')}`),
        ...letters.map((letter) => `letter ${placeName(letter)}`),
      ].join(', '),
    )
    .join(' or ');
}
