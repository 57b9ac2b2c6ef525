import {
  betterRow,
  LookupJoin,
  PartitionPipeline,
  startMark,
  type AggregateDelta,
  type DeadLetter,
  type DiagnosticsRow,
  type ReceivedEvent,
} from '@weir/pipeline';
import {workerSettings, type Config} from '@weir/worker';
import type {AskDiagnostics} from '../sources/diagnostics.ts';
import {asReceived, decoded} from './call-tokens.ts';
import type {FoundEvent} from './find-call.ts';

/** What becomes of the call, as the worker would judge it now. */
export interface FollowedCall {
  readonly join: JoinJudgement;
  /** Every row there is for the id. */
  readonly rows: readonly DiagnosticsRow[];
  /** The documents it goes into, and what it adds to each. */
  readonly deltas: readonly (AggregateDelta & {readonly partition: string})[];
  readonly deadLetters: readonly DeadLetter[];
  /** Repeats that are dropped. */
  readonly duplicates: number;
}

export type JoinJudgement =
  | {readonly kind: 'matched'; readonly row: DiagnosticsRow}
  /** Until this time, ms. */
  | {readonly kind: 'waiting'; readonly deadlineMs: number}
  | {readonly kind: 'unmatched'}
  | {readonly kind: 'could not ask'; readonly cause: string}
  /** Its shape has no id to join by; it counts as unmatched. */
  | {readonly kind: 'no id'}
  /** What else is told of the call is waited for first, for `join.mergeWait`. */
  | {readonly kind: 'in parts'}
  /** It was set aside. */
  | {readonly kind: 'none'};

/** Far above the events of one call. */
const waitingMax = 1_000;

/** Leads the events of one call, and nothing else, through the pipeline of the worker. */
export async function followCall(
  events: readonly FoundEvent[],
  {config, ask, nowMs}: {config: Config; ask: AskDiagnostics; nowMs: number},
): Promise<FollowedCall> {
  const {partition: settings, dedupe, lookup} = workerSettings(config, 'trace');
  const join = new LookupJoin(lookup);
  const received = Map.groupBy(events.map(asReceived), ({partition}) => partition);
  const pipelines = [...received].map(([partition, own]) => {
    const options = {
      ...settings,
      dedupe,
      join,
      decoder: decoded,
      carryBytesMax: settings.commitBytesMax,
    };
    const pipeline = new PartitionPipeline(options, {
      kind: 'new',
      lineage: '',
      hubCreatedAt: '',
      at: startMark,
    });
    // Read when they came, so that a part of a call that has waited since then waits no longer.
    pipeline.passTime(own.at(-1)!.enqueuedTimeMs);
    readAll(pipeline, own);
    pipeline.passTime(nowMs);
    pipeline.idle(nowMs);
    return {partition, pipeline};
  });
  const asked = await askForAll(join, {
    pipelines: pipelines.map(({pipeline}) => pipeline),
    ask,
    nowMs,
    deadlineMs: lookup.deadlineMs,
  });
  const commits = pipelines.map(({partition, pipeline}) => {
    const taken = pipeline.takeCommit({nowMs, author: '', carries: 'hand over'});
    return {partition, commit: taken?.commit};
  });
  return {
    ...asked,
    deltas: commits.flatMap(({partition, commit}) =>
      (commit?.deltas ?? []).map((delta) => ({...delta, partition})),
    ),
    deadLetters: commits.flatMap(({commit}) => commit?.deadLetters ?? []),
    duplicates: pipelines.reduce((sum, {pipeline}) => sum + pipeline.counts.duplicates, 0),
  };
}

/** The events in between are not of this call. */
function readAll(pipeline: PartitionPipeline, events: readonly ReceivedEvent[]): void {
  for (let from = 0; ;) {
    const jump = pipeline.receive(events, from);
    if (jump === undefined) return;
    pipeline.acceptGap(jump.gap);
    from = jump.consumed;
  }
}

/** A sweep, as the worker does one: it settles what is answered, and what is past its deadline. */
async function askForAll(
  join: LookupJoin,
  {
    pipelines,
    ask,
    nowMs,
    deadlineMs,
  }: {
    pipelines: readonly PartitionPipeline[];
    ask: AskDiagnostics;
    nowMs: number;
    deadlineMs: number;
  },
): Promise<Pick<FollowedCall, 'join' | 'rows'>> {
  const slots = pipelines.flatMap(({waiting}) =>
    join.due(waiting, {enqueuedUntilMs: Infinity, nowMs: Infinity, max: waitingMax}),
  );
  if (slots.length === 0) {
    if (pipelines.some(({halvesWaiting}) => halvesWaiting > 0)) return {join: {kind: 'in parts'}, rows: []};
    return {join: {kind: pipelines.some(({counts}) => counts.noId > 0) ? 'no id' : 'none'}, rows: []};
  }
  const query = join.ask(slots);
  const answer = await ask(query);
  if (answer.kind === 'failed') {
    join.notSwept(slots);
    return {join: {kind: 'could not ask', cause: answer.cause}, rows: []};
  }
  const {rows} = answer;
  const enqueuedMs = Math.max(...slots.map((slot) => join.records.columns.enqueuedTimeMs(slot)));
  join.swept(slots, rows, nowMs, nowMs);
  const [first, ...others] = rows;
  if (join.counts.matched > 0 && first !== undefined) {
    return {join: {kind: 'matched', row: others.reduce(betterRow, first)}, rows};
  }
  if (join.counts.neverCame > 0) return {join: {kind: 'unmatched'}, rows};
  return {join: {kind: 'waiting', deadlineMs: enqueuedMs + deadlineMs}, rows};
}
