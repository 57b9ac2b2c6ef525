import type {IncomingMessage, ServerResponse} from 'node:http';
import {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {setTimeout} from 'node:timers/promises';

import type {Fault, FaultPlan} from './faults.ts';
import {ticksPerMs} from './kql/cells.ts';
import {KqlError} from './kql/kql-error.ts';
import type {QueryResult} from './kql/run-query.ts';
import {answerQuery} from './query-answer.ts';
import {QueryLog} from './query-log.ts';
import {preferOf, preferredWaitMs, queryRequestOf, type QueryRequest} from './query-request.ts';
import {readBody} from './request-body.ts';
import {resultJson, type ResultLimits} from './result-json.ts';
import type {RowStore} from './row-store.ts';
import {
  badRequest,
  errorBody,
  refusals,
  refusedQuery,
  throttled,
  unavailable,
  type ServiceError,
} from './service-errors.ts';
import {parseTimespanArgument} from './timespan-argument.ts';

/** The largest request: far above 5,000 ids of 128 characters. */
export const requestBytesMax = 4 * 1024 * 1024;
interface QueryEndpointOptions {
  readonly store: RowStore;
  readonly faults: FaultPlan;
  readonly now: () => number;
  readonly authentication: 'required' | 'none';
  readonly workspaces: ReadonlySet<string> | undefined;
  readonly table: 'there' | 'missing';
  readonly limits: ResultLimits;
  readonly closing: AbortSignal;
}

/** `POST /v1/workspaces/{id}/query`. */
export class QueryEndpoint {
  readonly log = new QueryLog();
  readonly #options: QueryEndpointOptions;

  constructor(options: QueryEndpointOptions) {
    this.#options = options;
  }

  async serve({
    workspaceId,
    request,
    response,
  }: {
    workspaceId: string;
    request: IncomingMessage;
    response: ServerResponse;
  }): Promise<void> {
    const body = await readBody(request, requestBytesMax);
    const asked = body === undefined ? undefined : queryRequestOf(body, workspaceId);
    const record = (status: number, rows = 0): void => this.log.add({asked, request, status, rows});
    const outcome = await this.#outcome({body, asked, request});
    if (outcome.kind === 'reset') {
      record(0);
      request.socket.destroy();
    } else if (outcome.kind === 'refused') {
      const {error} = outcome;
      record(error.status);
      response.writeHead(error.status, {'content-type': 'application/json; charset=utf-8', ...error.headers});
      response.end(errorBody(error));
    } else {
      record(200, outcome.result.rows.length);
      await this.#send(outcome, request, response);
    }
  }

  async #outcome({
    body,
    asked,
    request,
  }: {
    body: string | undefined;
    asked: QueryRequest | undefined;
    request: IncomingMessage;
  }): Promise<Outcome> {
    const {faults, now, authentication, workspaces, table} = this.#options;
    const hasToken = /^Bearer \S+$/.test(request.headers.authorization ?? '');
    if (authentication === 'required' && !hasToken) return refused(refusals.noToken);
    const fault = faults.take(now());
    const failure = fault === undefined ? undefined : await this.#failure(fault, request);
    if (failure !== undefined) return failure;
    if (body === undefined) return refused(refusals.tooLarge);
    if (asked === undefined) return refused(badRequest('The body is no query.'));
    if (workspaces !== undefined && !asked.workspaces.every((id) => workspaces.has(id))) {
      return refused(refusals.workspaceNotFound);
    }
    const nowMs = now();
    const timespan = parseTimespanArgument(asked.timespan, BigInt(Math.trunc(nowMs)) * ticksPerMs);
    if (timespan === undefined) return refused(badRequest('The timespan is invalid.'));
    try {
      const question = {text: asked.text, nowMs, timespan, workspaces: new Set(asked.workspaces), table};
      return {kind: 'answered', fault, result: await answerQuery(this.#options.store, question)};
    } catch (error) {
      if (error instanceof KqlError) return refused(refusedQuery(error));
      throw error;
    }
  }

  /** What a fault answers in place of the query; undefined if the query is still to be evaluated. */
  async #failure(fault: Fault, request: IncomingMessage): Promise<Outcome | undefined> {
    switch (fault.kind) {
      case 'throttled':
        return refused(throttled(fault.retryAfter));
      case 'unavailable':
        return refused(unavailable(fault.status ?? 503));
      case 'timedOut':
        return refused(refusals.timedOut);
      case 'forbidden':
        return refused(refusals.insufficientAccess);
      case 'reset':
        return {kind: 'reset'};
      case 'partial':
      case 'garbled':
        return undefined;
      case 'slow': {
        const waitMs = preferredWaitMs(request);
        await setTimeout(Math.min(fault.delayMs, waitMs), undefined, {signal: this.#options.closing});
        return fault.delayMs > waitMs ? refused(refusals.timedOut) : undefined;
      }
    }
  }

  async #send(
    {result, fault}: Extract<Outcome, {kind: 'answered'}>,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const {limits} = this.#options;
    const half = fault?.kind === 'partial' ? Math.floor(result.rows.length / 2) : limits.rowsMax;
    const wantsStatistics = preferOf(request).includes('include-statistics=true');
    const pieces = resultJson(result, {
      limits: {...limits, rowsMax: Math.min(limits.rowsMax, half)},
      statistics: wantsStatistics ? statisticsOf(result) : undefined,
      completeness: fault?.kind === 'partial' ? 'partial' : 'whole',
    });
    response.writeHead(200, {'content-type': 'application/json; charset=utf-8'});
    await pipeline(Readable.from(fault?.kind === 'garbled' ? brokenOff(pieces) : pieces), response);
  }
}

type Outcome =
  | {readonly kind: 'answered'; readonly result: QueryResult; readonly fault: Fault | undefined}
  | {readonly kind: 'refused'; readonly error: ServiceError}
  | {readonly kind: 'reset'};

function refused(error: ServiceError): Outcome {
  return {kind: 'refused', error};
}

/** Half of the first piece, and the end. */
function* brokenOff(pieces: Iterable<string>): Generator<string> {
  for (const piece of pieces) {
    yield piece.slice(0, Math.ceil(piece.length / 2));
    return;
  }
}

function statisticsOf(result: QueryResult): object {
  return {
    query: {executionTime: 0, datasetStatistics: [{tableRowCount: result.rows.length, tableSize: 0}]},
  };
}
