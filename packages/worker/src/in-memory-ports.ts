import type {
  ConditionalWrite,
  DocumentRead,
  DocumentStore,
  DocumentWrite,
  JournalRead,
  JournalStore,
  SourcePartition,
  StoredDocument,
} from '@weir/pipeline';

export const partition: SourcePartition = {
  namespace: 'ns.example',
  hub: 'hub',
  group: '$Default',
  partitionId: '3',
};

type Stored = StoredDocument & {id: string; pk: string};
type Unclear = Extract<DocumentWrite, {kind: 'unclear'}>;

/** A write that goes wrong: its answer is lost, or it never arrives. */
export type WriteFault = 'answer lost' | 'never arrives';
const unclear: Unclear = {kind: 'unclear', cause: 'a test'};

/** For tests: journals under ETags. The next requests meet what `writes` and `reads` hold, then all goes well. */
export class InMemoryJournal implements JournalStore {
  readonly writes: WriteFault[] = [];
  readonly reads: JournalRead[] = [];
  /** Called when a write arrives, before it is judged. */
  onWrite: () => void | Promise<void> = () => {};
  readonly sent: Uint8Array[] = [];
  readonly requests: string[] = [];
  readonly #blobs = new Map<string, {etag: string; bytes: Uint8Array}>();
  #etags = 0;

  get(partitionId = partition.partitionId): Uint8Array | undefined {
    return this.#blobs.get(partitionId)?.bytes;
  }

  delete(): void {
    this.#blobs.clear();
  }

  /** What somebody else does. */
  put(bytes: Uint8Array): string {
    const etag = `j${(this.#etags += 1)}`;
    this.#blobs.set(partition.partitionId, {etag, bytes});
    return etag;
  }

  async read({partitionId}: SourcePartition, signal?: AbortSignal): Promise<JournalRead> {
    abortIfFired(signal);
    this.requests.push('read');
    const fault = this.reads.shift();
    if (fault !== undefined) return fault;
    const blob = this.#blobs.get(partitionId);
    return blob === undefined ? {kind: 'missing'} : {kind: 'found', ...blob};
  }

  async etag(
    at: SourcePartition,
    signal?: AbortSignal,
  ): Promise<Exclude<JournalRead, {kind: 'found'}> | {kind: 'found'; etag: string}> {
    const read = await this.read(at, signal);
    return read.kind === 'found' ? {kind: 'found', etag: read.etag} : read;
  }

  async write(
    {partitionId}: SourcePartition,
    {bytes, ifMatch}: {bytes: Uint8Array; ifMatch: string | undefined},
    signal?: AbortSignal,
  ): Promise<ConditionalWrite> {
    abortIfFired(signal);
    this.requests.push('write');
    this.sent.push(bytes);
    await this.onWrite();
    abortIfFired(signal);
    const fault = this.writes.shift();
    if (fault === 'never arrives') return unclear;
    if (this.#blobs.get(partitionId)?.etag !== ifMatch)
      return fault === undefined ? {kind: 'refused'} : unclear;
    const etag = `j${(this.#etags += 1)}`;
    this.#blobs.set(partitionId, {etag, bytes: Uint8Array.from(bytes)});
    return fault === undefined ? {kind: 'written', etag} : unclear;
  }
}

/** For tests: one container of documents under ETags. The next requests meet what `writes` and `reads` hold, then all goes well. */
export class InMemoryDocuments implements DocumentStore {
  readonly writes: (WriteFault | DocumentWrite)[] = [];
  readonly reads: DocumentRead[] = [];
  /** Called when a write arrives, before it is judged. */
  onWrite: (document: Stored) => void | Promise<void> = () => {};
  readonly requests: string[] = [];
  readonly #documents = new Map<string, {etag: string; document: Stored}>();
  #etags = 0;

  get(id: string): Stored | undefined {
    return this.#documents.get(id)?.document;
  }

  all(): Stored[] {
    return [...this.#documents.values()].map(({document}) => document);
  }

  /** What somebody else does. */
  put(document: Stored): string {
    const etag = `d${(this.#etags += 1)}`;
    this.#documents.set(document.id, {etag, document: structuredClone(document)});
    return etag;
  }

  delete(id: string): void {
    this.#documents.delete(id);
  }

  async read({id, pk}: {id: string; pk: string}, signal?: AbortSignal): Promise<DocumentRead> {
    abortIfFired(signal);
    this.requests.push(`read ${id}`);
    const fault = this.reads.shift();
    if (fault !== undefined) return fault;
    const found = this.#documents.get(id);
    if (found === undefined || found.document.pk !== pk) return {kind: 'missing'};
    return {kind: 'found', etag: found.etag, document: structuredClone(found.document)};
  }

  async write(document: Stored, ifMatch: string | undefined, signal?: AbortSignal): Promise<DocumentWrite> {
    abortIfFired(signal);
    this.requests.push(`write ${document.id}`);
    await this.onWrite(document);
    abortIfFired(signal);
    const fault = this.writes.shift();
    if (fault === 'never arrives') return unclear;
    if (typeof fault === 'object') return fault;
    if (this.#documents.get(document.id)?.etag !== ifMatch)
      return fault === undefined ? {kind: 'refused'} : unclear;
    const etag = this.put(document);
    return fault === undefined ? {kind: 'written', etag} : unclear;
  }
}

function abortIfFired(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new DOMException('The operation was aborted.', 'AbortError');
}
