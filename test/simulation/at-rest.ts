import {differences, ExpectedDocuments} from './expected-documents.ts';
import {fateOf} from './fates.ts';
import {checkWithinBounds} from './bounds.ts';
import {checkLetters, placeName} from './letters-at-rest.ts';
import {chooseOutcomes, clockAheadMs, Observations} from './observations.ts';
import {
  expectationOf,
  lengthMs,
  possibleOutcomes,
  type Expectation,
  type ExpectedRecord,
  type Outcome,
} from './oracle.ts';
import {isExpired} from './retention.ts';
import {asItWent, waitingIn} from './ways-at-rest.ts';
import type {World} from './world.ts';

/** Checks, once everything is quiet, that what is stored is what the truth says. */
export function checkAtRest(world: World): void {
  const {plan, hub, violations, lookup} = world;
  const endMs = world.time.nowMs;
  const exactIds = new Set(hub.partitionIds.filter((id) => fateOf(world, id).kind === 'exact'));
  const isBounded = exactIds.size < hub.partitionIds.length || world.incident.thrownAway.size > 0;
  const seen = new Observations(world);
  const {records, ...rest} = asItWent(world, ofExact(world, exactIds), {
    arrived: isBounded ? undefined : seen,
    partitionIds: exactIds,
  });
  const lost = checkLetters(world, {records, ...rest}, exactIds);
  if (isBounded) return checkWithinBounds(world);

  const documents = new ExpectedDocuments(plan);
  /** Records of one call cannot be told apart in a window that they share, so their outcomes are found together. */
  const alike = new Map<number, {record: ExpectedRecord; possible: Outcome[]}[]>();
  for (const record of records) {
    // Read back from one view only; that all others agree is what the comparison below shows.
    if (!seen.takeArrival(record) && record.hasExpired) continue;
    documents.arrived(record);
    if ((record.madeOf ?? [record]).some((place) => lost.has(placeName(place)))) continue;
    const rows = record.call.requestId === undefined ? [] : lookup.rowsOf(record.call.requestId);
    const {slot} = record.call;
    alike.set(slot, [
      ...(alike.get(slot) ?? []),
      {record, possible: possibleOutcomes(plan, record, rows, endMs)},
    ]);
  }
  for (const group of alike.values()) {
    const outcomes = chooseOutcomes(seen, group);
    if (outcomes !== undefined) group.forEach(({record}, i) => documents.resolved(record, outcomes[i]!));
    else
      violations.add(
        `no possible outcomes in ${seen.resolvedIn}: ${group.map(describe).join(', ')}; there: ${seen.describe(group[0]!.record)}`,
      );
  }
  if (violations.found.length > 0) return;

  const isPast = (grain: keyof typeof lengthMs, startMs: number): boolean =>
    isExpired({
      grain,
      windowEndMs: startMs + lengthMs[grain],
      retentionMs: plan.retentionMs,
      nowMs: endMs + clockAheadMs(plan),
    });
  for (const expected of documents.byId.values()) {
    if (isPast(expected.grain, expected.startMs)) continue;
    const wrong = differences(expected, world.aggregates.get(expected.id));
    violations.check(wrong.length === 0, () => `document ${expected.id}: ${wrong.slice(0, 4).join('; ')}`);
  }
  for (const document of world.aggregates.all()) {
    const isKnown = documents.byId.has(document.id);
    violations.check(isKnown, () => `document ${document.id} belongs to no event`);
  }
}

/**
 * What must be there of the partitions that are exact. Of a hub that was deleted, what was not committed by then is gone
 * with it, and must not be there.
 */
function ofExact(world: World, exactIds: ReadonlySet<string>): Expectation {
  const {plan, hub, watch} = world;
  return expectationOf(plan, {
    hub,
    bodyOf: (partitionId, place) => world.recordsOf(partitionId, place),
    waiting: waitingIn(world),
    until: (partitionId, {generation}) => {
      if (!exactIds.has(partitionId)) return -1;
      if (generation === hub.generation) return Infinity;
      const [beginning] = watch.history.beginnings(partitionId);
      return beginning?.before?.head.sequenceNumber ?? -1;
    },
  });
}

function describe({record, possible}: {record: ExpectedRecord; possible: readonly Outcome[]}): string {
  const names = possible.map((outcome) =>
    outcome === 'unmatched' ? outcome : `row ${outcome.modelVersion}`,
  );
  const times = `slot ${record.call.slot}, ${new Date(record.timeMs).toISOString()}, enqueued ${new Date(record.enqueuedTimeMs).toISOString()}`;
  return `record ${placeName(record)} (${times}): ${names.join(' or ')}`;
}
