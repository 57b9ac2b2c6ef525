import type {StoredAggregate} from '@weir/azure';
import type {ReplayedWindow} from '../replayed-window.ts';
import type {Comparison} from './comparison.ts';
import {Comparing, type CompareOptions} from './comparing.ts';
import {readRun} from './read-run.ts';
import {byWindow, windowRuns, type WindowRun} from './view-windows.ts';

/** Readings of documents that change while they are compared; a worker writes a window of the past rarely. */
const readingsMax = 5;

/**
 * Compares what Cosmos DB holds with what a replay says, document by document. Where something differs, the documents
 * are read, then the journals, then the documents again: only where these have not changed in between can the journals
 * say whether anything is pending for them. Changes nothing.
 * @throws {ServiceUnreachableError} and the services' own errors
 */
export async function compareWindow(window: ReplayedWindow, options: CompareOptions): Promise<Comparison> {
  const {fromMs, untilMs} = window;
  const documents = byWindow(window.documents);
  const runs = windowRuns(options.settings.views, {fromMs, untilMs, documents});
  const comparing = new Comparing({window, documents}, options);
  const first = new Map<WindowRun, ReadonlyMap<string, StoredAggregate>>();
  for (const run of runs) {
    const stored = await readRun(run, options.ports, options.signal);
    // What agrees needs no second look; what was read of it is not kept.
    if (comparing.agrees(run, stored)) comparing.takeSame(run, stored);
    else first.set(run, stored);
  }
  for (let readings = 1; first.size > 0; readings += 1) {
    const touches = await comparing.touches();
    for (const [run, before] of first) {
      const stored = await readRun(run, options.ports, options.signal);
      const isSettled = isUnchanged(before, stored);
      if (isSettled || readings === readingsMax) {
        comparing.take(run, {stored, touches: isSettled ? touches : 'not settled'});
        first.delete(run);
      } else first.set(run, stored);
    }
  }
  return comparing.result();
}

function isUnchanged(
  before: ReadonlyMap<string, StoredAggregate>,
  now: ReadonlyMap<string, StoredAggregate>,
): boolean {
  return before.size === now.size && [...now].every(([id, {etag}]) => before.get(id)?.etag === etag);
}
