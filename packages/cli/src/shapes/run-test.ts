import {createReadStream} from 'node:fs';
import {createDecoder, type DecodedLine, type Decoder, type DescribedRecord} from '@weir/pipeline';
import {ConfigurationError, estimateRecords} from '@weir/worker';
import {bodyLines, NotBodyLinesError, type BodyLine} from './body-lines.ts';
import {decodingFrom, type DecodingOptions} from './decoding-options.ts';
import {DescribedStream} from './described-stream.ts';
import {print} from './print.ts';
import {recordText} from './record-text.ts';
import {Tally} from './tally.ts';

/** `weir shapes test FILE` */
export async function runTest(fileName: string, options: DecodingOptions & {json?: true}): Promise<void> {
  const {json, ...decodingOptions} = options;
  const decoder = createDecoder(decodingFrom(decodingOptions));
  const described = describedRecords(fileName, decoder);
  await print(json ? jsonLines(described) : sentences(described));
}

async function* jsonLines(records: AsyncIterable<DescribedRecord>): AsyncGenerator<string> {
  for await (const record of records) yield `${JSON.stringify(record)}\n`;
}

async function* sentences(records: AsyncIterable<DescribedRecord>): AsyncGenerator<string> {
  const tally = new Tally();
  for await (const record of records) {
    tally.count(record);
    yield `${recordText(record)}\n`;
  }
  yield tally.text();
}

async function* describedRecords(fileName: string, decoder: Decoder): AsyncGenerator<DescribedRecord> {
  const stream = new DescribedStream();
  try {
    for await (const line of bodyLines(fileName === '-' ? process.stdin : createReadStream(fileName))) {
      yield* stream.add(await decodedLine(line, decoder));
    }
  } catch (error) {
    throw asUnreadable(error, fileName);
  }
  yield* stream.end();
}

/** Stands in for the enqueued time, which a file does not tell; nothing of it is shown. */
const noEnqueuedTimeMs = 0;

async function decodedLine({line, body}: BodyLine, decoder: Decoder): Promise<DecodedLine> {
  if (body === 'too long') return {line, records: [{kind: 'malformed', reason: 'too large'}]};
  return {line, records: await estimateRecords(decoder.decode(body, noEnqueuedTimeMs))};
}

/** What a person can mend about the file; a bug stays what it is. */
function asUnreadable(error: unknown, fileName: string): unknown {
  const name = fileName === '-' ? 'Standard input' : fileName;
  if (error instanceof NotBodyLinesError) {
    return new ConfigurationError([`FILE: ${name} ${error.message}.`], {cause: error});
  }
  const isOfSystem = error instanceof Error && 'syscall' in error;
  if (!isOfSystem) return error;
  return new ConfigurationError(
    [`FILE: ${name} cannot be read. Give a file with one body a line, for example events.ndjson, or -.`],
    {cause: error},
  );
}
