import {
  addContributions,
  formatAggregate,
  isPastRetention,
  newAggregate,
  readAggregate,
  UnreadableDocumentError,
  type AggregateState,
  type Contribution,
  type DocumentTarget,
  type RetentionMs,
} from '@weir/pipeline';
import {LRUCache} from 'lru-cache';
import pLimit from 'p-limit';
import {Backoff, serviceBackoff} from '../backoff.ts';
import type {WorkerPorts} from '../ports.ts';
import type {ReportTrouble} from '../trouble.ts';
import {NewShare} from './new-share.ts';

/** Copies of documents that a confirmed answer gave, about 4 kB each; others are read before they are written. */
const copiesMax = 10_000;
/** Nothing can be written until a person acts, so asking often is only noise. */
const forbiddenRetryMs = 10_000;
/** Documents with a read or write under way; the store's own governor decides how many requests are. */
const documentsAtATime = 256;

/** What became of one contribution. */
export type Applied =
  /** It is in the document, by this write or an earlier one. */
  | {readonly kind: 'applied'}
  /** The document is gone with its retention and is not made again. */
  | {readonly kind: 'expired'}
  /** Refused for good; `reason` is fit for a log line. */
  | {readonly kind: 'parked'; readonly reason: string}
  /** Its partition was lost, or the worker stops, before it was written. */
  | {readonly kind: 'abandoned'};

interface Pending {
  readonly contribution: Contribution;
  readonly signal: AbortSignal;
  readonly done: (applied: Applied) => void;
}

/** A document as a confirmed answer gave it. */
interface Copy {
  readonly etag: string;
  readonly target: DocumentTarget;
  readonly document: Readonly<Record<string, unknown>>;
}

/**
 * Merges the contributions of all partitions of a worker into aggregate documents. Writes of one document are serial:
 * what comes while one is under way waits and goes, together, into the next. So cost follows documents, not
 * partitions; If-Match and `stateApplied` keep it right against other workers.
 */
export class DocumentWriter {
  readonly #ports: Pick<WorkerPorts, 'aggregates' | 'clock' | 'random'>;
  readonly #retentionMs: RetentionMs;
  readonly #report: ReportTrouble;
  readonly #copies = new LRUCache<string, Copy>({max: copiesMax});
  readonly #pending = new Map<string, Pending[]>();
  readonly #newShare = new NewShare();
  readonly #limit = pLimit(documentsAtATime);

  constructor(options: {
    ports: Pick<WorkerPorts, 'aggregates' | 'clock' | 'random'>;
    retentionMs: RetentionMs;
    report: ReportTrouble;
  }) {
    this.#ports = options.ports;
    this.#retentionMs = options.retentionMs;
    this.#report = options.report;
  }

  /** Documents that wait for a write or have one under way. */
  get documentsPending(): number {
    return this.#pending.size;
  }

  /** Documents as Cosmos DB confirmed them last; bounded, so not all that were ever written. */
  copies(): Iterable<{
    readonly target: DocumentTarget;
    readonly document: Readonly<Record<string, unknown>>;
  }> {
    return this.#copies.values();
  }

  /** Resolves when the contribution is in its document, or never will be. @param signal fires when its partition is lost */
  add(target: DocumentTarget, contribution: Contribution, signal: AbortSignal): Promise<Applied> {
    return new Promise((done) => {
      const entry: Pending = {contribution, signal, done};
      const pending = this.#pending.get(target.id);
      if (pending !== undefined) pending.push(entry);
      else {
        this.#pending.set(target.id, [entry]);
        void this.#writeAll(target);
      }
    });
  }

