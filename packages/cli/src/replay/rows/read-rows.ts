import {linesIn} from '../../sources/file-events.ts';
import type {TimeRange} from '../replay-plan.ts';
import {packRows} from './pack-rows.ts';
import {RowTable} from './row-table.ts';

const linesAtATime = 1_000;

/** The rows of a file that were generated in a range of time. @throws {ConfigurationError} and {ReplayError} */
export async function readRows(path: string, generated: TimeRange, signal: AbortSignal): Promise<RowTable> {
  const table = new RowTable();
  let lines: string[] = [];
  for await (const line of linesIn(path, '--diagnostics')) {
    lines.push(line);
    if (lines.length < linesAtATime) continue;
    signal.throwIfAborted();
    table.add(packRows(lines, generated));
    lines = [];
  }
  table.add(packRows(lines, generated));
  return table;
}
