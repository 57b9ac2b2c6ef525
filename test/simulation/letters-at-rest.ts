import type {Expectation, ExpectedLetter} from './oracle.ts';
import {openPlaces} from './stored-commit.ts';
import type {World} from './world.ts';

type WrittenPlace = Place & {readonly reason: string};
type Place = Omit<ExpectedLetter, 'hasExpired'>;

/** Names a record for a person and for a map. */
export function placeName({partitionId, generation, sequenceNumber, index}: Place): string {
  return `p${partitionId}/${sequenceNumber}.${index}${generation > 0 ? ` of hub ${generation}` : ''}`;
}

/**
 * Checks that each dead letter of these partitions is written once, and none that should not be.
 * @returns the records that were settled as lost
 */
export function checkLetters(
  world: World,
  {records, letters, calls}: Expectation,
  partitionIds: ReadonlySet<string>,
): ReadonlySet<string> {
  const {violations} = world;
  const {found, lost} = writtenLetters(world, partitionIds);
  for (const [name, times] of found)
    violations.check(times === 1, () => `dead letter ${name} is written ${times} times`);
  for (const letter of letters) {
    const name = placeName(letter);
    violations.check(found.delete(name) || letter.hasExpired, () => `dead letter ${name} is missing`);
  }
  const open = [...records, ...calls.flatMap(({halves}) => halves)];
  const byPlace = new Map(open.map((place) => [placeName(place), place]));
  for (const name of lost) {
    violations.check(
      canBeLost(world, byPlace.get(name)),
      () => `record ${name} is settled as lost, but can be read or never was open`,
    );
    found.delete(`${name} lost`);
  }
  for (const name of found.keys()) violations.add(`dead letter ${name} should not be`);
  return lost;
}

/** The letters that are written of these partitions, by name, and the records that were settled as lost. */
export function writtenLetters(
  world: World,
  partitionIds: ReadonlySet<string>,
): {found: Map<string, number>; lost: Set<string>} {
  const lost = new Set<string>();
  const found = new Map<string, number>();
  for (const {reason, ...place} of lettersOf(world)) {
    if (!partitionIds.has(place.partitionId)) continue;
    if (reason === 'lost') lost.add(placeName(place));
    const name = `${placeName(place)}${reason === 'lost' ? ' lost' : ''}`;
    found.set(name, (found.get(name) ?? 0) + 1);
  }
  return {found, lost};
}

/** Of both deployments; one that is copied begins with the other's last commit, and writes its letters too. */
function lettersOf({deployments, hub, watch}: World): WrittenPlace[] {
  const written = new Map<string, WrittenPlace>();
  for (const deployment of deployments) {
    for (const {lineage, n, ...letter} of deployment?.blobs.deadLetters() ?? []) {
      const [beginning] = watch.history.beginnings(letter.partitionId);
      const isOfNew = beginning?.after.lineage === lineage && n > 1;
      // Commit 1 of a new lineage settles what the old one left open.
      const generation = beginning === undefined || isOfNew ? hub.generation : 0;
      const {partitionId, sequenceNumber, index, reason} = letter;
      written.set(`${lineage}/${n} ${partitionId} ${sequenceNumber}.${index} ${reason}`, {
        ...letter,
        generation,
      });
    }
  }
  return [...written.values()];
}

/** An open record is settled as lost where its event has expired, or went with its hub while it was open. */
function canBeLost({hub, watch}: World, record: ExpectedLetter | undefined): boolean {
  if (record === undefined) return false;
  const {partitionId, generation, sequenceNumber, index, hasExpired} = record;
  const place = `${sequenceNumber}.${index}`;
  if (hasExpired && watch.history.wasOpen(partitionId, place)) return true;
  const before = watch.history.beginnings(partitionId)[0]?.before;
  return generation < hub.generation && before !== undefined && openPlaces(before).has(place);
}
