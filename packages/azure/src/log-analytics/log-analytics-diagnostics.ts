import type {TokenCredential} from '@azure/core-auth';
import {LogsQueryClient} from '@azure/monitor-query';

import type {DiagnosticsSource, LookupAnswer} from '@weir/pipeline';
import {AnswerBodies} from './answer-bodies.ts';
import {AnswerReader, type TableSink} from './answer-reader.ts';
import {LogAnalyticsSettingError, queryTarget, workspaceIds, type LogAnalyticsCloud} from './endpoint.ts';
import {answerOfFailure, forLog, innermostMessage} from './failures.ts';
import {clockQuery, idsQuery, recentQuery, sliceQuery, type BuiltQuery} from './queries.ts';
import {readRecentRows, type RecentRows} from './recent-rows.ts';
import {readServiceNow, RowsTable, SmallTable} from './rows.ts';

/** The service cuts an answer here; https://learn.microsoft.com/azure/azure-monitor/service-limits */
export const answerRowsMax = 500_000;
/** Longer than any slice should take: a query that needs more is asked for less. The service allows 10 minutes. */
export const serverTimeoutDefaultMs = 60_000;
/** Beyond the server's own timeout, for the connection, the token and the download of up to 100 MiB. */
export const transferAllowanceMs = 30_000;

export interface LogAnalyticsOptions {
  /** One workspace id, or several separated by commas; all are asked by each query. */
  readonly workspaceId: string;
  readonly cloud?: LogAnalyticsCloud;
  /** Without a path; the cloud's own by default. http only to a loopback host. */
  readonly endpoint?: string;
  /** Needed for every endpoint but loopback over http, which is never sent a token. */
  readonly credential?: TokenCredential;
  /** 1 s to 10 min, in whole seconds; the query ends there as `tooSlow`. */
  readonly serverTimeoutMs?: number;
  /** After it an answer that never comes is `unavailable`; by default the server's timeout and 30 s. */
  readonly clientTimeoutMs?: number;
  /** Ms since the epoch; only reads a `Retry-After` that is a date. */
  readonly now?: () => number;
}

/**
 * Diagnostics out of Log Analytics. One query per call and no retries: the caller owns the pace, so that a `Retry-After`
 * slows all partitions and not one call.
 */
export class LogAnalyticsDiagnostics implements DiagnosticsSource {
  readonly #client: LogsQueryClient;
  readonly #bodies = new AnswerBodies();
  readonly #workspaces: {readonly first: string; readonly others: string[]};
  readonly #serverTimeoutMs: number;
  readonly #clientTimeoutMs: number;
  readonly #now: () => number;

