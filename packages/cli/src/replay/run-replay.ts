import type {ShardedView} from '@weir/pipeline';
import type {Config} from '@weir/worker';
import {hubConnection, partitionsOf} from '../hub-access.ts';
import {ProgressLine} from '../inspect/progress.ts';
import {
  checkWindows,
  generatedRange,
  openFiles,
  openService,
  type EventPlace,
  type RowPlace,
} from './places.ts';
import {ReadProgress} from './read-progress.ts';
import {replayFiles} from './replay-files.ts';
import {replayHub} from './replay-hub.ts';
import {enqueuedRange, type Margins, type ReplayPlan, type TimeRange} from './replay-plan.ts';
import {replaySettings} from './replay-settings.ts';
import {replayedViews, type ViewChoice} from './replay-views.ts';
import type {ReplayedWindow} from './replayed-window.ts';
import {Replayer, type ReplayedPart} from './replayer.ts';
import {readRows} from './rows/read-rows.ts';
import type {ConfigSource} from './threads/messages.ts';

export interface ReplayRequest {
  /** Event times. */
  readonly window: TimeRange;
  readonly events: EventPlace;
  readonly rows: RowPlace;
  readonly views: ViewChoice;
  readonly margins: Margins;
  /** `end of the log`: also what came after the margin, however late. */
  readonly readTo: 'margin' | 'end of the log';
  /** Undefined: the worker's own. */
  readonly readingGroup?: string | undefined;
  /** For files; undefined: one for each core. */
  readonly threads?: number | undefined;
}

interface Run {
  readonly config: Config;
  /** Where `config` came from, for threads. */
  readonly configSource: ConfigSource;
  readonly signal: AbortSignal;
  /** Takes a line for a person. */
  readonly tell: (line: string) => void;
}

/** The latest time there is, ms. */
const endOfTimeMs = 8.64e15;

/**
 * Counts a window anew, changing nothing anywhere.
 * @returns the window, and the views that it was counted for
 * @throws {ConfigurationError} and {ReplayError}; the errors of the services; the signal's reason
 */
export async function runReplay(
  request: ReplayRequest,
  run: Run,
): Promise<{window: ReplayedWindow; views: readonly ShardedView[]}> {
  const {config, signal, tell} = run;
  const {window, rows} = request;
  const views = replayedViews(config, request.views, {hasDiagnostics: rows.kind !== 'none'});
  checkWindows(window, {views, tell});
  const {partition: settings, dedupe} = replaySettings(config);
  const margin = enqueuedRange(window, {...settings, dedupe}, request.margins);
  const isToEnd = request.readTo === 'end of the log';
  const enqueued = isToEnd ? {...margin, untilMs: endOfTimeMs} : margin;
  const end = isToEnd ? 'the end' : isoTime(margin.untilMs);
  tell(`Reading events enqueued from ${isoTime(margin.fromMs)} to ${end}.`);
  const progress = new ReadProgress();
  const line = new ProgressLine(() => progress.state());
  try {
    const {part, areBare} = await readAll(request, {...run, plan: {window, enqueued, views}, progress});
    return {window: {...window, ...part, ...(areBare && {read: undefined})}, views};
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    line.close();
  }
}

async function readAll(
  {events, rows, readingGroup, threads}: ReplayRequest,
  {config, configSource, plan, progress, signal, tell}: Run & {plan: ReplayPlan; progress: ReadProgress},
): Promise<{part: ReplayedPart; areBare: boolean}> {
  const {ask, serviceOffsetMs} = await openService(rows, {config, signal, tell});
  const {enqueued} = plan;
  const generated = generatedRange(plan);
  if (events.kind !== 'eventhubs') {
    const source = await openFiles(events, {range: enqueued, signal});
    const start = {config: configSource, plan, generated, serviceOffsetMs};
    const from = rows.kind === 'ndjson' ? {file: rows.path} : rows.kind === 'none' ? 'none' : 'asked';
    return replayFiles({source, rows: from, start, ask, progress, threads}, signal);
  }
  const settings = replaySettings(config);
  const from =
    rows.kind === 'ndjson'
      ? await readRows(rows.path, generated, signal)
      : rows.kind === 'none'
        ? 'none'
        : 'asked';
  const replayer = new Replayer(plan, {settings, rows: from});
  const connection = hubConnection(config, {consumerGroup: readingGroup});
  const {facts} = await partitionsOf(connection, {partition: undefined, signal});
  const serviceNowMs = (): number => Date.now() + serviceOffsetMs;
  const hub = {connection, facts, enqueued, replayer, ask, serviceNowMs, progress, tell};
  return {part: await replayHub(hub, signal), areBare: false};
}

function isoTime(ms: number): string {
  // Most are whole seconds, and lines have 80 columns.
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}
