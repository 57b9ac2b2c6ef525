import type {AggregateDelta, DeltaMap} from '../fold/aggregate-delta.ts';
import type {Fold} from '../fold/fold.ts';
import type {PartitionPipelineOptions, PartitionStart} from '../partition-pipeline.ts';
import type {ReceivedEvent} from '../ports.ts';
import {encodeCommit} from './commit-codec.ts';
import type {Commit, DeadLetter, ParkedDelta, Watermarks} from './commit.ts';
import type {OpenRangesWriter} from './open-ranges.ts';
import {PositionMarks, type Mark} from './position-marks.ts';
import {isRefreshDue} from './refresh.ts';

/** Events of one moment are folded out of order by about as long as a call takes. */
const arrivalSlackMs = 120_000;

/** A commit with the very bytes to write, however often the write has to be repeated. */
export interface TakenCommit {
  readonly commit: Commit;
  readonly bytes: Uint8Array;
}

interface Take {
  readonly nowMs: number;
  readonly author: string;
  readonly carries: 'as due' | 'hand over';
  readonly evenIfUnchanged?: boolean;
  readonly head: Mark;
  readonly fold: Fold;
  readonly deadLetters: readonly DeadLetter[];
  readonly greatestEventTimeMs: number;
  readonly openChanged: boolean;
  /** Asked for only when a commit is made: it walks all open records. */
  readonly openState: () => OpenState;
}

/** The records that still owe something. */
export interface OpenState {
  readonly open: OpenRangesWriter;
  /** The first one's sequence number. */
  readonly oldestOpen: number | undefined;
  /** The least event time of them; -Infinity: not known, because they have not been read again yet. */
  readonly oldestOpenEventTimeMs: number;
  /** The least event time of what is not folded yet, because its call may have another half; Infinity for nothing. */
  readonly oldestHalfEventTimeMs: number;
}

/**
 * Numbers the commits of a partition and keeps what passes from one to the next: the deltas carried until their
 * document's refresh, those parked, and the positions that reading can resume behind.
 */
export class CommitBuilder {
  readonly #options: Pick<PartitionPipelineOptions, 'refreshMs' | 'dedupe' | 'carryBytesMax'>;
  readonly #hubCreatedAt: string;
  readonly lineage: string;
  #n: number;
  #committedHead: number;
  #carry: DeltaMap = new Map();
  readonly #parked = new Map<string, ParkedDelta[]>();
  #parkedChanged = false;
  readonly #marks: PositionMarks;
  #frontier: Mark;
  #resume: Mark;
  #watermarks: Watermarks;
  #readToEndMs = 0;
  /** Time of the commit before; 0 makes every carried delta due. */
  #previousMs = 0;
  #bytes = 0;

  constructor(options: PartitionPipelineOptions, start: PartitionStart) {
    this.#options = options;
    if (start.kind === 'new') {
      this.lineage = start.lineage;
      this.#hubCreatedAt = start.hubCreatedAt;
      this.#n = 0;
      this.#committedHead = Number.NaN; // so that the first commit is due as soon as anything is known
      this.#frontier = this.#resume = start.at;
      this.#watermarks = {arrivalMs: 0, resolvedMs: 0};
    } else {
      const {commit} = start;
      this.lineage = commit.lineage;
      this.#hubCreatedAt = commit.hubCreatedAt;
      this.#n = commit.n;
      this.#committedHead = commit.head.sequenceNumber;
      this.#frontier = commit.frontier;
      this.#resume = commit.resume;
      this.#watermarks = commit.watermarks;
      for (const delta of commit.carry) this.#carry.set(delta.target.id, delta);
      this.park(commit.parked);
      this.#parkedChanged = false;
    }
    this.#marks = new PositionMarks(this.#resume);
  }

  get n(): number {
    return this.#n;
  }

  get carryCount(): number {
    return this.#carry.size;
  }

  /** Documents with parked deltas. */
  get parkedCount(): number {
    return this.#parked.size;
  }

