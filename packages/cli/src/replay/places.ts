import {grains, type ShardedView} from '@weir/pipeline';
import {
  ConfigurationError,
  generatedAfterMs,
  generatedBeforeMs,
  lazyIdentity,
  openLogAnalytics,
  systemClock,
  type Config,
} from '@weir/worker';
import {askService, serviceClockOffsetMs} from './ask-service.ts';
import type {AskRows} from './asked-rows.ts';
import {captureFiles} from './capture/capture-files.ts';
import {capturePathReader} from './capture/capture-path.ts';
import type {FileSource} from './replay-files.ts';
import type {ReplayPlan, TimeRange} from './replay-plan.ts';
import {hasWholeWindow} from './replay-views.ts';

/** Where events are. */
export type EventPlace = {readonly kind: 'eventhubs'} | FilePlace;
export type FilePlace =
  | {readonly kind: 'ndjson'; readonly path: string}
  | {readonly kind: 'capture'; readonly path: string; readonly format: string};

/** Where diagnostics are; `none`: only arrival views are counted. */
export type RowPlace =
  | {readonly kind: 'loganalytics'}
  | {readonly kind: 'ndjson'; readonly path: string}
  | {readonly kind: 'none'};

/** @throws {ConfigurationError} and {ReplayError} */
export async function openFiles(
  place: FilePlace,
  {range, signal}: {range: TimeRange; signal: AbortSignal},
): Promise<FileSource> {
  if (place.kind === 'ndjson') return place;
  const {path, format} = place;
  const pathOf = capturePathReader(format);
  if (pathOf === undefined) {
    throw new ConfigurationError([
      `--capture-format: ${format} does not say which partition a file is of. Name it {PartitionId}, and everything else as Event Hubs Capture does, for example {Namespace}/{EventHub}/{PartitionId}/{Year}/{Month}/{Day}/{Hour}/{Minute}/{Second}.`,
    ]);
  }
  return {kind: 'capture', files: await captureFiles(path, {range, pathOf, format, signal})};
}

/** How Log Analytics is asked, and its clock less the local one, ms; of nothing where nobody asks it. */
export async function openService(
  rows: RowPlace,
  {config, signal, tell}: {config: Config; signal: AbortSignal; tell: (line: string) => void},
): Promise<{ask: AskRows; serviceOffsetMs: number}> {
  if (rows.kind !== 'loganalytics') return {ask: async () => [], serviceOffsetMs: 0};
  // Once is enough: a long window is throttled often, and goes on.
  let isTold = false;
  const onRetry = (cause: string): void => {
    if (!isTold) tell(`Log Analytics does not answer (${cause}). It is asked again for some minutes.`);
    isTold = true;
  };
  const access = {
    source: openLogAnalytics(config, lazyIdentity()),
    concurrency: config.lookup.concurrency,
    signal,
    sleep: (ms: number, until: AbortSignal) => systemClock.sleep(ms, until),
    onRetry,
  };
  return {ask: askService(access), serviceOffsetMs: await serviceClockOffsetMs(access)};
}

/** When the rows of the window's events are generated, as the worker's sweep asks for them. */
export function generatedRange({window, enqueued}: ReplayPlan): TimeRange {
  return {
    fromMs: Math.min(window.fromMs, enqueued.fromMs) - generatedBeforeMs,
    untilMs: Math.max(window.untilMs, enqueued.untilMs) + generatedAfterMs,
  };
}

/**
 * Tells which windows are left out, because they reach beyond what was asked for.
 * @throws {ConfigurationError} where that is all of them
 */
export function checkWindows(
  window: TimeRange,
  {views, tell}: {views: readonly ShardedView[]; tell: (line: string) => void},
): void {
  const wanted = grains.filter((grain) => views.some(({windows}) => windows.includes(grain)));
  const without = wanted.filter((grain) => !hasWholeWindow(grain, window));
  const names = without.join(' or ');
  if (without.length < wanted.length) {
    if (without.length > 0) tell(`No window of ${names} lies whole in that time: these are left out.`);
    return;
  }
  throw new ConfigurationError([
    `--from, --to: no window of ${names} lies whole between them. Windows begin at whole multiples of their size, in UTC.`,
  ]);
}
