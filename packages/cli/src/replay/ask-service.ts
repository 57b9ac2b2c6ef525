import type {DiagnosticsRow, DiagnosticsSource, LookupAnswer} from '@weir/pipeline';
import {causeOf, generatedAfterMs, generatedBeforeMs} from '@weir/worker';
import pLimit from 'p-limit';
import type {AskRows, RowsQuery} from './asked-rows.ts';
import {ReplayError} from './replay-error.ts';

/** A service that is busy or away is asked so often for one thing: some four minutes. */
const tries = 8;
const retryMs = 5_000;
/** As Log Analytics says at most where its budget of 30 s is used up; anything longer is asked for sooner. */
const retryAfterMsMax = 60_000;

export interface ServiceAccess {
  readonly source: DiagnosticsSource;
  /** Queries under way, all threads together. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Takes why the service is asked again, each time. */
  readonly onRetry: (cause: string) => void;
}

/**
 * Asks Log Analytics as the worker's sweep does: what is cut or too slow is asked for in halves, and a throttled query waits
 * as long as it is told. The result rejects with {@link ReplayError} where there is no answer at last.
 */
export function askService(access: ServiceAccess): AskRows {
  const limit = pLimit(access.concurrency);
  const ask = async ({ids, fromMs, toMs}: RowsQuery): Promise<readonly DiagnosticsRow[]> => {
    const query = {ids, fromMs: fromMs - generatedBeforeMs, toMs: toMs + generatedAfterMs};
    const answer = await persist(access, () => limit(() => access.source.byIds(query, access.signal)));
    if (answer.kind === 'complete') return answer.rows;
    if (ids.length === 1) throw new ReplayError(`Log Analytics gives no whole answer: ${causeOf(answer)}.`);
    const middle = Math.ceil(ids.length / 2);
    const rows: DiagnosticsRow[] = [];
    for (const half of [ids.slice(0, middle), ids.slice(middle)]) {
      for (const row of await ask({ids: half, fromMs, toMs})) rows.push(row);
    }
    return rows;
  };
  return ask;
}

/** The service's clock less the local one, ms. @throws {ReplayError} */
export async function serviceClockOffsetMs(access: ServiceAccess): Promise<number> {
  const answer = await persist(access, () => access.source.serviceNow(access.signal));
  if (answer.kind !== 'complete' || answer.serviceNowMs === undefined) {
    throw new ReplayError('Log Analytics does not tell its time, so deadlines cannot be judged.');
  }
  return answer.serviceNowMs - Date.now();
}

type Believed = Extract<LookupAnswer, {kind: 'complete' | 'partial' | 'tooSlow'}>;

async function persist(
  {signal, sleep, onRetry}: ServiceAccess,
  query: () => Promise<LookupAnswer>,
): Promise<Believed> {
  for (let tried = 1; ; tried += 1) {
    const answer = await query();
    signal.throwIfAborted();
    switch (answer.kind) {
      case 'complete':
      case 'partial':
      case 'tooSlow':
        return answer;
      case 'forbidden':
        throw new ReplayError(`Log Analytics refuses the query: ${answer.reason}`);
      case 'throttled':
      case 'unavailable':
    }
    if (tried === tries) throw new ReplayError(`Log Analytics does not answer: ${causeOf(answer)}.`);
    onRetry(causeOf(answer));
    const askedToWaitMs = answer.kind === 'throttled' ? answer.retryAfterMs : undefined;
    await sleep(Math.min(askedToWaitMs ?? retryMs * tried, retryAfterMsMax), signal);
    signal.throwIfAborted();
  }
}
