import type {IncomingHttpHeaders} from 'node:http';
import {badRequest, unsupported} from './service-error.ts';

/** What a request does, for faults and for the log. */
export type CosmosOperation =
  | 'account'
  | 'database'
  | 'container'
  | 'pkranges'
  | 'create'
  | 'upsert'
  | 'read'
  | 'replace'
  | 'delete'
  | 'batch'
  | 'query'
  | 'queryPlan';

/** Where a URL points, and what its signature covers. */
export interface Target {
  readonly database: string | undefined;
  readonly container: string | undefined;
  /** `account`, or the kind of feed or resource that the path ends in. */
  readonly kind: 'account' | 'dbs' | 'colls' | 'docs' | 'pkranges';
  /** Id of a database, container or document; undefined where the path names the whole feed. */
  readonly id: string | undefined;
  readonly signedType: string;
  /** Ids unencoded, case kept; of a feed its owner's link. */
  readonly signedLink: string;
}

/** Parses `/`, `/dbs[/x]`, `/dbs/x/colls[/y]`, `/dbs/x/colls/y/(docs[/z]|pkranges)`; anything else is a 400. */
export function parseTarget(path: string): Target {
  const segments = path.split('/').filter((segment) => segment !== '');
  const parts = segments.map(decodeSegment);
  const [dbs, database, colls, container, feed, id] = parts;
  const isFeed = parts.length % 2 === 1;
  const signedLink = (isFeed ? parts.slice(0, -1) : parts).join('/');
  const place = {database, container, id, signedLink};
  if (parts.length === 0) return {...place, kind: 'account', signedType: ''};
  if (dbs !== 'dbs' || parts.length > 6 || (colls !== undefined && colls !== 'colls')) {
    throw unsupported(`the resource /${segments.join('/')}`);
  }
  if (parts.length <= 2) return {...place, kind: 'dbs', signedType: 'dbs', id: database};
  if (parts.length <= 4) return {...place, kind: 'colls', signedType: 'colls', id: container};
  if (feed === 'docs') return {...place, kind: 'docs', signedType: 'docs'};
  if (feed === 'pkranges' && isFeed) return {...place, kind: 'pkranges', signedType: 'pkranges'};
  throw unsupported(`the resource type ${feed}`);
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch (error) {
    if (error instanceof URIError) throw badRequest('The path is not validly percent-encoded.');
    throw error;
  }
}

/** Throws 400 for a combination of verb and headers outside the subset. */
export function operationOf(target: Target, method: string, headers: IncomingHttpHeaders): CosmosOperation {
  switch (target.kind) {
    case 'account':
      return 'account';
    case 'dbs':
      return 'database';
    case 'colls':
      return 'container';
    case 'pkranges':
      return 'pkranges';
    case 'docs':
      return target.id === undefined ? feedOperation(method, headers) : itemOperation(method);
  }
}

function feedOperation(method: string, headers: IncomingHttpHeaders): CosmosOperation {
  if (headers['a-im'] !== undefined) throw unsupported('the change feed');
  if (method === 'GET') return 'query';
  if (method !== 'POST') throw unsupported(`${method} on a feed of documents`);
  if (isTrue(headers['x-ms-cosmos-is-query-plan-request'])) return 'queryPlan';
  if (isTrue(headers['x-ms-documentdb-isquery'])) return 'query';
  if (isTrue(headers['x-ms-cosmos-is-batch-request'])) {
    if (!isTrue(headers['x-ms-cosmos-batch-atomic'])) throw unsupported('bulk (non-atomic batch) requests');
    return 'batch';
  }
  return isTrue(headers['x-ms-documentdb-is-upsert']) ? 'upsert' : 'create';
}

function itemOperation(method: string): CosmosOperation {
  if (method === 'GET') return 'read';
  if (method === 'PUT') return 'replace';
  if (method === 'DELETE') return 'delete';
  throw unsupported(`${method} on a document`);
}

function isTrue(header: string | string[] | undefined): boolean {
  return typeof header === 'string' && header.toLowerCase() === 'true';
}