  async #writeAll(target: DocumentTarget): Promise<void> {
    // What the same tick still adds goes into the first write.
    await Promise.resolve();
    for (;;) {
      const batch = this.#pending.get(target.id)!;
      if (batch.length === 0) break;
      await this.#limit(() => {
        // What came while this document waited for its turn goes into the same write.
        const waiting = this.#pending.get(target.id)!;
        this.#pending.set(target.id, []);
        return this.#write(target, waiting);
      });
    }
    this.#pending.delete(target.id);
  }

  async #write(target: DocumentTarget, batch: readonly Pending[]): Promise<void> {
    const backoff = new Backoff({...this.#ports, steps: serviceBackoff});
    let waiting = batch;
    let first: 'may create unread' | 'reads' = 'may create unread';
    for (;;) {
      // A partition that was lost meanwhile is left out; what it had is its next owner's.
      for (const entry of waiting) if (entry.signal.aborted) entry.done({kind: 'abandoned'});
      waiting = waiting.filter(({signal}) => !signal.aborted);
      if (waiting.length === 0) return;
      const outcome = await this.#tryWrite(target, waiting, first);
      first = 'reads';
      if (outcome.kind !== 'again') {
        for (const entry of waiting) entry.done(outcome);
        return;
      }
      await backoff.wait(AbortSignal.any(waiting.map(({signal}) => signal)), outcome.afterMs);
    }
  }

  /** One read, where there is no copy and a document is likely, and one write. */
  async #tryWrite(
    target: DocumentTarget,
    batch: readonly Pending[],
    first: 'may create unread' | 'reads',
  ): Promise<Applied | {kind: 'again'; afterMs: number}> {
    const {aggregates, clock} = this.#ports;
    const retentionMs = this.#retentionMs[target.grain];
    const known = this.#copies.get(target.id);
    // A create is refused where there is a document; then the next try reads it.
    const createsUnread =
      known === undefined &&
      first === 'may create unread' &&
      this.#newShare.isLikely &&
      !isPastRetention(target, retentionMs, clock.now());
    const copy = known ?? (createsUnread ? undefined : await this.#read(target));
    if (copy !== undefined && 'kind' in copy) return copy;
    const nowMs = clock.now();
    if (copy === undefined && isPastRetention(target, retentionMs, nowMs)) return {kind: 'expired'};
    let state: AggregateState;
    try {
      state = copy === undefined ? newAggregate(target) : readAggregate(target, copy.document);
    } catch (error) {
      if (!(error instanceof UnreadableDocumentError)) throw error;
      // The next try must see whether somebody has mended it.
      this.#copies.delete(target.id);
      return {kind: 'parked', reason: `the document cannot be read: ${error.message}`};
    }
    // Built from the copy each time and kept only once the write is confirmed: a refused write must leave no trace.
    if (
      addContributions(
        state,
        batch.map(({contribution}) => contribution),
      ) === 0
    )
      return {kind: 'applied'};
    const document = formatAggregate(state, {nowMs, retentionMs});
    const answer = await aggregates.write(document, copy?.etag);
    if (createsUnread && (answer.kind === 'written' || answer.kind === 'refused')) {
      this.#newShare.learn(answer.kind === 'written');
    }
    if (answer.kind === 'written') {
      this.#copies.set(target.id, {etag: answer.etag, target, document});
      return {kind: 'applied'};
    }
    this.#copies.delete(target.id);
    switch (answer.kind) {
      case 'refused':
        return {kind: 'again', afterMs: 0};
      case 'unclear':
        this.#trouble(
          'write',
          `A write to Cosmos DB was not answered (${answer.cause}). The worker reads the document and compares before it tries again.`,
        );
        return {kind: 'again', afterMs: 0};
      case 'throttled':
        this.#throttled();
        return {kind: 'again', afterMs: answer.retryAfterMs};
      case 'unacceptable':
        return {kind: 'parked', reason: answer.reason};
      case 'forbidden':
        this.#trouble(
          'forbidden',
          `Cosmos DB refuses to be written (${answer.reason}). Commits wait until that is mended; nothing is lost.`,
        );
        return {kind: 'again', afterMs: forbiddenRetryMs};
    }
  }

  async #read(target: DocumentTarget): Promise<Copy | undefined | {kind: 'again'; afterMs: number}> {
    const {id, pk} = target;
    const answer = await this.#ports.aggregates.read({id, pk});
    switch (answer.kind) {
      case 'found': {
        const copy = {etag: answer.etag, target, document: answer.document};
        this.#copies.set(id, copy);
        this.#newShare.learn(false);
        return copy;
      }
      case 'missing':
        this.#newShare.learn(true);
        return undefined;
      case 'throttled':
        this.#throttled();
        return {kind: 'again', afterMs: answer.retryAfterMs};
      case 'unavailable':
        this.#trouble('read', `Cosmos DB could not be read (${answer.cause}). The worker tries again.`);
        return {kind: 'again', afterMs: answer.retryAfterMs ?? 0};
    }
  }

  #throttled(): void {
    this.#trouble(
      'throttled',
      'Cosmos DB answers 429: its request units are used up. The worker writes more slowly and drops nothing; raise the RU/s of the container if this lasts.',
    );
  }

  #trouble(kind: string, message: string): void {
    this.#report({layer: 'Cosmos DB', kind, message});
  }
}
