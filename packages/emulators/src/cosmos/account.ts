import {DocumentContainer} from './document-container.ts';
import type {ContainerDefinition} from './document-rules.ts';
import {isJsonObject} from './partition-key.ts';
import {badRequest, conflict, notFound, ownerNotFound} from './service-error.ts';

/** More are a sign of a test that does not clean up. */
const databasesMax = 100;
const containersMax = 500;
const idPattern = /^[^/\\?#]{1,255}$/;

export interface Database {
  readonly id: string;
  readonly rid: string;
  readonly containers: Map<string, DocumentContainer>;
}

/** The databases and containers of one account, in memory. */
export class Account {
  readonly #databases = new Map<string, Database>();
  readonly #now: () => number;
  readonly #partitionBytesMax: number;
  #ridCounter = 0;

  constructor({now, partitionBytesMax}: {now: () => number; partitionBytesMax: number}) {
    this.#now = now;
    this.#partitionBytesMax = partitionBytesMax;
  }

  get databases(): readonly Database[] {
    return [...this.#databases.values()];
  }

  /** Throws 404. */
  database(id: string | undefined): Database {
    const database = this.#databases.get(id ?? '');
    if (database === undefined) throw notFound('The database');
    return database;
  }

  /** Throws 400 or 409. */
  createDatabase(id: unknown): Database {
    const name = checkedName(id);
    if (this.#databases.has(name)) throw conflict('A database');
    if (this.#databases.size >= databasesMax) throw badRequest(`More than ${databasesMax} databases.`);
    const database = {id: name, rid: this.#nextRid(4), containers: new Map<string, DocumentContainer>()};
    this.#databases.set(name, database);
    return database;
  }

  deleteDatabase(id: string | undefined): void {
    this.#databases.delete(this.database(id).id);
  }

  /** The container for its own requests; throws 404. */
  container({database, container}: {database: string | undefined; container: string | undefined}) {
    const found = this.database(database).containers.get(container ?? '');
    if (found === undefined) throw notFound('The container');
    return found;
  }

  /** The container for requests on its documents; throws 404 with substatus 1003. */
  owner({database, container}: {database: string | undefined; container: string | undefined}) {
    const found = this.#databases.get(database ?? '')?.containers.get(container ?? '');
    if (found === undefined) throw ownerNotFound();
    return found;
  }

  /** Throws 400, 404 or 409. */
  createContainer(database: string | undefined, body: unknown): DocumentContainer {
    const {containers} = this.database(database);
    const definition = readDefinition(body);
    if (containers.has(definition.id)) throw conflict('A container');
    if (containers.size >= containersMax) throw badRequest(`More than ${containersMax} containers.`);
    const container = new DocumentContainer(definition, {
      now: this.#now,
      rid: this.#nextRid(8),
      partitionBytesMax: this.#partitionBytesMax,
    });
    containers.set(definition.id, container);
    return container;
  }

  /** The partition key cannot change. Throws 400 or 404. */
  replaceContainer(
    place: {database: string | undefined; container: string | undefined},
    body: unknown,
  ): DocumentContainer {
    const container = this.container(place);
    const definition = readDefinition(body);
    const samePaths =
      String(definition.partitionKey.paths) === String(container.definition.partitionKey.paths);
    if (definition.id !== container.definition.id || !samePaths) {
      throw badRequest('The id and the partition key of a container cannot be changed.');
    }
    container.definition = definition;
    return container;
  }

  deleteContainer(place: {database: string | undefined; container: string | undefined}): void {
    this.database(place.database).containers.delete(this.container(place).definition.id);
  }

  /** Base64 of `bytes` bytes that no other resource has; the SDK tells owners apart by it. */
  #nextRid(bytes: 4 | 8): string {
    this.#ridCounter += 1;
    const rid = Buffer.alloc(bytes, 1);
    rid.writeUInt32BE(this.#ridCounter, bytes - 4);
    return rid.toString('base64');
  }
}

function checkedName(id: unknown): string {
  if (typeof id !== 'string' || !idPattern.test(id)) throw badRequest('The id is missing or not valid.');
  return id;
}

function readDefinition(body: unknown): ContainerDefinition {
  if (!isJsonObject(body)) throw badRequest('The container definition is missing.');
  const {partitionKey, indexingPolicy, defaultTtl} = body;
  const paths = isJsonObject(partitionKey) && Array.isArray(partitionKey.paths) ? partitionKey.paths : [];
  const areValid = paths.every((path) => typeof path === 'string' && /^\/[^/]/.test(path));
  if (paths.length < 1 || paths.length > 3 || !areValid) {
    throw badRequest('The partition key needs one to three paths that begin with a slash.');
  }
  if (defaultTtl != null && defaultTtl !== -1 && !(Number.isInteger(defaultTtl) && Number(defaultTtl) > 0)) {
    throw badRequest('The defaultTtl is -1 or a positive whole number of seconds.');
  }
  const kind = paths.length > 1 ? 'MultiHash' : 'Hash';
  return {
    id: checkedName(body.id),
    partitionKey: {paths, kind, version: 2},
    indexingPolicy: isJsonObject(indexingPolicy) ? indexingPolicy : defaultIndexingPolicy,
    ...(defaultTtl == null ? {} : {defaultTtl: Number(defaultTtl)}),
  };
}

const defaultIndexingPolicy = {
  indexingMode: 'consistent',
  automatic: true,
  includedPaths: [{path: '/*'}],
  excludedPaths: [{path: '/"_etag"/?'}],
};
