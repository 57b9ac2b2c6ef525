import {eventOfLine} from '../../sources/file-events.ts';

const beginnings = ['{"partition":"', '{"partitionId":"'].map((text) => Buffer.from(text));
/** Partition ids are numbers below 2,000. */
const idLengthMax = 8;
const quote = 34;

/** The partition of a line of a file of events: read off its beginning where it begins with it, as files of ours do. */
export function partitionOfLine(line: Buffer): string {
  for (const beginning of beginnings) {
    if (line.length < beginning.length || beginning.compare(line, 0, beginning.length) !== 0) continue;
    const end = line.indexOf(quote, beginning.length);
    if (end > 0 && end - beginning.length <= idLengthMax)
      return line.toString('latin1', beginning.length, end);
  }
  return eventOfLine(line.toString('utf8'), {line: 0, bareEnqueuedMs: 0}).partition;
}
