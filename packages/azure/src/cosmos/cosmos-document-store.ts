import type {Container, CosmosClient} from '@azure/cosmos';
import type {DocumentRead, DocumentStore, DocumentWrite, StoredDocument} from '@weir/pipeline';
import {describeFailure, readFailure, writeFailure} from './cosmos-failure.ts';
import type {CosmosMetrics} from './cosmos-metrics.ts';
import {abortError, type WriteGovernor} from './write-governor.ts';

export interface CosmosDocumentStoreOptions {
  readonly client: CosmosClient;
  readonly database: string;
  readonly container: string;
  /** Shared by all stores of one account: the budget is the account's. */
  readonly governor: WriteGovernor;
  readonly metrics?: CosmosMetrics;
  /**
   * Of one operation with all that the SDK does for it: failover repeats reads, each up to the request timeout.
   * Default 25 s.
   */
  readonly deadlineMs?: number;
}

const deadlineDefaultMs = 25_000;
/** Told to a caller when the governor's queue is full. */
const fullRetryAfterMs = 1000;
const systemProperties = ['_rid', '_self', '_etag', '_attachments', '_ts'] as const;

interface Outcome<T> {
  readonly result: T;
  readonly requestUnits: number;
}

/**
 * One container of Cosmos DB, one request per call, each under its condition. It never tries again: the caller knows
 * what a lost answer means for its document.
 */
export class CosmosDocumentStore implements DocumentStore {
  readonly #container: Container;
  readonly #governor: WriteGovernor;
  readonly #metrics: CosmosMetrics | undefined;
  readonly #deadlineMs: number;

  constructor(options: CosmosDocumentStoreOptions) {
    const {client, database, container, governor, metrics} = options;
    this.#deadlineMs = options.deadlineMs ?? deadlineDefaultMs;
    this.#container = client.database(database).container(container);
    this.#governor = governor;
    this.#metrics = metrics;
  }

  async read(key: {id: string; pk: string}, signal?: AbortSignal): Promise<DocumentRead> {
    return this.#governed<DocumentRead>('read', signal, async (abortSignal) => {
      try {
        const response = await this.#container
          .item(key.id, key.pk)
          .read<Record<string, unknown>>({abortSignal});
        const {resource, etag, requestCharge} = response;
        // The SDK hands a 404 back instead of throwing it, with its substatus.
        if (resource === undefined) {
          const failure = describeFailure({code: response.statusCode, substatus: response.substatus});
          return {result: readFailure(failure), requestUnits: requestCharge};
        }
        return {
          result: {kind: 'found', etag, document: withoutSystem(resource)},
          requestUnits: requestCharge,
        };
      } catch (error) {
        if (signal?.aborted === true) throw abortError(signal);
        const failure = describeFailure(error);
        return {result: readFailure(failure), requestUnits: failure.requestUnits};
      }
    });
  }

  async write(
    document: StoredDocument & {id: string; pk: string},
    ifMatch: string | undefined,
    signal?: AbortSignal,
  ): Promise<DocumentWrite> {
    const operation = ifMatch === undefined ? 'create' : 'replace';
    return this.#governed<DocumentWrite>(operation, signal, async (abortSignal) => {
      try {
        const {etag, requestCharge} = await this.#send(document, ifMatch, abortSignal);
        return {result: {kind: 'written', etag}, requestUnits: requestCharge};
      } catch (error) {
        if (signal?.aborted === true) throw abortError(signal);
        // The SDK throws a plain object, before it sends anything, for an id that no URL can carry.
        if (!(error instanceof Error) && describeFailure(error).status === undefined) {
          return {
            result: {kind: 'unacceptable', reason: 'The id of the document is not valid.'},
            requestUnits: 0,
          };
        }
        const failure = describeFailure(error);
        return {result: writeFailure(failure, operation), requestUnits: failure.requestUnits};
      }
    });
  }

  async #send(
    document: StoredDocument & {id: string; pk: string},
    ifMatch: string | undefined,
    abortSignal: AbortSignal,
  ): Promise<{etag: string; requestCharge: number}> {
    if (ifMatch === undefined) {
      const accessCondition = {type: 'IfNoneMatch', condition: '*'};
      return this.#container.items.create(document, {
        abortSignal,
        accessCondition,
        disableAutomaticIdGeneration: true,
      });
    }
    const accessCondition = {type: 'IfMatch', condition: ifMatch};
    return this.#container.item(document.id, document.pk).replace(document, {abortSignal, accessCondition});
  }

  async #governed<T extends DocumentRead | DocumentWrite>(
    operation: 'read' | 'create' | 'replace',
    signal: AbortSignal | undefined,
    request: (abortSignal: AbortSignal) => Promise<Outcome<T>>,
  ): Promise<T | {kind: 'throttled'; retryAfterMs: number}> {
    if (this.#governor.isFull) return {kind: 'throttled', retryAfterMs: fullRetryAfterMs};
    const {result} = await this.#governor.run(async () => {
      const {result, requestUnits} = await this.#withDeadline(signal, request);
      this.#metrics?.onRequest({operation, outcome: result.kind, requestUnits});
      const throttledForMs = result.kind === 'throttled' ? result.retryAfterMs : undefined;
      return {result, requestUnits, throttledForMs};
    }, signal);
    return result;
  }

  async #withDeadline<T>(
    signal: AbortSignal | undefined,
    request: (abortSignal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), this.#deadlineMs);
    try {
      return await request(
        signal === undefined ? deadline.signal : AbortSignal.any([signal, deadline.signal]),
      );
    } finally {
      clearTimeout(timer);
    }
  }
}

function withoutSystem(resource: Record<string, unknown>): Record<string, unknown> {
  const document = {...resource};
  for (const name of systemProperties) delete document[name];
  return document;
}
