import fc from 'fast-check';
import {expect, test} from 'vitest';
import type {Commit} from './commit/commit.ts';
import {diagnosticsRow, noonMs, received} from './event-fixture.ts';
import {recordsOf} from './join/waiting-fixture.ts';
import {decodeDelta, encodeDelta, mergeInto, type DeltaMap} from './fold/aggregate-delta.ts';
import type {ReceivedEvent} from './ports.ts';
import {PartitionPipeline} from './partition-pipeline.ts';
import {commitOf, newPipeline, pipelineOptions} from './partition-pipeline-fixture.ts';

const idCount = 12;
const record = fc.oneof(
  {weight: 6, arbitrary: fc.nat({max: idCount - 1}).map((id) => ({requestId: `id-${id}`}))},
  fc.constant({requestId: ''}),
  fc.constant({timestamp: new Date(noonMs + 86_400_000).toISOString()}),
  fc.constant('malformed' as const),
);
const event = fc.record({
  records: fc.array(record, {minLength: 1, maxLength: 3}),
  pauseMs: fc.nat({max: 8_000}),
});

interface Drawn {
  readonly records: readonly ('malformed' | object)[];
  readonly pauseMs: number;
}

function eventsOf(drawn: readonly Drawn[]): ReceivedEvent[] {
  let atMs = noonMs;
  return drawn.map(({records, pauseMs}, n) => {
    atMs += pauseMs;
    const base = {
      schemaVersion: 1,
      timestamp: new Date(atMs - 500).toISOString(),
      status: 200,
      headers: {'x-ms-region': 'eastus2'},
    };
    const body = JSON.stringify(
      records.map((one) => (one === 'malformed' ? {colour: 1} : {...base, ...one})),
    );
    return received(n, {atMs, body});
  });
}

const rows = Array.from({length: idCount}, (_, n) =>
  diagnosticsRow({requestId: `id-${n}`, durationMs: 100 * n}),
);

/** Reads on to the end, letting all diagnostics come, and gives everything that was committed. */
function finish(
  pipeline: PartitionPipeline,
  options: ReturnType<typeof pipelineOptions>,
  events: readonly ReceivedEvent[],
): Commit[] {
  pipeline.receive(events);
  pipeline.takeLost(0);
  options.join.offer(rows, noonMs);
  const last = commitOf(pipeline, {carries: 'hand over'});
  return last === undefined ? [] : [last];
}

function sumOf(commits: readonly Commit[]): Map<string, object> {
  const sum: DeltaMap = new Map();
  for (const {deltas} of commits)
    for (const delta of deltas)
      // A copy: two sums are made of the same commits.
      mergeInto(sum, decodeDelta(encodeDelta(delta)));
  return new Map(
    [...sum].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, delta]) => [id, encodeDelta(delta)]),
  );
}

const settings = {refreshMs: {'5m': 60_000, '1h': 0, '1d': 0}} as const;

test('every record leaves as exactly one of folded, duplicate, skipped and dead letter', () => {
  fc.assert(
    fc.property(fc.array(event, {maxLength: 30}), (drawn) => {
      const pipeline = newPipeline();
      pipeline.receive(eventsOf(drawn));
      const {records, folded, duplicates, skipped, deadLetters} = pipeline.counts;
      const letters = [...deadLetters.values()].reduce((a, b) => a + b, 0);
      expect(records).toBe(drawn.flatMap((one) => one.records).length);
      expect(records).toBe(folded + duplicates + skipped + letters);
      expect(pipeline.deadLettersPending).toBe(letters);
    }),
  );
});

test('whichever commit a next owner goes on from, the deltas add up to the same and nothing is lost', () => {
  const step = fc.record({
    read: fc.integer({min: 1, max: 4}),
    answered: fc.subarray(rows),
    nowMs: fc.nat({max: 100_000}),
  });
  fc.assert(
    fc.property(
      fc.array(event, {minLength: 1, maxLength: 25}),
      fc.array(step, {maxLength: 12}),
      fc.nat(),
      (drawn, steps, which) => {
        const events = eventsOf(drawn);
        const options = pipelineOptions(settings);
        const pipeline = newPipeline(options);
        const commits: Commit[] = [];
        let at = 0;
        for (const {read, answered, nowMs} of steps) {
          pipeline.receive(events.slice(at, (at += read)));
          options.join.offer(answered, noonMs);
          const commit = commitOf(pipeline, {nowMs: noonMs + nowMs});
          if (commit !== undefined) commits.push(commit);
        }
        if (commits.length === 0) return;
        const crashAt = which % commits.length;
        const {resume} = commits[crashAt]!;
        const undisturbed = [...commits, ...finish(pipeline, options, events.slice(at))];

        const nextOptions = pipelineOptions(settings);
        const next = new PartitionPipeline(nextOptions, {kind: 'recovered', commit: commits[crashAt]!});
        const afterwards = finish(
          next,
          nextOptions,
          events.filter(({sequenceNumber}) => sequenceNumber > resume.sequenceNumber),
        );
        const continued = [...commits.slice(0, crashAt + 1), ...afterwards];

        expect(sumOf(continued)).toEqual(sumOf(undisturbed));
        expect(continued.flatMap(({deadLetters}) => deadLetters)).toEqual(
          undisturbed.flatMap(({deadLetters}) => deadLetters),
        );
        expect(next).toMatchObject({openCount: 0, counts: {lost: 0}});
      },
    ),
    {numRuns: 200},
  );
});

test('what a next owner would read again begins before every open record and at least the horizon before the head', () => {
  fc.assert(
    fc.property(fc.array(event, {minLength: 1, maxLength: 25}), fc.subarray(rows), (drawn, answered) => {
      const options = pipelineOptions(settings);
      const pipeline = newPipeline(options);
      const events = eventsOf(drawn);
      pipeline.receive(events);
      options.join.offer(answered, noonMs);
      const {resume, frontier, head} = commitOf(pipeline)!;
      for (const {sequenceNumber} of recordsOf(pipeline.waiting))
        expect(frontier.sequenceNumber).toBeLessThan(sequenceNumber);
      expect(resume.sequenceNumber).toBeLessThanOrEqual(frontier.sequenceNumber);
      expect(frontier.sequenceNumber).toBeLessThanOrEqual(head.sequenceNumber);
      const again = events.filter(({sequenceNumber}) => sequenceNumber > resume.sequenceNumber);
      const wanted = events.filter(({enqueuedTimeMs}) => enqueuedTimeMs >= head.enqueuedTimeMs - 10_000);
      expect(again).toEqual(expect.arrayContaining(wanted));
    }),
  );
});
