import {count} from '../../count-text.ts';
import {exitCodes} from '../../exit-codes.ts';
import {findLetters} from '../../dead-letters/stored-letters.ts';
import type {CompareRequest} from '../compare/run-compare.ts';
import {reportOnce} from '../compare/report-once.ts';
import {openWindowPorts} from '../compare/open-window-ports.ts';
import {windowSettings} from '../compare/window-ports.ts';
import {lettersCounted} from './letters-counted.ts';
import {rebuildJson, rebuildText} from './rebuild-text.ts';
import type {Rebuild} from './rebuild-tally.ts';
import {rebuildWindow} from './rebuild-window.ts';

export interface WriteRequest extends CompareRequest {
  /** Whether a window may have fewer requests afterwards than before. */
  readonly shrinking: 'refused' | 'allowed';
  /** `look`: nothing is written, and nobody is asked. */
  readonly mode: 'look' | 'write';
  readonly confirm: (question: string) => Promise<'yes' | 'no' | 'cannot ask'>;
}

/**
 * `weir replay --write`: shows what would be rebuilt, asks, and rebuilds the documents of the window, safely beside
 * running workers.
 * @returns the exit code: 1 where a window is left as it is, or the answer was no; 2 where nobody could be asked
 * @throws {StartUpError}, {ServiceUnreachableError} and the services' own errors
 */
export async function runWrite(request: WriteRequest): Promise<number> {
  const {window, config, views, readingGroup, signal, shrinking, mode, tell, confirm} = request;
  const open = openWindowPorts(config, {readingGroup});
  const {ports} = open;
  try {
    const settings = windowSettings(config, views);
    const found = await findLetters(config, {filter: {which: 'open'}, signal});
    const letters = lettersCounted(found.letters, window);
    const common = {ports, settings, shrinking, letters, signal, report: reportOnce(tell)};
    const planned = await rebuildWindow(window, {...common, mode: 'look'});
    if (mode === 'look' || planned.documents.length === 0) return printed(planned, request, 'to do');
    if (request.format === 'text') request.print(`${rebuildText(planned, 'to do')}\n`);
    const answer = await confirm(`This changes ${count(planned.documents.length, 'document')} as described.`);
    if (answer === 'cannot ask') {
      tell('weir: nothing was changed. Add --yes to go on without a terminal to ask on.');
      return exitCodes.usage;
    }
    if (answer === 'no') {
      tell('Nothing was changed.');
      return exitCodes.failed;
    }
    await open.beforeWriting();
    return printed(await rebuildWindow(window, {...common, mode: 'write'}), request, 'done');
  } finally {
    await open.close();
  }
}

function printed(rebuild: Rebuild, {format, print}: WriteRequest, tense: 'to do' | 'done'): number {
  print(format === 'json' ? `${JSON.stringify(rebuildJson(rebuild, tense))}\n` : rebuildText(rebuild, tense));
  return rebuild.refused.length === 0 ? exitCodes.done : exitCodes.failed;
}
