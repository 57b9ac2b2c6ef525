import type {Container, CosmosClient} from '@azure/cosmos';
import type {Unavailable} from '@weir/pipeline';
import {describeFailure, readFailure} from './cosmos-failure.ts';

/** Documents of one view and grain in one logical partition. */
export interface WindowQuery {
  readonly pk: string;
  readonly view: string;
  readonly grain: string;
  /** Window starts `[fromMs, untilMs)`, ms since the epoch. */
  readonly fromMs: number;
  readonly untilMs: number;
}

/** A document as it stands, and the ETag to replace it under. */
export interface StoredAggregate {
  readonly etag: string;
  readonly document: Readonly<Record<string, unknown>>;
}

export type WindowPage =
  | {
      readonly kind: 'page';
      readonly documents: readonly StoredAggregate[];
      /** Asks for the next page; undefined behind the last. */
      readonly continuation: string | undefined;
    }
  | {readonly kind: 'throttled'; readonly retryAfterMs: number}
  | Unavailable;

/** About 4 kB a document: a page stays far below the service's 4 MB and costs some 100 request units. */
const pageMax = 200;
/** One page; the service itself stops a query after 5 s and gives what it has. */
const requestTimeoutMs = 25_000;

const windowQuery =
  'SELECT * FROM c WHERE c.view = @view AND c.grain = @grain AND c.windowStart >= @from AND c.windowStart < @until';

/** Reads the aggregate documents of a window, page by page. One request per call, as in `CosmosDocumentStore`. */
export class CosmosWindowReader {
  readonly #container: Container;

  constructor({client, database, container}: {client: CosmosClient; database: string; container: string}) {
    this.#container = client.database(database).container(container);
  }

  /** @param continuation of the page before; undefined for the first */
  async page(
    {pk, view, grain, fromMs, untilMs}: WindowQuery,
    continuation: string | undefined,
    signal: AbortSignal,
  ): Promise<WindowPage> {
    const parameters = [
      {name: '@view', value: view},
      {name: '@grain', value: grain},
      {name: '@from', value: new Date(fromMs).toISOString()},
      {name: '@until', value: new Date(untilMs).toISOString()},
    ];
    const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(requestTimeoutMs)]);
    try {
      const answer = await this.#container.items
        .query<Record<string, unknown>>(
          {query: windowQuery, parameters},
          {
            partitionKey: pk,
            maxItemCount: pageMax,
            abortSignal,
            ...(continuation && {continuationToken: continuation}),
          },
        )
        .fetchNext();
      const documents = (answer.resources ?? []).map(storedOf);
      return {kind: 'page', documents, continuation: answer.continuationToken};
    } catch (error) {
      signal.throwIfAborted();
      const failure = readFailure(describeFailure(error));
      if (failure.kind === 'throttled' || failure.kind === 'unavailable') return failure;
      return {kind: 'unavailable', cause: 'Cosmos DB found nothing to ask'};
    }
  }
}

const systemProperties: ReadonlySet<string> = new Set(['_rid', '_self', '_etag', '_attachments', '_ts']);

function storedOf(resource: Record<string, unknown>): StoredAggregate {
  const own = Object.entries(resource).filter(([name]) => !systemProperties.has(name));
  return {etag: String(resource['_etag']), document: Object.fromEntries(own)};
}
