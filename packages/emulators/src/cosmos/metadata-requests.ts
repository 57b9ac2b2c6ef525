import type {Account, Database} from './account.ts';
import {metadataRequestUnits, type Answer} from './answer.ts';
import type {DocumentContainer} from './document-container.ts';
import {isJsonObject} from './partition-key.ts';
import {unsupported} from './service-error.ts';
import type {Target} from './target.ts';

const requestUnits = metadataRequestUnits;

/** The account as a client must see it: its only address is the one by which it was reached. */
export function readAccount({host, writeRegions}: {host: string; writeRegions: readonly string[]}): Answer {
  const locations = writeRegions.map((name) => ({name, databaseAccountEndpoint: `http://${host}/`}));
  const body = {
    id: 'weir-emulator',
    _rid: host,
    _self: '',
    _dbs: '//dbs/',
    media: '//media/',
    addresses: '//addresses/',
    writableLocations: locations,
    readableLocations: locations,
    enableMultipleWriteLocations: writeRegions.length > 1,
    userConsistencyPolicy: {defaultConsistencyLevel: 'Session'},
  };
  return {status: 200, body, requestUnits};
}

/** Create, read, list and delete. */
export function databaseRequest(
  account: Account,
  {method, target, body}: {method: string; target: Target; body: unknown},
): Answer {
  if (target.id === undefined) {
    if (method === 'POST' && isJsonObject(body)) {
      if ('query' in body) throw unsupported('queries over databases');
      return {status: 201, body: databaseBody(account.createDatabase(body.id)), requestUnits};
    }
    if (method === 'GET') return list('Databases', account.databases.map(databaseBody));
  } else {
    if (method === 'GET') return {status: 200, body: databaseBody(account.database(target.id)), requestUnits};
    if (method === 'DELETE') {
      account.deleteDatabase(target.id);
      return {status: 204, requestUnits};
    }
  }
  throw unsupported(`${method} on databases`);
}

/** Create, read, list, replace and delete. */
export function containerRequest(
  account: Account,
  {method, target, body}: {method: string; target: Target; body: unknown},
): Answer {
  const found = (status: number, container: DocumentContainer): Answer => ({
    status,
    body: containerBody(container),
    requestUnits,
  });
  if (target.id === undefined) {
    if (method === 'POST') {
      if (isJsonObject(body) && 'query' in body) throw unsupported('queries over containers');
      return found(201, account.createContainer(target.database, body));
    }
    if (method === 'GET') {
      const {containers} = account.database(target.database);
      return list('DocumentCollections', [...containers.values()].map(containerBody));
    }
  } else {
    if (method === 'GET') return found(200, account.container(target));
    if (method === 'PUT') return found(200, account.replaceContainer(target, body));
    if (method === 'DELETE') {
      account.deleteContainer(target);
      return {status: 204, requestUnits};
    }
  }
  throw unsupported(`${method} on containers`);
}

/** One physical partition over the whole hash space. */
export function rangesRequest(account: Account, target: Target): Answer {
  account.owner(target);
  const range = {id: '0', _rid: '0', minInclusive: '', maxExclusive: 'FF', status: 'online', parents: []};
  return list('PartitionKeyRanges', [range]);
}

function list(name: string, items: readonly unknown[]): Answer {
  return {status: 200, body: {_rid: '', [name]: items, _count: items.length}, requestUnits};
}

function databaseBody({id, rid}: Database): unknown {
  return {id, _rid: rid, _self: `dbs/${rid}/`, _etag: '"0"', _colls: 'colls/', _users: 'users/', _ts: 0};
}

function containerBody({definition, rid}: DocumentContainer): unknown {
  return {...definition, _rid: rid, _self: `colls/${rid}/`, _etag: '"0"', _docs: 'docs/', _ts: 0};
}
