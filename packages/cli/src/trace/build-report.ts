import {hostOf} from '@weir/azure';
import {grains, type AggregateDelta, type DiagnosticsRow, type SourcePartition} from '@weir/pipeline';
import {workerSettings, type Config} from '@weir/worker';
import {hubConnection} from '../hub-access.ts';
import {EventReader, type Reading} from '../inspect/reading.ts';
import type {AskDiagnostics} from '../sources/diagnostics.ts';
import type {Documents} from './documents.ts';
import type {EventSource} from '../sources/event-source.ts';
import {decoded, withEstimates} from './call-tokens.ts';
import {findCall} from './find-call.ts';
import {followCall} from './follow-call.ts';
import type {TokensNote} from './tokens-note.ts';
import type {TraceReport} from './trace-report.ts';

/**
 * Looks for the events of a request, and finds out what becomes of them.
 * @returns the report, and how many events were looked at
 */
export async function buildReport(
  requestId: string,
  {
    config,
    source,
    ask,
    documents,
    signal,
  }: {
    config: Config;
    source: EventSource;
    ask: AskDiagnostics;
    documents: Documents;
    signal: AbortSignal;
  },
): Promise<{report: TraceReport; read: number}> {
  const texts = config.tokens.estimate ? 'kept' : 'ignored';
  const {partition: settings, dedupe} = workerSettings(config, 'trace', texts);
  const {decoder, assign} = settings;
  const found = await findCall(source, {requestId, decoder, horizonMs: dedupe.horizonMs, signal});
  const events = await Promise.all(found.events.map(withEstimates));
  const followed = await followCall(events, {config, ask, nowMs: Date.now()});
  const rows = events.length > 0 ? followed.rows : await rowsAlone(requestId, {source, ask});
  const readings = new EventReader({decoder: decoded, assign})
    .readTogether(events.map(({records, enqueuedTimeMs}) => ({body: records, enqueuedTimeMs})))
    .filter(({reading}) => reading.outcome !== 'skipped');
  const report: TraceReport = {
    requestId,
    events: await Promise.all(
      events.map(async (event, place) => ({
        partition: event.partition,
        sequenceNumber: event.sequenceNumber,
        offset: event.offset,
        enqueuedTimeMs: event.enqueuedTimeMs,
        readings: readings
          .filter(({at}) => at === place)
          .map(({index, reading}) => ({reading, note: noteOf(reading, event.notes.get(index))})),
        readUpTo: await documents.readUpTo(sourcePartition(config, event.partition)),
      })),
    ),
    duplicates: followed.duplicates,
    deadLetters: followed.deadLetters,
    rows,
    join: followed.join,
    documents: await Promise.all(
      inOrder(followed.deltas, config).map(async (delta) => ({
        delta,
        state: await documents.state(delta.target),
      })),
    ),
  };
  return {report, read: found.read};
}

/** What is not known needs no saying, but for the reason. */
function noteOf({event}: Reading, note: TokensNote | undefined): TokensNote | undefined {
  const isUnknown = event === null || event.tokenSource === 'unknown';
  return isUnknown === (note?.kind === 'texts masked') ? note : undefined;
}

/** A call without an event may have been answered all the same: then it is the gateway's event that is missing. */
async function rowsAlone(
  requestId: string,
  {source: {window}, ask}: {source: EventSource; ask: AskDiagnostics},
): Promise<readonly DiagnosticsRow[]> {
  if (window === undefined) return [];
  const answer = await ask({ids: [requestId], fromMs: window.fromMs, toMs: window.untilMs});
  return answer.kind === 'rows' ? answer.rows : [];
}

/** As the configuration lists views, the finest window first. */
function inOrder(deltas: readonly AggregateDelta[], {views}: Config): AggregateDelta[] {
  const place = ({target}: AggregateDelta): number =>
    views.findIndex(({name}) => name === target.view) * grains.length + grains.indexOf(target.grain);
  return deltas.toSorted((a, b) => place(a) - place(b));
}

function sourcePartition(config: Config, partitionId: string): SourcePartition {
  const {hub, consumerGroup: group} = config.eventHubs;
  return {namespace: hostOf(hubConnection(config)), hub, group, partitionId};
}
