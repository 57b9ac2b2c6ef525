import {
  betterRow,
  LookupJoin,
  PartitionPipeline,
  startMark,
  type AggregateDelta,
  type DeadLetter,
  type Decoder,
  type DiagnosticsRow,
} from '@weir/pipeline';
import {workerSettings, type Config} from '@weir/worker';
import type {SourceEvent} from '../sources/event-source.ts';
import type {FoundCall} from './find-call.ts';
import type {AskDiagnostics} from '../sources/diagnostics.ts';

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
  /** It was set aside. */
  | {readonly kind: 'none'};

/** Far above the events of one call. */
const waitingMax = 1_000;

/** Leads the events of one call, and nothing else, through the pipeline of the worker. */
export async function followCall(
  {events, isWanted}: FoundCall,
  {config, ask, nowMs}: {config: Config; ask: AskDiagnostics; nowMs: number},
): Promise<FollowedCall> {
  const {partition: settings, dedupe, lookup} = workerSettings(config, 'trace');
  const join = new LookupJoin(lookup);
  const pipelines = [...Map.groupBy(events, ({partition}) => partition)].map(([partition, own]) => {
    const options = {
      ...settings,
      dedupe,
      join,
      decoder: onlyWanted(settings.decoder, isWanted),
      carryBytesMax: settings.commitBytesMax,
    };
    const pipeline = new PartitionPipeline(options, {
      kind: 'new',
      lineage: '',
      hubCreatedAt: '',
      at: startMark,
    });
    pipeline.passTime(nowMs);
    readAll(pipeline, own);
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
function readAll(pipeline: PartitionPipeline, events: readonly SourceEvent[]): void {
  for (let from = 0; ;) {
    const jump = pipeline.receive(events, from);
    if (jump === undefined) return;
    pipeline.acceptGap(jump.gap);
    from = jump.consumed;
  }
}

/** Other records of the same bodies are passed over; each keeps its place. */
export function onlyWanted(decoder: Decoder, isWanted: FoundCall['isWanted']): Decoder {
  return {
    decode: (body, enqueuedTimeMs) =>
      decoder
        .decode(body, enqueuedTimeMs)
        .map((record) => (isWanted(record) ? record : {kind: 'skipped', shape: 'another call'})),
  };
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
