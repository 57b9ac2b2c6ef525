import type {IncomingMessage} from 'node:http';

import {preferOf, type QueryRequest} from './query-request.ts';

/** Older queries are forgotten. */
export const queriesLoggedMax = 200;
/** Longer query texts are cut in the log. */
export const loggedTextMax = 64 * 1024;
/** One query, for assertions; `status` 0 means that the connection was closed without an answer. */
export interface LoggedQuery {
  readonly text: string;
  readonly timespan: string;
  readonly workspaces: readonly string[];
  readonly headers: {readonly prefer: string; readonly cacheControl: string};
  readonly status: number;
  /** Rows of the whole result, before any limit. */
  readonly rows: number;
}

/** What was asked, for assertions: the latest queries, oldest first. */
export class QueryLog {
  readonly entries: LoggedQuery[] = [];

  add({
    asked,
    request,
    status,
    rows,
  }: {
    asked: QueryRequest | undefined;
    request: IncomingMessage;
    status: number;
    rows: number;
  }): void {
    if (this.entries.length >= queriesLoggedMax) this.entries.shift();
    this.entries.push({
      text: (asked?.text ?? '').slice(0, loggedTextMax),
      timespan: asked?.timespan ?? '',
      workspaces: asked?.workspaces ?? [],
      headers: {prefer: preferOf(request), cacheControl: request.headers['cache-control'] ?? ''},
      status,
      rows,
    });
  }
}
