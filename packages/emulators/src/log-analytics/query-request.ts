import type {IncomingMessage} from 'node:http';

import {parseObject} from './request-body.ts';

/** `Prefer: wait` when the request does not say, and the most it may say; https://learn.microsoft.com/azure/azure-monitor/logs/api/timeouts */
const serverTimeoutDefaultMs = 180_000;
const serverTimeoutMaxMs = 600_000;

/** What a client asks; the workspace of the path comes first. */
export interface QueryRequest {
  readonly text: string;
  readonly timespan: string;
  readonly workspaces: readonly string[];
}

/** Reads the body; undefined if it is no query. */
export function queryRequestOf(body: string, workspaceId: string): QueryRequest | undefined {
  const {query, timespan = '', workspaces = []} = parseObject(body) ?? {};
  if (typeof query !== 'string') return undefined;
  const others: unknown = workspaces ?? [];
  if (!Array.isArray(others) || !others.every((id) => typeof id === 'string')) return undefined;
  const span = timespan ?? '';
  return typeof span === 'string'
    ? {text: query, timespan: span, workspaces: [workspaceId, ...others]}
    : undefined;
}

/** The `Prefer` header, empty without one. */
export function preferOf(request: IncomingMessage): string {
  return String(request.headers.prefer ?? '');
}

/** How long the client lets a query run. */
export function preferredWaitMs(request: IncomingMessage): number {
  const seconds = /(?:^|[,;\s])wait=(\d+)/.exec(preferOf(request))?.[1];
  if (seconds === undefined) return serverTimeoutDefaultMs;
  return Math.min(Number(seconds) * 1000, serverTimeoutMaxMs);
}