  /** `resolvedMs` as of the last commit, `arrivalMs` as of now: it does not pass what is not folded yet. */
  watermarks(oldestHalfEventTimeMs: number): Watermarks {
    const {arrivalMs, resolvedMs} = this.#watermarks;
    const reachedMs = Math.min(this.#readToEndMs - arrivalSlackMs, oldestHalfEventTimeMs);
    return {arrivalMs: Math.max(arrivalMs, reachedMs), resolvedMs};
  }

  get parked(): readonly ParkedDelta[] {
    return [...this.#parked.values()].flat();
  }

  /** Deltas of all parked documents. */
  get parkedDeltas(): number {
    let count = 0;
    for (const queue of this.#parked.values()) count += queue.length;
    return count;
  }

  get frontier(): Mark {
    return this.#frontier;
  }

  get resume(): Mark {
    return this.#resume;
  }

  /** An event was read, perhaps again. */
  passed({sequenceNumber, offset, enqueuedTimeMs}: ReceivedEvent): void {
    if (this.#marks.wants(enqueuedTimeMs)) this.#marks.add({sequenceNumber, offset, enqueuedTimeMs});
  }

  readToEnd(nowMs: number): void {
    this.#readToEndMs = nowMs;
  }

  park(parked: readonly ParkedDelta[]): void {
    for (const entry of parked) {
      const queue = this.#parked.get(entry.delta.target.id);
      if (queue === undefined) this.#parked.set(entry.delta.target.id, [entry]);
      else queue.push(entry);
      this.#parkedChanged = true;
    }
  }

  /** These were applied after all; what was parked behind them since stays. */
  unpark(documentId: string, applied: readonly ParkedDelta[]): void {
    const left = this.#parked.get(documentId)?.filter((entry) => !applied.includes(entry)) ?? [];
    if (left.length === 0) this.#parked.delete(documentId);
    else this.#parked.set(documentId, left);
    this.#parkedChanged = true;
  }

  take(take: Take): TakenCommit | undefined {
    const {nowMs, head, fold} = take;
    // A clock that was set back must not keep documents waiting until it has caught up.
    this.#previousMs = Math.min(this.#previousMs, nowMs);
    const changed =
      take.evenIfUnchanged === true ||
      fold.size > 0 ||
      take.deadLetters.length > 0 ||
      take.openChanged ||
      this.#parkedChanged ||
      head.sequenceNumber !== this.#committedHead;
    const movesCarry = take.carries === 'hand over' || this.#bytes > this.#options.carryBytesMax;
    const isDue = (delta: AggregateDelta): boolean => movesCarry || this.#isDue(delta, nowMs);
    if (!changed && ![...this.#carry.values()].some(isDue)) return undefined;

    fold.take(this.#carry);
    const n = this.#n + 1;
    const deltas: AggregateDelta[] = [];
    for (const [id, delta] of this.#carry) {
      if (!isDue(delta)) continue;
      this.#carry.delete(id);
      // Later deltas of a parked document queue behind it, under their own number.
      const parked = this.#parked.get(id);
      if (parked === undefined) deltas.push(delta);
      else parked.push({lineage: this.lineage, n, delta});
    }
    const {open, ...openState} = take.openState();
    this.#moveMarks({...take, ...openState});
    const commit: Commit = {
      lineage: this.lineage,
      n,
      author: take.author,
      hubCreatedAt: this.#hubCreatedAt,
      head,
      frontier: this.#frontier,
      resume: this.#resume,
      open: open.ranges(),
      deltas,
      carry: [...this.#carry.values()],
      parked: this.parked,
      deadLetters: take.deadLetters,
      watermarks: this.#watermarks,
    };
    const bytes = encodeCommit(commit);
    this.#n = n;
    this.#previousMs = nowMs;
    this.#committedHead = head.sequenceNumber;
    this.#parkedChanged = false;
    this.#bytes = bytes.byteLength;
    return {commit, bytes};
  }

  #isDue({target: {id, grain}}: AggregateDelta, nowMs: number): boolean {
    return isRefreshDue({id, refreshMs: this.#options.refreshMs[grain], previousMs: this.#previousMs, nowMs});
  }

  #moveMarks({
    head,
    oldestOpen,
    oldestOpenEventTimeMs,
    oldestHalfEventTimeMs,
    greatestEventTimeMs,
  }: Take & Omit<OpenState, 'open'>): void {
    const settled = oldestOpen === undefined ? head : this.#marks.before(oldestOpen);
    // Marks are sparse: the last one before an open record may lie behind what was settled before.
    if (settled.sequenceNumber > this.#frontier.sequenceNumber) this.#frontier = settled;
    const horizon = this.#marks.enqueuedBefore(head.enqueuedTimeMs - this.#options.dedupe.horizonMs);
    this.#resume = horizon.sequenceNumber < this.#frontier.sequenceNumber ? horizon : this.#frontier;
    this.#marks.dropBefore(this.#resume);
    const arrivalMs = Math.max(
      this.watermarks(oldestHalfEventTimeMs).arrivalMs,
      Math.min(greatestEventTimeMs - arrivalSlackMs, oldestHalfEventTimeMs),
    );
    const resolvedMs =
      oldestOpenEventTimeMs === -Infinity
        ? this.#watermarks.resolvedMs
        : Math.min(arrivalMs, oldestOpenEventTimeMs);
    this.#watermarks = {arrivalMs, resolvedMs};
  }
}
