import type {JsonObject} from './partition-key.ts';
import type {IndexingPolicy} from './request-units.ts';
import {badRequest, preconditionFailed} from './service-error.ts';

/** 2 MB of JSON: https://learn.microsoft.com/azure/cosmos-db/concepts-limits#per-item-limits */
export const documentBytesMax = 2 * 1024 * 1024;
const idBytesMax = 1023;
export interface ContainerDefinition {
  readonly id: string;
  readonly partitionKey: {
    readonly paths: readonly string[];
    readonly kind?: string;
    readonly version?: number;
  };
  readonly indexingPolicy: IndexingPolicy;
  /** Seconds, or -1: only documents with a `ttl` of their own expire. Absent: nothing ever expires. */
  readonly defaultTtl?: number;
}

export interface StoredDocument {
  readonly id: string;
  readonly partition: string;
  /** The document with its system properties; never changed in place. */
  readonly body: JsonObject;
  readonly sizeBytes: number;
  readonly etag: string;
  /** Seconds since the epoch; expiry counts from here. */
  readonly writtenAtS: number;
  /** Order of creation, which is the order of an unsorted query. */
  readonly sequence: number;
  /** The version before the last write, for a stale read. */
  readonly previous: JsonObject | undefined;
}

export interface Condition {
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
}

export interface DocumentWriteRequest {
  readonly mode: 'create' | 'upsert' | 'replace';
  /** The id in the URL of a replace; must be the body's. */
  readonly id?: string | undefined;
  /** The partition in the request's header; must be the body's. */
  readonly partition: string | undefined;
  readonly document: JsonObject;
  readonly condition: Condition;
}

/** Throws 412; a missing condition always holds. */
export function checkCondition(existing: StoredDocument, {ifMatch}: Condition): void {
  if (ifMatch !== undefined && ifMatch !== '*' && ifMatch !== existing.etag) throw preconditionFailed();
}

/** The id of a document's body, or 400. */
export function checkedId(id: unknown): string {
  if (typeof id !== 'string' || id === '') {
    throw badRequest('The input content is invalid because the required property id is missing.');
  }
  if (Buffer.byteLength(id) > idBytesMax || /[/\\?#]/.test(id)) {
    throw badRequest('The id is longer than 1,023 bytes or contains one of / \\ ? #.');
  }
  return id;
}

/** Throws 400 for anything but absent, -1 or a positive whole number of seconds. */
export function checkTtl(ttl: unknown): void {
  if (ttl === undefined || ttl === -1) return;
  if (!Number.isInteger(ttl) || Number(ttl) < 1 || Number(ttl) > 2 ** 31 - 1) {
    throw badRequest('The input ttl is invalid. It must be -1 or a positive whole number of seconds.');
  }
}
