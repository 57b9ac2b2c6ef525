import type {StoredDocument} from '@weir/pipeline';
import {differences, dimensionsOf, expectationOf, ExpectedDocuments, lengthMs, possibleOutcomes, type ExpectedRecord, type Outcome} from './oracle.ts';
import {isExpired} from './protocol-watch.ts';
import {digitBase, tokenFields} from './truth.ts';
import type {World} from './world.ts';

/** Checks, once everything is quiet, that what is stored is what the truth says. */
export function checkAtRest(world: World): void {
  const {plan, hub, violations, blobs, lookup} = world;
  const endMs = world.time.nowMs;
  const {records, letters} = expectationOf(plan, hub, (partitionId, sequenceNumber) => world.recordsOf(partitionId, sequenceNumber));
  const written = blobs.deadLetters();

  const lost = new Set<string>();
  const found = new Map<string, number>();
  for (const {reason, ...place} of written) {
    if (reason === 'lost') lost.add(placeName(place));
    const name = `${placeName(place)}${reason === 'lost' ? ' lost' : ''}`;
    found.set(name, (found.get(name) ?? 0) + 1);
  }
  for (const [name, times] of found) violations.check(times === 1, () => `dead letter ${name} is written ${times} times`);
  for (const letter of letters) {
    const name = placeName(letter);
    violations.check(found.delete(name) || letter.hasExpired, () => `dead letter ${name} is missing`);
  }
  const byPlace = new Map(records.map((record) => [placeName(record), record]));
  for (const name of lost) {
    violations.check(byPlace.get(name)?.hasExpired === true, () => `record ${name} is settled as lost but can be read`);
    found.delete(`${name} lost`);
  }
  for (const name of found.keys()) violations.add(`dead letter ${name} should not be`);

  const documents = new ExpectedDocuments(plan);
  const seen = new Observations(world);
  for (const record of records) {
    // Read back from one view only; that all others agree is what the comparison below shows.
    if (!seen.takeArrival(record) && record.hasExpired) continue;
    documents.arrived(record);
    if (lost.has(placeName(record))) continue;
    const rows = record.call.requestId === undefined ? [] : lookup.rowsOf(record.call.requestId);
    const possible = possibleOutcomes(plan, record, rows, endMs);
    const outcome = possible.find((candidate) => seen.takeOutcome(record, candidate));
    if (outcome === undefined) {
      const names = possible.map((candidate) => (candidate === 'unmatched' ? candidate : `row ${candidate.modelVersion}`));
      violations.add(`record ${placeName(record)} (slot ${record.call.slot}) has none of its possible outcomes in ${seen.resolvedIn}: ${names.join(', ')}; there: ${seen.describe(record)}`);
    } else documents.resolved(record, outcome);
  }
  if (violations.found.length > 0) return;

  const isPast = (grain: keyof typeof lengthMs, startMs: number): boolean =>
    isExpired({grain, windowEndMs: startMs + lengthMs[grain], retentionMs: plan.retentionMs, nowMs: endMs + expirySlackMs});
  for (const expected of documents.byId.values()) {
    if (isPast(expected.grain, expected.startMs)) continue;
    const wrong = differences(expected, world.aggregates.get(expected.id));
    violations.check(wrong.length === 0, () => `document ${expected.id}: ${wrong.slice(0, 4).join('; ')}`);
  }
  for (const document of world.aggregates.all()) {
    const isKnown = documents.byId.has(String(document['id']));
    violations.check(isKnown, () => `document ${document['id']} belongs to no event`);
  }
}

const expirySlackMs = 30_000;

function placeName({partitionId, sequenceNumber, index}: {partitionId: string; sequenceNumber: number; index: number}): string {
  return `p${partitionId}/${sequenceNumber}.${index}`;
}

/** How often each call is in the documents of one grain of each kind of view, read from the digits of the sums. */
class Observations {
  readonly #grain: keyof typeof lengthMs;
  readonly #arrivals = new Map<string, number>();
  readonly #outcomes = new Map<string, number>();
  readonly #arrivalView = 'chargeback';
  readonly #resolvedView = 'latency';

  constructor({plan, aggregates}: World) {
    // The finest grain that is kept: records of one call may differ in their window.
    this.#grain = plan.retentionMs['5m'] === undefined ? '5m' : '1d';
    for (const document of aggregates.all()) {
      if (document['view'] === this.#arrivalView && document['grain'] === '1d') {
        for (const [slot, times] of slotsOf(document)) {
          const key = `${slot} ${Date.parse(String(document['windowStart']))}`;
          this.#arrivals.set(key, (this.#arrivals.get(key) ?? 0) + times);
        }
      }
      if (document['view'] === this.#resolvedView && document['grain'] === this.#grain) {
        for (const [slot, times] of slotsOf(document)) {
          const key = `${slot} ${Date.parse(String(document['windowStart']))} ${document['modelVersion']} ${document['streamType']}`;
          this.#outcomes.set(key, (this.#outcomes.get(key) ?? 0) + times);
        }
      }
    }
  }

  get resolvedIn(): string {
    return `${this.#resolvedView} ${this.#grain}`;
  }

  takeArrival({call, timeMs}: ExpectedRecord): boolean {
    return take(this.#arrivals, `${call.slot} ${timeMs - (timeMs % lengthMs['1d'])}`);
  }

  takeOutcome({call, timeMs}: ExpectedRecord, outcome: Outcome): boolean {
    const {modelVersion, streamType} = dimensionsOf(call, outcome === 'unmatched' ? undefined : outcome);
    return take(this.#outcomes, `${call.slot} ${timeMs - (timeMs % lengthMs[this.#grain])} ${modelVersion} ${streamType}`);
  }

  describe({call}: ExpectedRecord): string {
    const there = [...this.#outcomes].filter(([key, times]) => times > 0 && key.startsWith(`${call.slot} `));
    return there.map(([key, times]) => `${key} ×${times}`).join(', ') || 'nothing';
  }
}

function take(from: Map<string, number>, key: string): boolean {
  const times = from.get(key) ?? 0;
  if (times === 0) return false;
  from.set(key, times - 1);
  return true;
}

/** @returns how often each slot is in the document; a sum that is no clean row of digits shows in the comparison later */
function slotsOf(document: StoredDocument): [slot: number, times: number][] {
  const slots: [number, number][] = [];
  for (const [at, field] of tokenFields.entries()) {
    let rest = Number(document[field]);
    for (let digit = 0; rest > 0; digit++) {
      const times = rest % digitBase;
      if (times > 0) slots.push([digit * tokenFields.length + at, times]);
      rest = Math.floor(rest / digitBase);
    }
  }
  return slots;
}
