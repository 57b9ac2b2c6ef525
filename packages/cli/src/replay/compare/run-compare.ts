import type {ShardedView} from '@weir/pipeline';
import type {Config} from '@weir/worker';
import {exitCodes} from '../../exit-codes.ts';
import type {ReplayedWindow} from '../replayed-window.ts';
import {compareWindow} from './compare-window.ts';
import {hasDifference} from './comparison.ts';
import {comparisonJson, comparisonText} from './comparison-text.ts';
import {reportOnce} from './report-once.ts';
import {openWindowPorts} from './open-window-ports.ts';
import {windowSettings} from './window-ports.ts';

export interface CompareRequest {
  readonly window: ReplayedWindow;
  /** Needs Event Hubs, storage and Cosmos DB; with the worker's consumer group, whose journals are read. */
  readonly config: Config;
  /** The configured views that were replayed; an ad-hoc view has no documents. */
  readonly views: readonly ShardedView[];
  /** The consumer group to read events in beside a worker; undefined: the worker's own. */
  readonly readingGroup: string | undefined;
  readonly format: 'text' | 'json';
  readonly signal: AbortSignal;
  /** Results. */
  readonly print: (text: string) => void;
  /** Progress, a line each. */
  readonly tell: (text: string) => void;
}

/**
 * `weir replay --compare`: compares a replayed window with Cosmos DB and prints what differs. Changes nothing.
 * @returns the exit code: 1 where a document differs; what cannot be compared yet is no difference
 * @throws {ServiceUnreachableError} and the services' own errors
 */
export async function runCompare(request: CompareRequest): Promise<number> {
  const {window, config, views, readingGroup, format, signal, print, tell} = request;
  const open = openWindowPorts(config, {readingGroup});
  const {ports} = open;
  try {
    const settings = windowSettings(config, views);
    const comparison = await compareWindow(window, {ports, settings, signal, report: reportOnce(tell)});
    print(format === 'json' ? `${JSON.stringify(comparisonJson(comparison))}\n` : comparisonText(comparison));
    return hasDifference(comparison) ? exitCodes.failed : exitCodes.done;
  } finally {
    await open.close();
  }
}
