import type {StoredAggregate, WindowPage} from '@weir/azure';
import {ServiceUnreachableError} from '@weir/worker';
import type {WindowPorts} from './window-ports.ts';
import {queriesOf, type WindowRun} from './view-windows.ts';

/** Tries of one page; the waits between them are what Cosmos DB asks for, within this. */
const triesMax = 8;
const retryMs = 500;
const retryMsMax = 10_000;

/** The documents that Cosmos DB holds of a run, by id. @throws {ServiceUnreachableError} */
export async function readRun(
  run: WindowRun,
  ports: Pick<WindowPorts, 'windows' | 'clock'>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, StoredAggregate>> {
  const found = new Map<string, StoredAggregate>();
  for (const query of queriesOf(run)) {
    let continuation: string | undefined;
    do {
      const asked = continuation;
      const page = await askedAgain((): Promise<WindowPage> => ports.windows.page(query, asked, signal), {
        ports,
        signal,
      });
      for (const stored of page.documents) found.set(String(stored.document['id']), stored);
      ({continuation} = page);
    } while (continuation !== undefined);
  }
  return found;
}

async function askedAgain(
  ask: () => Promise<WindowPage>,
  {ports: {clock}, signal}: {ports: Pick<WindowPorts, 'clock'>; signal: AbortSignal},
): Promise<Extract<WindowPage, {kind: 'page'}>> {
  for (let tried = 1; ; tried += 1) {
    const answer = await ask();
    if (answer.kind === 'page') return answer;
    if (tried === triesMax) {
      const cause = answer.kind === 'throttled' ? '429' : answer.cause;
      throw new ServiceUnreachableError(
        `The documents cannot be read: Cosmos DB does not answer (${cause}).`,
      );
    }
    await clock.sleep(Math.min(answer.retryAfterMs ?? retryMs * tried, retryMsMax), signal);
    signal.throwIfAborted();
  }
}