  /** Throws `LogAnalyticsSettingError` for settings that can never work; connects at the first query. */
  constructor(options: LogAnalyticsOptions) {
    const target = queryTarget({cloud: options.cloud ?? 'public', endpoint: options.endpoint});
    this.#workspaces = workspaceIds(options.workspaceId);
    this.#serverTimeoutMs = options.serverTimeoutMs ?? serverTimeoutDefaultMs;
    if (this.#serverTimeoutMs < 1000 || this.#serverTimeoutMs > 600_000) {
      throw new LogAnalyticsSettingError('The query timeout must be between 1s and 10m.');
    }
    this.#clientTimeoutMs = options.clientTimeoutMs ?? this.#serverTimeoutMs + transferAllowanceMs;
    this.#now = options.now ?? Date.now;
    const settings = {
      endpoint: target.url,
      audience: target.audience,
      retryOptions: {maxRetries: 0},
      additionalPolicies: [{policy: this.#bodies.policy, position: 'perRetry' as const}],
    };
    if (target.security === 'loopback') {
      // The SDK leaves out the Authorization header only for a credential that its types do not allow.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      const none = undefined as unknown as TokenCredential;
      this.#client = new LogsQueryClient(none, {...settings, allowInsecureConnection: true});
    } else if (options.credential === undefined) {
      throw new LogAnalyticsSettingError(
        'LOG_ANALYTICS_ENDPOINT over https needs a Microsoft Entra identity.',
      );
    } else this.#client = new LogsQueryClient(options.credential, settings);
  }

  async slice(
    range: {fromMs: number; toMs: number; share?: {index: number; of: number}},
    signal?: AbortSignal,
  ): Promise<LookupAnswer> {
    return this.#ask(sliceQuery(range), new RowsTable(), rowsAnswer, signal);
  }

  async byIds(
    query: {ids: readonly string[]; fromMs: number; toMs: number},
    signal?: AbortSignal,
  ): Promise<LookupAnswer> {
    return this.#ask(idsQuery(query), new RowsTable(), rowsAnswer, signal);
  }

  async serviceNow(signal?: AbortSignal): Promise<LookupAnswer> {
    return this.#ask(clockQuery(), new SmallTable(), clockAnswer, signal);
  }

  /** Counts the rows stored since `fromMs`, ms since the epoch, by what the join can use of them. */
  async recent(
    range: {fromMs: number; toMs: number},
    signal?: AbortSignal,
  ): Promise<RecentRows | LookupAnswer> {
    return this.#ask(recentQuery(range), new SmallTable(), recentAnswer, signal);
  }

  async #ask<Table extends TableSink, Answer>(
    query: BuiltQuery,
    table: Table,
    read: (table: Table) => Answer,
    signal: AbortSignal | undefined,
  ): Promise<Answer | LookupAnswer> {
    throwIfAborted(signal, undefined);
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), this.#clientTimeoutMs);
    try {
      const abortSignal = signal === undefined ? timeout.signal : AbortSignal.any([signal, timeout.signal]);
      return (await this.#query(query, table, abortSignal)) ?? read(table);
    } catch (error) {
      throwIfAborted(signal, error);
      if (timeout.signal.aborted) return {kind: 'unavailable', cause: 'No answer within the client timeout.'};
      const answer = answerOfFailure(error, {nowMs: this.#now()});
      if (answer === undefined) throw error;
      return answer;
    } finally {
      clearTimeout(timer);
    }
  }

  /** @returns what is wrong with the answer; undefined: the table has all of it */
  async #query(
    {text, timespan}: BuiltQuery,
    table: TableSink,
    abortSignal: AbortSignal,
  ): Promise<LookupAnswer | undefined> {
    const reader = new AnswerReader(table);
    this.#bodies.expect(abortSignal, reader);
    const {first, others} = this.#workspaces;
    await this.#client.queryWorkspace(first, text, timespan, {
      abortSignal,
      serverTimeoutInSeconds: Math.ceil(this.#serverTimeoutMs / 1000),
      ...(others.length === 0 ? {} : {additionalWorkspaces: others}),
      requestOptions: {
        // Answers may come from a cache up to two minutes old, which hides rows of the slice.
        customHeaders: {'Cache-Control': 'no-cache'},
      },
    });
    const {tables, error} = reader.end();
    if (error !== undefined && error !== null)
      return {kind: 'partial', cause: forLog(`${error.code ?? 'no code'} ${innermostMessage(error)}`)};
    return tables.length === 0 ? {kind: 'unavailable', cause: 'The answer has no table.'} : undefined;
  }
}

function rowsAnswer({rows, rowsAnswered, serviceNowMs, missingColumn}: RowsTable): LookupAnswer {
  if (missingColumn !== undefined) {
    return {kind: 'unavailable', cause: `The answer lacks the column ${missingColumn}.`};
  }
  if (rowsAnswered >= answerRowsMax) {
    return {kind: 'partial', cause: `The answer reached the limit of ${answerRowsMax} rows.`};
  }
  return {kind: 'complete', rows, serviceNowMs};
}

function recentAnswer(table: SmallTable): RecentRows | LookupAnswer {
  return readRecentRows(table) ?? {kind: 'unavailable', cause: 'The answer lacks a column.'};
}

function clockAnswer(table: SmallTable): LookupAnswer {
  const serviceNowMs = readServiceNow(table);
  if (serviceNowMs === undefined) return {kind: 'unavailable', cause: 'The answer carries no time.'};
  return {kind: 'complete', rows: [], serviceNowMs};
}

/** Only our own signal makes an `AbortError`; the SDK names its own timeouts so, too. */
function throwIfAborted(signal: AbortSignal | undefined, cause: unknown): void {
  if (signal?.aborted !== true) return;
  // The cause may hold a request with its token, so only its name goes along.
  const words = cause instanceof Error ? `The query was aborted (${cause.name}).` : 'The query was aborted.';
  throw new DOMException(words, 'AbortError');
}
