import {BlobSettledLetters} from '@weir/azure';
import {CommitFormatError} from '@weir/pipeline';
import {
  lazyIdentity,
  openAccess,
  openLogAnalytics,
  retryDeadLetters,
  TooManySettledError,
  workerSettings,
  type Config,
  type RetryEnd,
  type Trouble,
} from '@weir/worker';
import {number} from '../count-text.ts';
import {exitCodes} from '../exit-codes.ts';
import {hubConnection} from '../hub-access.ts';
import {ProgressLine} from '../inspect/progress.ts';
import {rereadLetters} from './reread-letters.ts';
import {plannedTable} from './retry-text.ts';
import {
  findLetters,
  isAt,
  lettersMax,
  sourceOf,
  type FoundLetter,
  type LetterFilter,
} from './stored-letters.ts';
import {lettersText, moreThanLooked, tellEnd, type Person, type RetryMode} from './tell-retry.ts';

export interface RetryRequest {
  readonly filter: Omit<LetterFilter, 'which'>;
  readonly mode: RetryMode;
  readonly format: 'text' | 'json';
  /** For reading the events; undefined: the workers' own. */
  readonly consumerGroup: string | undefined;
}

/** Stands in the fence. */
const owner = 'weir dead-letters retry';

/**
 * Chooses, shows, asks and counts.
 * @returns the exit code: 0 when all that were chosen are counted or none was chosen
 * @throws the services' errors
 */
export async function runRetry(
  request: RetryRequest,
  config: Config,
  {person, signal}: {person: Person; signal: AbortSignal},
): Promise<number> {
  const {filter} = request;
  // First, because it makes nothing where there is nothing.
  const chosen = await findLetters(config, {filter: {...filter, which: 'open'}, signal});
  const unknown = (filter.places ?? []).filter((place) => !chosen.letters.some((one) => isAt(one, place)));
  if (chosen.count > lettersMax) {
    person.tell(moreThanLooked({looked: lettersMax, all: chosen.count}));
  }
  try {
    const end = await retry(request, config, {person, signal});
    const code = tellEnd(end, {...request, person});
    if (unknown.length === 0) return code;
    if (chosen.settled >= unknown.length) {
      const were = chosen.settled === 1 ? 'was' : 'were';
      person.tell(`Of those named ${number(chosen.settled)} ${were} settled by an earlier retry.`);
      return code;
    }
    const places = unknown.map(({partition, sequenceNumber}) => `${partition}/${sequenceNumber}`).join(', ');
    person.tell(`weir: there is no open dead letter at ${places}.`);
    return code === exitCodes.done ? exitCodes.failed : code;
  } catch (error) {
    if (signal.aborted) return tellEnd({kind: 'aborted'}, {...request, person});
    if (!(error instanceof CommitFormatError || error instanceof TooManySettledError)) throw error;
    person.tell(`weir: ${error.message}`);
    return exitCodes.failed;
  }
}

async function retry(
  {filter, mode, format, consumerGroup}: RetryRequest,
  config: Config,
  {person, signal}: {person: Person; signal: AbortSignal},
): Promise<RetryEnd<FoundLetter>> {
  const {partition: settings, lookup} = workerSettings(config, owner);
  const access = await openAccess(config);
  try {
    if (mode !== 'dry run') await access.beforeWriting();
    const {createdAt} = await access.ports.hub.hubFacts(signal);
    const connection = hubConnection(config, {consumerGroup});
    return await retryDeadLetters<FoundLetter>({
      ports: access.ports,
      settled: new BlobSettledLetters(access.container.client),
      source: sourceOf(config),
      hubCreatedAt: createdAt,
      views: config.views,
      retentionMs: config.retentionMs,
      parkedDocumentsMax: config.parked.documentsMax,
      owner,
      signal,
      report: reportOnce(person),
      assign: settings.assign,
      deadlineMs: lookup.deadlineMs,
      diagnostics: openLogAnalytics(config, lazyIdentity()),
      mode,
      letters: async () => (await findLetters(config, {filter: {...filter, which: 'open'}, signal})).letters,
      reread: async (letters) => {
        let read = 0;
        const progress = new ProgressLine(() => {
          return {read, written: read, at: undefined, done: read / Math.max(1, letters.length)};
        });
        const {decoder} = settings;
        try {
          return await rereadLetters(letters, {connection, decoder, signal, onLooked: () => (read += 1)});
        } finally {
          progress.close();
        }
      },
      confirm: async (planned) => {
        if (format === 'text') person.print(`${plannedTable(planned).join('\n')}\n`);
        const count = planned.filter(({verdict}) => verdict.kind !== 'left').length;
        const does = mode === 'count' ? 'counts' : 'marks as counted, and counts nothing of,';
        return person.confirm(`This ${does} ${lettersText(count)}.`);
      },
    });
  } finally {
    access.close();
  }
}

/** A service that is slow to answer is asked often; saying so once is enough. */
function reportOnce(person: Person): (trouble: Trouble) => void {
  const told = new Set<string>();
  return ({layer, kind, message}) => {
    if (told.has(`${layer} ${kind}`)) return;
    told.add(`${layer} ${kind}`);
    person.tell(message);
  };
}
