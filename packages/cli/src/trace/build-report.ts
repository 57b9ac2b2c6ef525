import {hostOf} from '@weir/azure';
import {grains, type AggregateDelta, type DiagnosticsRow, type SourcePartition} from '@weir/pipeline';
import {workerSettings, type Config} from '@weir/worker';
import {hubConnection} from '../hub-access.ts';
import {EventReader} from '../inspect/reading.ts';
import type {AskDiagnostics} from '../sources/diagnostics.ts';
import type {Documents} from './documents.ts';
import type {EventSource} from '../sources/event-source.ts';
import {findCall} from './find-call.ts';
import {followCall, onlyWanted} from './follow-call.ts';
import type {TraceReport} from './trace-report.ts';

/**
 * Looks for the events of a request, and finds out what becomes of them.
 * @returns the report, and how many events were looked at
 */
export async function buildReport(
  requestId: string,
  {
    config,
    events,
    ask,
    documents,
    signal,
  }: {
    config: Config;
    events: EventSource;
    ask: AskDiagnostics;
    documents: Documents;
    signal: AbortSignal;
  },
): Promise<{report: TraceReport; read: number}> {
  const {partition: settings} = workerSettings(config, 'trace');
  const found = await findCall(events, {requestId, decoder: settings.decoder, signal});
  const followed = await followCall(found, {config, ask, nowMs: Date.now()});
  const rows = found.events.length > 0 ? followed.rows : await rowsAlone(requestId, {events, ask});
  const decoder = onlyWanted(settings.decoder, found.isWanted);
  const readings = new EventReader({...settings, decoder})
    .readTogether(found.events)
    .filter(({reading}) => reading.outcome !== 'skipped');
  const report: TraceReport = {
    requestId,
    events: await Promise.all(
      found.events.map(async (event, place) => ({
        partition: event.partition,
        sequenceNumber: event.sequenceNumber,
        offset: event.offset,
        enqueuedTimeMs: event.enqueuedTimeMs,
        readings: readings.filter(({at}) => at === place).map(({reading}) => reading),
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

/** A call without an event may have been answered all the same: then it is the gateway's event that is missing. */
async function rowsAlone(
  requestId: string,
  {events: {window}, ask}: {events: EventSource; ask: AskDiagnostics},
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
