import type {DiagnosticsRow, Measures} from '@weir/pipeline';
import type {JoinJudgement} from './follow-call.ts';
import {noteJson} from './tokens-note.ts';
import type {TraceReport} from './trace-report.ts';

/** As programs read it. */
export function traceJson(report: TraceReport): unknown {
  const {requestId, events, duplicates, deadLetters, rows, join, documents} = report;
  return {
    requestId,
    events: events.map(({enqueuedTimeMs, readings, readUpTo, ...place}) => ({
      ...place,
      enqueuedTime: iso(enqueuedTimeMs),
      readings: readings.map(({reading, note}) => ({
        ...reading,
        ...(note !== undefined && {tokensNote: noteJson(note)}),
      })),
      worker:
        readUpTo === undefined
          ? null
          : {headSequenceNumber: readUpTo.sequenceNumber, updatedAt: readUpTo.updatedAt},
    })),
    duplicates,
    deadLetters: deadLetters.map(({reason, layer, sequenceNumber, index}) => ({
      reason,
      layer,
      sequenceNumber,
      index,
    })),
    diagnostics: rows.map(rowJson),
    join: joinJson(join),
    documents: documents.map(({delta: {target, measures}, state}) => ({
      id: target.id,
      pk: target.pk,
      view: target.view,
      grain: target.grain,
      windowStart: iso(target.windowStartMs),
      adds: addsJson(measures),
      state: state.kind,
      ...(state.kind === 'there' && {requests: state.requests, updatedAt: state.updatedAt}),
      ...(state.kind === 'no answer' && {cause: state.cause}),
    })),
  };
}

const addedFields = [
  'requests',
  'matched',
  'unmatched',
  'promptTokens',
  'completionTokens',
  'totalTokens',
  'requestsTokensReported',
  'requestsTokensEstimated',
  'requestsTokensUnknown',
] as const;

function addsJson(measures: Measures): unknown {
  return Object.fromEntries(addedFields.map((field) => [field, measures[field]]));
}

function rowJson({timeGeneratedMs, durationMs, ...row}: DiagnosticsRow): unknown {
  return {...row, timeGenerated: iso(timeGeneratedMs), durationMs: durationMs ?? null};
}

function joinJson(join: JoinJudgement): unknown {
  switch (join.kind) {
    case 'matched':
      return {outcome: 'matched', row: rowJson(join.row)};
    case 'waiting':
      return {outcome: 'waiting', deadline: iso(join.deadlineMs)};
    case 'could not ask':
      return {outcome: 'could not ask', cause: join.cause};
    case 'unmatched':
    case 'no id':
    case 'in parts':
    case 'none':
      return {outcome: join.kind};
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
