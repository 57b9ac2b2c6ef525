import {grainMs, grains} from '@weir/pipeline';
import {isLoopbackHost} from './endpoints.ts';
import {sweepAfterDefaultMs} from './join.ts';
import type {Settings} from './settings.ts';
import {durationText} from './values.ts';

/** One relation between settings that does not hold, as a line for the operator. */
interface Relation {
  readonly broken: boolean;
  readonly text: string;
}

/** More queries of one identity are queued: https://learn.microsoft.com/azure/azure-monitor/service-limits */
const queriesOfOneIdentity = 5;

const guid = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;

/** Relations without which nothing could work. Small timings are fine, as long as they fit each other. */
export function impossibleRelations(settings: Settings): string[] {
  const {join, ownership, flush, eventHubs, logAnalytics} = settings;
  const sweepAfterMs = join.sweepAfterMs ?? sweepAfterDefaultMs.withFeed;
  const sweepsMs = sweepAfterMs + join.sweepIntervalMs;
  const entityPath = eventHubs.connectionString?.entityPath;
  const onLoopback = isLoopbackEndpoint(logAnalytics.endpoint);
  return broken([
    {
      broken: join.deadlineMs < sweepsMs,
      text: `WEIR_JOIN_DEADLINE (join.deadline) is ${durationText(join.deadlineMs)}, less than join.sweepAfter ${durationText(sweepAfterMs)} plus join.sweepInterval ${durationText(join.sweepIntervalMs)}, for example ${durationText(sweepsMs)}.`,
    },
    {
      broken: ownership.expiryMs < 2 * ownership.intervalMs,
      text: `WEIR_OWNERSHIP_EXPIRY (ownership.expiry) is ${durationText(ownership.expiryMs)}, less than twice ownership.interval, for example ${durationText(6 * ownership.intervalMs)}.`,
    },
    {
      broken: flush.intervalMs > join.deadlineMs,
      text: `WEIR_FLUSH_INTERVAL (flush.interval) is ${durationText(flush.intervalMs)}, more than join.deadline ${durationText(join.deadlineMs)}, for example 10s.`,
    },
    {
      broken: entityPath !== undefined && eventHubs.hub !== undefined && entityPath !== eventHubs.hub,
      text: `EVENT_HUB_NAME is ${JSON.stringify(eventHubs.hub)}, but EntityPath in the connection string is another hub; leave one of them out.`,
    },
    {
      broken: !onLoopback && (logAnalytics.workspaceIds ?? []).some((id) => !guid.test(id)),
      text: 'LOG_ANALYTICS_WORKSPACE_ID holds an id that is not a GUID, for example 11111111-2222-3333-4444-555555555555.',
    },
  ]);
}

/** Relations that make sense on most days; a worker starts without them and says so. */
export function doubtfulRelations(settings: Settings): string[] {
  const {join, dedupe, flush, refreshMs, retentionMs, assign, lookup, eventHubs, storage, cosmos, views} =
    settings;
  const sweepAfterMs = join.sweepAfterMs ?? sweepAfterDefaultMs.withFeed;
  const perGrain = grains.flatMap((grain): Relation[] => {
    const kept = retentionMs[grain];
    return [
      {
        broken: refreshMs[grain] < flush.intervalMs,
        text: `refresh.${grain} is less than flush.interval, so documents are written at each flush only.`,
      },
      {
        broken: refreshMs[grain] > grainMs[grain],
        text: `refresh.${grain} is longer than its window, so reports see a window only after its end.`,
      },
      {
        broken: kept !== undefined && kept < join.deadlineMs,
        text: `retention.${grain} is less than join.deadline, so documents go before their latencies come.`,
      },
      {
        broken: kept !== undefined && assign.lateMaxMs !== undefined && kept < assign.lateMaxMs,
        text: `retention.${grain} is less than assign.lateMax, so the latest events are counted as expired.`,
      },
    ];
  });
  return broken([
    {
      broken: join.waitMaxMs < join.deadlineMs,
      text: 'join.waitMax is less than join.deadline, so an outage of Log Analytics makes events unmatched early.',
    },
    {
      broken: sweepAfterMs < join.settleMs + join.feedIntervalMs,
      text: 'join.sweepAfter is less than join.settle plus join.feedInterval, so ids are asked for before the feed could answer.',
    },
    {
      broken: join.mergeWaitMs > join.deadlineMs,
      text: 'join.mergeWait is more than join.deadline, so a half may wait longer than its diagnostics.',
    },
    {
      broken: join.mergeWaitMs > dedupe.horizonMs,
      text: 'join.mergeWait is more than dedupe.horizon, so a half that comes after its call counted may be taken for another call.',
    },
    {
      broken: lookup.concurrency > queriesOfOneIdentity,
      text: `lookup.concurrency is more than ${queriesOfOneIdentity}, which is what Log Analytics runs at a time for one identity.`,
    },
    ...perGrain,
    {
      broken: eventHubs.connectionString !== undefined && eventHubs.namespace !== undefined,
      text: 'EVENT_HUBS_NAMESPACE is not used, because EVENT_HUBS_CONNECTION_STRING is set.',
    },
    {
      broken: storage.connectionString !== undefined && storage.accountUrl !== undefined,
      text: 'STORAGE_ACCOUNT_URL is not used, because STORAGE_CONNECTION_STRING is set.',
    },
    {
      broken: isLoopbackEndpoint(cosmos.endpoint) && cosmos.key === undefined,
      text: 'COSMOS_KEY is not set for a loopback endpoint, where an Entra identity is rarely known.',
    },
    {
      broken: !views.some(({on}) => on === 'resolved'),
      text: 'No view is on: resolved, so what diagnostics know is in no document.',
    },
  ]);
}

function broken(relations: readonly Relation[]): string[] {
  return relations.filter(({broken}) => broken).map(({text}) => text);
}

function isLoopbackEndpoint(url: string | undefined): boolean {
  return url !== undefined && isLoopbackHost(new URL(url).hostname);
}
