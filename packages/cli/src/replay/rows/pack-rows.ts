import {hashId} from '@weir/pipeline';
import {rowOfLine} from '../../sources/diagnostics.ts';
import type {TimeRange} from '../replay-plan.ts';
import {wordsEach, writeRow, type PackedRows} from './row-words.ts';

/** The rows of some lines of a file that were generated in a range of time, or do not say when. */
export function packRows(lines: readonly string[], generated: TimeRange): PackedRows {
  const words = new Int32Array(lines.length * wordsEach);
  const timesMs = new Float64Array(lines.length);
  const texts: string[] = [];
  const places = new Map<string, number>();
  const placeOf = (text: string): number => {
    let place = places.get(text);
    if (place === undefined) {
      place = texts.push(text) - 1;
      places.set(text, place);
    }
    return place;
  };
  let count = 0;
  for (const line of lines) {
    const row = rowOfLine(line);
    if (row === undefined || !isWanted(row.timeGeneratedMs, generated)) continue;
    writeRow(words, count * wordsEach, {row, hash: hashId(row.requestId), placeOf});
    timesMs[count] = row.timeGeneratedMs;
    count += 1;
  }
  return {words: words.slice(0, count * wordsEach), timesMs: timesMs.slice(0, count), texts};
}

function isWanted(timeGeneratedMs: number, {fromMs, untilMs}: TimeRange): boolean {
  return timeGeneratedMs === 0 || (timeGeneratedMs >= fromMs && timeGeneratedMs < untilMs);
}
