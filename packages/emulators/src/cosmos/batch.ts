import type {Answer} from './answer.ts';
import type {DocumentContainer} from './document-container.ts';
import {writeCharge} from './document-requests.ts';
import type {Condition} from './document-rules.ts';
import {isJsonObject, type JsonObject} from './partition-key.ts';
import {insertCharge, readCharge} from './request-units.ts';
import {badRequest, notFound, ServiceError, tooLarge, unsupported} from './service-error.ts';

/** https://learn.microsoft.com/azure/cosmos-db/transactional-batch#limitations */
const operationsMax = 100;
const batchBytesMax = 2 * 1024 * 1024;
const failedDependency = 424;

interface OperationResult {
  readonly statusCode: number;
  readonly requestCharge: number;
  readonly eTag?: string;
  readonly resourceBody?: unknown;
  readonly subStatusCode?: number;
}

/**
 * All or nothing, on one logical partition: the first refusal rolls everything back, answers 207, and marks every
 * other operation 424. What was done is charged all the same.
 */
export function runBatch(
  container: DocumentContainer,
  {operations, partition}: {operations: unknown; partition: string},
): Answer {
  if (!Array.isArray(operations) || operations.length === 0) throw badRequest('The batch has no operations.');
  if (operations.length > operationsMax) {
    throw badRequest(`Batch request has more operations than what is supported: ${operationsMax}.`);
  }
  if (Buffer.byteLength(JSON.stringify(operations)) > batchBytesMax)
    throw tooLarge('Request size is too large');
  const {results, failedAt} = container.atomically(() => {
    const value = runAll(container, {operations, partition});
    return {end: value.failedAt === undefined ? 'keep' : 'rollback', value};
  });
  const requestUnits = results.reduce((sum, {requestCharge}) => sum + requestCharge, 0);
  if (failedAt === undefined) return {status: 200, body: results, requestUnits};
  const body = operations.map((_, index) =>
    index === failedAt ? results[index] : {statusCode: failedDependency, requestCharge: 0},
  );
  return {status: 207, body, requestUnits};
}

function runAll(
  container: DocumentContainer,
  {operations, partition}: {operations: readonly unknown[]; partition: string},
): {results: readonly OperationResult[]; failedAt: number | undefined} {
  const results: OperationResult[] = [];
  for (const operation of operations) {
    try {
      results.push(runOne(container, {operation, partition}));
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      const {status, substatus} = error;
      results.push({statusCode: status, subStatusCode: substatus, requestCharge: 1});
      return {results, failedAt: results.length - 1};
    }
  }
  return {results, failedAt: undefined};
}

function runOne(
  container: DocumentContainer,
  {operation, partition}: {operation: unknown; partition: string},
): OperationResult {
  if (!isJsonObject(operation)) throw badRequest('An operation of the batch is not an object.');
  const condition = conditionOf(operation);
  const id = typeof operation.id === 'string' ? operation.id : undefined;
  switch (operation.operationType) {
    case 'Create':
    case 'Upsert':
    case 'Replace': {
      const mode = ({Create: 'create', Upsert: 'upsert', Replace: 'replace'} as const)[
        operation.operationType
      ];
      const document = operation.resourceBody;
      if (!isJsonObject(document)) throw badRequest('The document is not a JSON object.');
      const bodyId = mode === 'replace' ? id : undefined;
      const written = container.write({mode, id: bodyId, partition, document, condition});
      const {status, stored} = written;
      const requestCharge = writeCharge(container, written);
      return {statusCode: status, eTag: stored.etag, resourceBody: stored.body, requestCharge};
    }
    case 'Read': {
      const found = container.find({id: id ?? '', partition});
      if (found === undefined) throw notFound('Resource');
      const {body, etag, sizeBytes} = found;
      return {statusCode: 200, eTag: etag, resourceBody: body, requestCharge: readCharge(sizeBytes)};
    }
    case 'Delete': {
      const {sizeBytes} = container.delete({id: id ?? '', partition}, condition);
      return {statusCode: 204, requestCharge: insertCharge(sizeBytes, 1)};
    }
    default:
      throw unsupported(`the batch operation ${String(operation.operationType)}`);
  }
}

function conditionOf({ifMatch, ifNoneMatch}: JsonObject): Condition {
  return {
    ifMatch: typeof ifMatch === 'string' ? ifMatch : undefined,
    ifNoneMatch: typeof ifNoneMatch === 'string' ? ifNoneMatch : undefined,
  };
}
