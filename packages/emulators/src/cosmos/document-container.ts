import {randomBytes} from 'node:crypto';
import {
  checkCondition,
  checkedId,
  checkTtl,
  documentBytesMax,
  type Condition,
  type ContainerDefinition,
  type DocumentWriteRequest,
  type StoredDocument,
} from './document-rules.ts';
import {partitionOf, type JsonObject} from './partition-key.ts';
import {badRequest, conflict, notFound, partitionFull, tooLarge} from './service-error.ts';

/** Expired documents that nobody reads again are dropped at latest after this many writes. */
const writesPerSweep = 1000;

/**
 * The documents of one container. A document is live from its write until its TTL has passed since `_ts`; from then
 * on nothing sees it, and its id is free again. Every write gets a new ETag. All methods are synchronous, so no two
 * requests ever interleave inside one.
 */
export class DocumentContainer {
  definition: ContainerDefinition;
  /** Eight bytes in base64, as the SDK's session bookkeeping expects. */
  readonly rid: string;
  readonly #now: () => number;
  readonly #partitionBytesMax: number;
  readonly #documents = new Map<string, StoredDocument>();
  readonly #partitionBytes = new Map<string, number>();
  readonly #etagSeed = randomBytes(4).toString('hex');
  #lsn = 0;
  #undo: (() => void)[] | undefined;

  constructor(
    definition: ContainerDefinition,
    {now, rid, partitionBytesMax}: {now: () => number; rid: string; partitionBytesMax: number},
  ) {
    this.definition = definition;
    this.rid = rid;
    this.#now = now;
    this.#partitionBytesMax = partitionBytesMax;
  }

  get sessionToken(): string {
    return `0:-1#${this.#lsn}`;
  }

  /** The live document, or undefined. */
  find({id, partition}: {id: string; partition: string}): StoredDocument | undefined {
    const key = keyOf(id, partition);
    const found = this.#documents.get(key);
    if (found === undefined || !this.#isExpired(found)) return found;
    this.#remove(key, found);
    return undefined;
  }

  /** Live documents in order of creation; of one logical partition when it is given. */
  list(partition?: string): readonly StoredDocument[] {
    this.#sweep();
    const all = [...this.#documents.values()];
    const chosen = partition === undefined ? all : all.filter((document) => document.partition === partition);
    return chosen.sort((a, b) => a.sequence - b.sequence);
  }

  /** Throws 400, 403/1014, 404, 409, 412 or 413 as the service does. */
  write({mode, id, partition, document, condition}: DocumentWriteRequest): {
    status: 200 | 201;
    stored: StoredDocument;
  } {
    const bodyId = checkedId(document.id);
    if (id !== undefined && id !== bodyId) throw badRequest('The id in the URL is not the id in the body.');
    const bodyPartition = partitionOf(document, this.definition.partitionKey.paths);
    if (partition !== undefined && partition !== bodyPartition) {
      throw badRequest(
        "PartitionKey extracted from document doesn't match the one specified in the header.",
        1001,
      );
    }
    checkTtl(document.ttl);
    const key = {id: bodyId, partition: bodyPartition};
    const existing = this.find(key);
    if (existing !== undefined && mode === 'create') throw conflict('Resource');
    if (existing === undefined && mode === 'replace') throw notFound('Resource');
    if (existing !== undefined) checkCondition(existing, condition);
    const stored = this.#store(key, document, existing);
    return {status: existing === undefined ? 201 : 200, stored};
  }

  /** Throws 404 or 412. */
  delete(key: {id: string; partition: string}, condition: Condition): StoredDocument {
    const existing = this.find(key);
    if (existing === undefined) throw notFound('Resource');
    checkCondition(existing, condition);
    this.#lsn += 1;
    this.#remove(keyOf(key.id, key.partition), existing);
    return existing;
  }

  /** Keeps every change of `work`, or, where it returns `rollback`, none. */
  atomically<T>(work: () => {end: 'keep' | 'rollback'; value: T}): T {
    const undo: (() => void)[] = [];
    this.#undo = undo;
    try {
      const {end, value} = work();
      // Steps that undo must not be recorded as changes of their own.
      this.#undo = undefined;
      if (end === 'rollback') for (const step of undo.reverse()) step();
      return value;
    } finally {
      this.#undo = undefined;
    }
  }

  #store(
    {id, partition}: {id: string; partition: string},
    document: JsonObject,
    existing: StoredDocument | undefined,
  ): StoredDocument {
    const sizeBytes = Buffer.byteLength(JSON.stringify(document));
    if (sizeBytes > documentBytesMax) throw tooLarge('Request size is too large');
    const used = (this.#partitionBytes.get(partition) ?? 0) - (existing?.sizeBytes ?? 0);
    if (used + sizeBytes > this.#partitionBytesMax) throw partitionFull();
    this.#lsn += 1;
    if (this.#lsn % writesPerSweep === 0) this.#sweep();
    const sequence = existing?.sequence ?? this.#lsn;
    const etag = `"${this.#etagSeed}-0000-0000-0000-${this.#lsn.toString(16).padStart(12, '0')}"`;
    const writtenAtS = Math.floor(this.#now() / 1000);
    const rid = this.rid.replaceAll('/', '-');
    const body = {
      ...document,
      _rid: `${rid}${sequence}`,
      _self: `dbs/${rid.slice(0, 6)}==/colls/${rid}/docs/${sequence}/`,
      _etag: etag,
      _attachments: 'attachments/',
      _ts: writtenAtS,
    };
    const stored = {id, partition, body, sizeBytes, etag, writtenAtS, sequence, previous: existing?.body};
    this.#set(keyOf(id, partition), stored);
    return stored;
  }

  #set(key: string, stored: StoredDocument): void {
    const before = this.#documents.get(key);
    this.#undo?.push(() => (before === undefined ? this.#remove(key, stored) : this.#set(key, before)));
    this.#documents.set(key, stored);
    this.#count(stored.partition, stored.sizeBytes - (before?.sizeBytes ?? 0));
  }

  #remove(key: string, stored: StoredDocument): void {
    this.#undo?.push(() => this.#set(key, stored));
    this.#documents.delete(key);
    this.#count(stored.partition, -stored.sizeBytes);
  }

  #count(partition: string, bytes: number): void {
    const total = (this.#partitionBytes.get(partition) ?? 0) + bytes;
    if (total === 0) this.#partitionBytes.delete(partition);
    else this.#partitionBytes.set(partition, total);
  }

  #sweep(): void {
    for (const [key, document] of this.#documents) {
      if (this.#isExpired(document)) this.#remove(key, document);
    }
  }

  #isExpired({body, writtenAtS}: StoredDocument): boolean {
    const {defaultTtl} = this.definition;
    if (defaultTtl === undefined) return false;
    const ttl = typeof body.ttl === 'number' ? body.ttl : defaultTtl;
    return ttl !== -1 && this.#now() >= (writtenAtS + ttl) * 1000;
  }
}

function keyOf(id: string, partition: string): string {
  return `${partition}\n${id}`;
}
