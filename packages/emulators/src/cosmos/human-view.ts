import type {Account} from './account.ts';
import type {Answer} from './answer.ts';
import {badRequest, ServiceError} from './service-error.ts';

const documentsDefault = 100;
const documentsMax = 1000;

/**
 * `GET /emulator/documents?database=weir&container=aggregates&limit=100`: the newest documents, for a person with
 * curl. Read only and without a key, hence only for requests addressed to a loopback name: a web page that points a
 * name of its own here gets 403.
 */
export function humanView(account: Account, {url, host}: {url: URL; host: string}): Answer {
  if (!/^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(host)) {
    throw new ServiceError(403, {code: 'Forbidden', message: 'Ask by localhost or 127.0.0.1.'});
  }
  if (url.pathname !== '/emulator/documents') {
    throw badRequest('Try /emulator/documents?database=weir&container=aggregates&limit=100');
  }
  const limit = Number(url.searchParams.get('limit') ?? documentsDefault);
  if (!Number.isInteger(limit) || limit < 1 || limit > documentsMax) {
    throw badRequest(`The limit is a whole number from 1 to ${documentsMax}.`);
  }
  const database = url.searchParams.get('database') ?? 'weir';
  const name = url.searchParams.get('container') ?? 'aggregates';
  const documents = account.container({database, container: name}).list();
  const newest = documents.toSorted((a, b) => b.writtenAtS - a.writtenAtS || b.sequence - a.sequence);
  const body = {
    database,
    container: name,
    count: documents.length,
    documents: newest.slice(0, limit).map((document) => document.body),
  };
  return {status: 200, body, requestUnits: 0};
}
