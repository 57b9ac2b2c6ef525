import type {StoredDocument} from '@weir/pipeline';
import {fateOf} from './fates.ts';
import {clockAheadMs, slotsOf} from './observations.ts';
import {keyOf, lower, owedBy, raise, type Range} from './owed.ts';
import {expectationOfLog, lengthMs, type Expectation, type ExpectedRecord} from './oracle.ts';
import {isExpired} from './retention.ts';
import {openPlaces, type StoredCommit} from './stored-commit.ts';
import {anything, waitingIn} from './ways-at-rest.ts';
import type {World} from './world.ts';

type Grain = keyof typeof lengthMs;
interface Share {
  readonly arrival: Range;
  readonly resolved: Range;
}

/**
 * What holds where a disaster took something away: nothing counts more often than the way out says, nothing is
 * missing that it does not name, and partitions that were not struck are right.
 */
export function checkWithinBounds(world: World): void {
  const {plan, aggregates, violations, hub, incident, time} = world;
  const ranges = new Map<string, Range>();
  for (const partitionId of hub.partitionIds) {
    for (const [record, share] of sharesOf(world, partitionId)) {
      for (const {name, on, windows} of plan.views) {
        for (const grain of windows) {
          const key = keyOf(
            {view: name, grain, startMs: record.timeMs - modulo(record.timeMs, lengthMs[grain])},
            record.call.slot,
          );
          const range = ranges.get(key) ?? {low: 0, high: 0};
          range.low += share[on].low;
          range.high += share[on].high;
          ranges.set(key, range);
        }
      }
    }
  }
  lower(ranges, incident.thrownAway);
  for (const partitionId of hub.partitionIds) {
    const owed = owedBy(world, partitionId);
    lower(ranges, owed);
    if (fateOf(world, partitionId).kind === 'two journals') raise(ranges, owed);
  }

  const found = new Map<string, number>();
  for (const document of aggregates.all()) {
    for (const [slot, times] of slotsOf(document)) {
      const key = keyOf(windowOf(document), slot);
      found.set(key, (found.get(key) ?? 0) + times);
    }
    violations.check(isConsistent(document), () => `document ${document.id} does not add up`);
  }
  for (const [key, times] of found) {
    const high = ranges.get(key)?.high ?? 0;
    violations.check(times <= high, () => `${key} counts ${times} times, at most ${high} are possible`);
  }
  for (const [key, {low}] of ranges) {
    const [, grain = '', start = ''] = key.split(' ');
    const windowEndMs = Number(start) + lengthMs[grain as Grain];
    const nowMs = time.nowMs + clockAheadMs(plan);
    if (isExpired({grain, windowEndMs, retentionMs: plan.retentionMs, nowMs})) continue;
    const times = found.get(key) ?? 0;
    violations.check(times >= low, () => `${key} counts ${times} times, at least ${low} must be there`);
  }
}

const once: Range = {low: 1, high: 1};
const perhaps: Range = {low: 0, high: 1};
const never: Range = {low: 0, high: 0};

/** How often each record of one partition may be in a view. */
function* sharesOf(world: World, partitionId: string): Iterable<[ExpectedRecord, Share]> {
  const {plan, hub, watch} = world;
  const fate = fateOf(world, partitionId);
  const logs = hub.logs(partitionId);
  const isExact = fate.kind === 'exact';
  const sources = {
    bodyOf: (id: string, place: {generation: number; sequenceNumber: number}) => world.recordsOf(id, place),
    waiting: isExact ? waitingIn(world) : anything,
  };
  const expected = (after: number): readonly Expectation[] =>
    logs.map((log) => expectationOfLog(plan, partitionId, {log, after, ...sources}));
  const read = (after: number): readonly ExpectedRecord[] => expected(after).flatMap(({records}) => records);
  for (const {halves, ways} of expected(-1).flatMap(({calls}) => calls)) {
    const isOfNow = halves.every(({generation}) => generation === hub.generation);
    // Where several things may have become of a call in halves, each of them may.
    const range = isExact && isOfNow && ways.length === 1 ? once : {low: 0, high: isExact ? 1 : 2};
    for (const {records} of ways)
      for (const record of records) yield [record, {arrival: range, resolved: range}];
  }
  const both = (range: Range): Share => ({arrival: range, resolved: range});
  const isOld = ({generation}: ExpectedRecord): boolean => generation < hub.generation;
  const wasOpen = (
    {left}: {left: readonly StoredCommit[]},
    {sequenceNumber, index}: ExpectedRecord,
  ): boolean => left.some((commit) => openPlaces(commit).has(`${sequenceNumber}.${index}`));
  for (const record of read(-1)) {
    const {sequenceNumber, hasExpired} = record;
    switch (fate.kind) {
      case 'exact':
        if (isOld(record)) yield [record, both(perhaps)];
        else yield [record, hasExpired ? both(perhaps) : both(once)];
        break;
      case 'stopped':
        // Of a new hub nothing may be folded before somebody has said so.
        yield [record, both(hub.generation > 0 && !isOld(record) ? never : perhaps)];
        break;
      case 'two journals':
        if (sequenceNumber > fate.sureUntil) yield [record, both({low: 0, high: 2})];
        else {
          const range = hasExpired ? perhaps : once;
          yield [record, {arrival: range, resolved: wasOpen(fate, record) ? {low: 0, high: 2} : range}];
        }
        break;
      case 'elsewhere': {
        if (sequenceNumber > fate.start) {
          // Counted by the old lineage perhaps, as far as that had come.
          yield [record, both(sequenceNumber <= fate.seenHead ? perhaps : never)];
          break;
        }
        const arrival = hasExpired ? perhaps : once;
        yield [record, {arrival, resolved: wasOpen(fate, record) ? perhaps : arrival}];
      }
    }
  }
  // Repeats of what was read before the new start count again.
  const [beginning] = watch.history.beginnings(partitionId);
  if (fate.kind === 'two journals' && beginning !== undefined)
    for (const record of read(beginning.after.resume.sequenceNumber)) yield [record, both(perhaps)];
  if (fate.kind === 'elsewhere')
    for (const record of read(fate.start)) yield [record, both(record.hasExpired ? perhaps : once)];
}

function windowOf(document: StoredDocument): {view: string; grain: string; startMs: number} {
  const {view, grain, windowStart} = document;
  return {view: String(view), grain: String(grain), startMs: Date.parse(String(windowStart))};
}

/** Every sum of one document comes from the same calls. */
function isConsistent(document: StoredDocument): boolean {
  let calls = 0;
  for (const [, times] of slotsOf(document)) calls += times;
  const number = (field: string): number => Number(document[field]);
  const outcomes = number('matched') + number('unmatched');
  return (
    number('requests') === calls &&
    number('succeeded') + number('throttled') + number('failed') === calls &&
    (document['view'] === 'latency' ? outcomes === calls : outcomes === 0) &&
    number('durationCount') <= number('matched') &&
    number('durationLeInf') === number('durationCount')
  );
}

function modulo(ms: number, lengthMs: number): number {
  return ((ms % lengthMs) + lengthMs) % lengthMs;
}
