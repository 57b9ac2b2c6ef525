import {differences, ExpectedDocuments} from './expected-documents.ts';
import {chooseOutcomes, Observations, slotsOf} from './observations.ts';
import {expectationOf, lengthMs, possibleOutcomes, type ExpectedRecord, type Outcome} from './oracle.ts';
import {isExpired} from './protocol-watch.ts';
import type {World} from './world.ts';

/** Checks, once everything is quiet, that what is stored is what the truth says. */
export function checkAtRest(world: World): void {
  const {plan, hub, violations, blobs, lookup} = world;
  const endMs = world.time.nowMs;
  const {records, letters} = expectationOf(plan, hub, (partitionId, sequenceNumber) =>
    world.recordsOf(partitionId, sequenceNumber),
  );
  if (world.struck !== undefined) return checkAtMostOnce(world, records);
  const written = blobs.deadLetters();

  const lost = new Set<string>();
  const found = new Map<string, number>();
  for (const {reason, ...place} of written) {
    if (reason === 'lost') lost.add(placeName(place));
    const name = `${placeName(place)}${reason === 'lost' ? ' lost' : ''}`;
    found.set(name, (found.get(name) ?? 0) + 1);
  }
  for (const [name, times] of found)
    violations.check(times === 1, () => `dead letter ${name} is written ${times} times`);
  for (const letter of letters) {
    const name = placeName(letter);
    violations.check(found.delete(name) || letter.hasExpired, () => `dead letter ${name} is missing`);
  }
  const byPlace = new Map(records.map((record) => [placeName(record), record]));
  for (const name of lost) {
    violations.check(
      byPlace.get(name)?.hasExpired === true,
      () => `record ${name} is settled as lost but can be read`,
    );
    found.delete(`${name} lost`);
  }
  for (const name of found.keys()) violations.add(`dead letter ${name} should not be`);

  const documents = new ExpectedDocuments(plan);
  const seen = new Observations(world);
  /** Records of one call in one window cannot be told apart, so their outcomes are found together. */
  const alike = new Map<string, {record: ExpectedRecord; possible: Outcome[]}[]>();
  for (const record of records) {
    // Read back from one view only; that all others agree is what the comparison below shows.
    if (!seen.takeArrival(record) && record.hasExpired) continue;
    documents.arrived(record);
    if (lost.has(placeName(record))) continue;
    const rows = record.call.requestId === undefined ? [] : lookup.rowsOf(record.call.requestId);
    const key = seen.windowKey(record);
    alike.set(key, [
      ...(alike.get(key) ?? []),
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
      nowMs: endMs + expirySlackMs,
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

/** Retention is judged by the workers' clocks, which are set now and then. */
const expirySlackMs = 150_000;

/** What holds even where a partition has stopped half-way: nothing counts twice. */
function checkAtMostOnce({aggregates, violations}: World, records: readonly ExpectedRecord[]): void {
  for (const document of aggregates.all()) {
    const startMs = Date.parse(String(document['windowStart']));
    const endMs = Date.parse(String(document['windowEnd']));
    const expected = new Map<number, number>();
    for (const {call, timeMs} of records) {
      if (timeMs >= startMs && timeMs < endMs) expected.set(call.slot, (expected.get(call.slot) ?? 0) + 1);
    }
    for (const [slot, times] of slotsOf(document)) {
      violations.check(
        times <= (expected.get(slot) ?? 0),
        () => `slot ${slot} is ${times} times in ${document['id']}`,
      );
    }
  }
}

function describe({record, possible}: {record: ExpectedRecord; possible: readonly Outcome[]}): string {
  const names = possible.map((outcome) =>
    outcome === 'unmatched' ? outcome : `row ${outcome.modelVersion}`,
  );
  const times = `slot ${record.call.slot}, ${new Date(record.timeMs).toISOString()}, enqueued ${new Date(record.enqueuedTimeMs).toISOString()}`;
  return `record ${placeName(record)} (${times}): ${names.join(' or ')}`;
}

function placeName({
  partitionId,
  sequenceNumber,
  index,
}: {
  partitionId: string;
  sequenceNumber: number;
  index: number;
}): string {
  return `p${partitionId}/${sequenceNumber}.${index}`;
}
