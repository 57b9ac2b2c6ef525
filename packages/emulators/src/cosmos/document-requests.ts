import type {IncomingHttpHeaders} from 'node:http';
import type {Answer} from './answer.ts';
import {runBatch} from './batch.ts';
import type {DocumentContainer} from './document-container.ts';
import type {Condition, StoredDocument} from './document-rules.ts';
import {isJsonObject, partitionFromHeader, type JsonObject} from './partition-key.ts';
import {pageRowsOf, queryPlan, readQuery, runQuery} from './query.ts';
import {indexedProperties, insertCharge, readCharge, replaceCharge} from './request-units.ts';
import {badRequest, notFound} from './service-error.ts';
import {parseSql} from './sql-parser.ts';
import type {CosmosOperation} from './target.ts';

export interface DocumentRequest {
  readonly operation: CosmosOperation;
  readonly id: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** Carries out one request on the documents of a container; throws `ServiceError`. */
export function documentRequest(container: DocumentContainer, request: DocumentRequest): Answer {
  const {operation, headers, body} = request;
  switch (operation) {
    case 'create':
    case 'upsert':
    case 'replace':
      return writeRequest(container, {...request, operation});
    case 'read':
      return readRequest(container, request);
    case 'delete': {
      const key = keyOf(container, request);
      const {sizeBytes} = container.delete(key, conditionOf(headers));
      return {status: 204, requestUnits: insertCharge(sizeBytes, 1)};
    }
    case 'batch':
      return runBatch(container, {operations: body, partition: requiredPartition(container, headers)});
    case 'query':
      return queryRequest(container, request);
    case 'queryPlan':
      readQuery(body);
      return {status: 200, body: queryPlan, requestUnits: 0};
    case 'account':
    case 'database':
    case 'container':
    case 'pkranges':
      throw new Error(`${operation} is not an operation on documents`);
  }
}

/** The version before the last write, as a replica that lags behind answers. */
export function staleReadRequest(container: DocumentContainer, request: DocumentRequest): Answer {
  const found = container.find(keyOf(container, request));
  if (found?.previous === undefined) throw notFound('Resource');
  return {
    status: 200,
    body: found.previous,
    headers: {etag: String(found.previous._etag)},
    requestUnits: readCharge(found.sizeBytes),
  };
}

/** What a write costs: creating one insert, overwriting two. */
export function writeCharge(
  container: DocumentContainer,
  {status, stored}: {status: 200 | 201; stored: StoredDocument},
): number {
  const indexed = indexedProperties(stored.body, container.definition.indexingPolicy);
  return status === 201 ? insertCharge(stored.sizeBytes, indexed) : replaceCharge(stored.sizeBytes, indexed);
}

function writeRequest(
  container: DocumentContainer,
  {operation, id, headers, body}: DocumentRequest & {operation: 'create' | 'upsert' | 'replace'},
): Answer {
  if (!isJsonObject(body)) throw badRequest('The document is not a JSON object.');
  const written = container.write({
    mode: operation,
    id,
    partition: requiredPartition(container, headers),
    document: body,
    condition: conditionOf(headers),
  });
  const {status, stored} = written;
  return {
    status,
    body: stored.body,
    headers: {etag: stored.etag},
    requestUnits: writeCharge(container, written),
  };
}

function readRequest(container: DocumentContainer, request: DocumentRequest): Answer {
  const found = container.find(keyOf(container, request));
  if (found === undefined) throw notFound('Resource');
  const {body, etag, sizeBytes} = found;
  const requestUnits = readCharge(sizeBytes);
  if (conditionOf(request.headers).ifNoneMatch === etag) return {status: 304, headers: {etag}, requestUnits};
  return {status: 200, body, headers: {etag}, requestUnits};
}

function queryRequest(container: DocumentContainer, {headers, body}: DocumentRequest): Answer {
  const page = runQuery(container, {
    query: body === undefined ? parseSql('SELECT * FROM c') : readQuery(body),
    partition: partitionOfHeader(container, headers),
    continuation: headerOf(headers, 'x-ms-continuation'),
    pageRows: pageRowsOf(headers['x-ms-max-item-count']),
  });
  const {rows, continuation, charge} = page;
  return {
    status: 200,
    body: {_rid: container.rid, Documents: rows, _count: rows.length},
    headers: {
      'x-ms-item-count': String(rows.length),
      ...(continuation === undefined ? {} : {'x-ms-continuation': continuation}),
    },
    requestUnits: charge,
  };
}

function keyOf(
  container: DocumentContainer,
  {id, headers}: DocumentRequest,
): {id: string; partition: string} {
  return {id: id ?? '', partition: requiredPartition(container, headers)};
}

function requiredPartition(container: DocumentContainer, headers: IncomingHttpHeaders): string {
  const partition = partitionOfHeader(container, headers);
  if (partition === undefined) throw badRequest('PartitionKey value must be supplied for this operation.');
  return partition;
}

function partitionOfHeader(container: DocumentContainer, headers: IncomingHttpHeaders): string | undefined {
  return partitionFromHeader(
    headers['x-ms-documentdb-partitionkey'],
    container.definition.partitionKey.paths,
  );
}

function conditionOf(headers: IncomingHttpHeaders): Condition {
  return {ifMatch: headerOf(headers, 'if-match'), ifNoneMatch: headerOf(headers, 'if-none-match')};
}

function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** The ids that a request names: in its URL, its document, or the operations of its batch. */
export function idsOf({id, body}: {id: string | undefined; body: unknown}): readonly string[] {
  if (id !== undefined) return [id];
  const named = Array.isArray(body) ? body.map(idOfOperation) : [idOfDocument(body)];
  return named.filter((name) => name !== undefined);
}

function idOfOperation(operation: unknown): string | undefined {
  if (!isJsonObject(operation)) return undefined;
  return idOfDocument(operation) ?? idOfDocument(operation.resourceBody);
}

function idOfDocument(document: unknown): string | undefined {
  const isNamed = (value: unknown): value is JsonObject =>
    isJsonObject(value) && typeof value.id === 'string';
  return isNamed(document) ? String(document.id) : undefined;
}
