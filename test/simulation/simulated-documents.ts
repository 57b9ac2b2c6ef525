import type {DocumentRead, DocumentWrite, StoredDocument} from '@weir/pipeline';
import type {Violations} from './checks.ts';

type Stored = StoredDocument & {id: string; pk: string};

interface Entry {
  etag: string;
  document: Stored;
  expiresMs: number;
  /** Versions before, the latest last; a stale read returns one of them. */
  readonly before: {readonly etag: string; readonly document: Stored}[];
}

const versionsKept = 4;

/** Everything that a container held at one moment. */
export type DocumentsCopy = readonly {readonly document: Stored; readonly expiresMs: number}[];

/** One Cosmos DB container, which also watches that what it stores never goes backwards. */
export class SimulatedDocuments {
  readonly #entries = new Map<string, Entry>();
  readonly #violations: Violations;
  readonly #watch: (before: Stored | undefined, after: Stored) => void;
  /** Documents that are refused for good, for now. */
  readonly refused = new Set<string>();
  #etags = 0;

  constructor(violations: Violations, watch: (before: Stored | undefined, after: Stored) => void) {
    this.#violations = violations;
    this.#watch = watch;
  }

  get(id: string): Stored | undefined {
    return this.#entries.get(id)?.document;
  }

  all(): Stored[] {
    return [...this.#entries.values()].map(({document}) => document);
  }

  read(
    {id, pk}: {id: string; pk: string},
    nowMs: number,
    stale: ((versions: number) => number) | undefined,
  ): DocumentRead {
    const entry = this.#live(id, nowMs);
    if (entry === undefined || entry.document.pk !== pk) return {kind: 'missing'};
    if (stale !== undefined) {
      const at = stale(entry.before.length + 1);
      const version = entry.before[at];
      // A replica that has not even seen the creation.
      if (at === entry.before.length && entry.before.length < versionsKept) return {kind: 'missing'};
      if (version !== undefined) return {kind: 'found', etag: version.etag, document: version.document};
    }
    return {kind: 'found', etag: entry.etag, document: entry.document};
  }

  write(document: Stored, ifMatch: string | undefined, nowMs: number): DocumentWrite {
    const entry = this.#live(document.id, nowMs);
    if (this.refused.has(document.id)) return {kind: 'unacceptable', reason: 'refused by the simulation'};
    if (entry?.etag !== ifMatch) return {kind: 'refused'};
    for (const value of Object.values(document)) {
      const isFlat = typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value));
      this.#violations.check(
        isFlat,
        () => `document ${document.id} holds a value that is neither text nor number`,
      );
    }
    this.#watch(entry?.document, document);
    const etag = `d${(this.#etags += 1)}`;
    const ttl = Number(document['ttl']);
    const before = entry?.before ?? [];
    if (entry !== undefined) before.push({etag: entry.etag, document: entry.document});
    if (before.length > versionsKept) before.shift();
    // A copy, as the wire makes one: what the caller changes later must not reach the store.
    this.#entries.set(document.id, {
      etag,
      document: {...document},
      expiresMs: ttl < 0 ? Infinity : nowMs + ttl * 1000,
      before,
    });
    return {kind: 'written', etag};
  }

  /** A backup, as far as one can be restored from it. */
  copy(): DocumentsCopy {
    return [...this.#entries.values()].map(({document, expiresMs}) => ({document, expiresMs}));
  }

  /** Puts everything back to a copy; every document has another ETag then, and no earlier version. */
  restore(copy: DocumentsCopy): void {
    this.#entries.clear();
    for (const {document, expiresMs} of copy)
      this.#entries.set(document.id, {etag: `d${(this.#etags += 1)}`, document, expiresMs, before: []});
  }

  #live(id: string, nowMs: number): Entry | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.expiresMs > nowMs) return entry;
    this.#entries.delete(id);
    return undefined;
  }
}
