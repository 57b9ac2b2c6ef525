import {readExportedRow} from '@weir/azure';
import type {DiagnosticsRow, DiagnosticsSource, LookupAnswer} from '@weir/pipeline';
import {causeOf, generatedAfterMs, generatedBeforeMs} from '@weir/worker';
import {linesIn} from './file-events.ts';

/** Rows of these ids; `failed` where there is no complete answer. */
export type AskDiagnostics = (query: {
  ids: readonly string[];
  fromMs: number;
  toMs: number;
}) => Promise<
  | {readonly kind: 'rows'; readonly rows: readonly DiagnosticsRow[]}
  | {readonly kind: 'failed'; readonly cause: string}
>;

/** A service that is busy is asked so often, with these waits at most. */
const tries = 3;
const retryMs = 2_000;
const retryAfterMsMax = 20_000;

/** Asks the service that the worker asks. */
export function askService(
  source: DiagnosticsSource,
  {signal, sleep}: {signal: AbortSignal; sleep: (ms: number, signal: AbortSignal) => Promise<void>},
): AskDiagnostics {
  return async ({ids, fromMs, toMs}) => {
    for (let tried = 1; ; tried += 1) {
      const query = {ids, fromMs: fromMs - generatedBeforeMs, toMs: toMs + generatedAfterMs};
      const answer = await source.byIds(query, signal);
      if (answer.kind === 'complete') return {kind: 'rows', rows: answer.rows};
      const waitMs = retryAfter(answer);
      if (waitMs === undefined || tried === tries) return {kind: 'failed', cause: causeOf(answer)};
      await sleep(waitMs, signal);
      signal.throwIfAborted();
    }
  };
}

/** Looks the ids up in a file of rows, a line each. */
export function askFile(path: string): AskDiagnostics {
  return async ({ids}) => {
    const wanted = new Set(ids);
    const rows: DiagnosticsRow[] = [];
    for await (const line of linesIn(path, '--diagnostics')) {
      const row = rowOfLine(line);
      if (row !== undefined && wanted.has(row.requestId)) rows.push(row);
    }
    return {kind: 'rows', rows};
  };
}

export const askNobody: AskDiagnostics = async () => ({kind: 'failed', cause: 'no --diagnostics were given'});

/** The row of one line of a file; undefined for a line that is none. */
export function rowOfLine(line: string): DiagnosticsRow | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? readExportedRow({...value}) : undefined;
  } catch {
    // A line that is no row answers nothing.
    return undefined;
  }
}

type Incomplete = Exclude<LookupAnswer, {readonly kind: 'complete'}>;

/** Undefined where asking again is no use. */
function retryAfter(answer: Incomplete): number | undefined {
  switch (answer.kind) {
    case 'throttled':
      return Math.min(answer.retryAfterMs ?? retryMs, retryAfterMsMax);
    case 'unavailable':
    case 'partial':
      return retryMs;
    case 'tooSlow':
    case 'forbidden':
      return undefined;
  }
}
