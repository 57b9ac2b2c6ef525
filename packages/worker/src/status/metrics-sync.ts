import type {WriteGovernor} from '@weir/azure';
import type {PartitionPipeline} from '@weir/pipeline';
import type {Metrics, PauseReason as PauseLabel} from '../metrics.ts';
import type {PartitionSession, PauseReason} from '../partition/partition-session.ts';
import type {Worker} from '../worker.ts';

/** The worker's counts only ever grow; this remembers what of them the counters have. */
type Seen = Record<string, number>;

const pauseLabels: Readonly<Record<PauseReason, PauseLabel>> = {
  'handing over': 'other',
  'waiting for diagnostics': 'events waiting',
  'dead letters': 'dead letters',
  'journal size': 'commit size',
  'pending groups': 'other',
  'refused documents': 'parked',
};

/**
 * Carries the counts of sessions, join and output into the metrics, once a second: the hot path adds to plain numbers
 * and knows no metrics library. A session that ends is carried over a last time with `sessionEnded`.
 */
export class MetricsSync {
  readonly #metrics: Metrics;
  readonly #seen = new WeakMap<object, Seen>();

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  sync({
    worker,
    governor,
    queued,
    nowMs,
    elapsedMs,
  }: {
    worker: Worker;
    governor: WriteGovernor;
    queued: {events: number; bytes: number};
    nowMs: number;
    elapsedMs: number;
  }): void {
    const m = this.#metrics;
    const sums = {open: 0, inFlight: 0, carry: 0, parked: 0, ids: 0, bytes: 0, owned: 0};
    for (const session of worker.sessions) {
      this.session(session);
      const {pipeline, partitionId: partition} = session;
      sums.owned += 1;
      m.partitionStopped.set(
        {partition, reason: session.stopReason ?? 'other'},
        session.state === 'stopped' ? 1 : 0,
      );
      if (session.pause !== undefined) m.pausedSeconds.inc(pauseLabels[session.pause], elapsedMs / 1000);
      if (pipeline === undefined) continue;
      sums.open += pipeline.openCount;
      sums.inFlight += pipeline.halvesWaiting;
      sums.carry += pipeline.committed.carryCount;
      sums.parked += pipeline.committed.parkedCount;
      sums.ids += pipeline.seenIds.size;
      sums.bytes = Math.max(sums.bytes, session.totals.journalBytes);
      m.watermarkDelaySeconds.set({partition}, Math.max(0, nowMs - pipeline.watermarks.arrivalMs) / 1000);
      if (session.lagMs(nowMs) === 0) m.backlogEvents.set({partition}, 0);
    }
    m.partitionsOwned.set(sums.owned);
    m.openRecords.set(sums.open);
    m.inFlightEvents.set(sums.inFlight);
    m.carryDeltas.set(sums.carry);
    m.parkedDocuments.set(sums.parked);
    m.dedupeIds.set(sums.ids);
    m.commitBytes.set(sums.bytes);
    m.queuedEvents.set(queued.events);
    m.queuedBytes.set(queued.bytes);
    m.joinWaiting.set(worker.join.waiting);
    m.rowsAhead.set(worker.join.rowsAhead);
    m.outputConcurrency.set(governor.width);
    const {feedLagMs} = worker.lookup;
    if (feedLagMs === undefined) m.feedLagSeconds.remove();
    else m.feedLagSeconds.set(feedLagMs / 1000);
    this.#join(worker);
    for (const {region} of worker.takeOrphans()) m.backendAttempts.inc(region);
  }

  /** One session's counts; called a last time when it ends. */
  session(session: PartitionSession): void {
    const m = this.#metrics;
    if (session.pipeline !== undefined) this.#pipeline(session.pipeline);
    const grown = this.#grown(session, session.totals);
    m.expiredDeltas.inc(grown('expired'));
  }

  #pipeline(pipeline: PartitionPipeline): void {
    const m = this.#metrics;
    const {counts} = pipeline;
    const {deadLetters, ...numbers} = counts;
    const grown = this.#grown(counts, numbers);
    m.inputEvents.inc(grown('inputEvents'));
    m.inputBytes.inc(grown('inputBytes'));
    m.records.inc(grown('records'));
    m.foldedEvents.inc(grown('folded'));
    m.mergedEvents.inc(grown('merged'));
    m.duplicateEvents.inc(grown('duplicates'));
    m.abandonedEvents.inc(grown('abandoned'));
    m.skippedEvents.inc(grown('skipped'));
    m.rereadEvents.inc(grown('reread'));
    const [tooEarly, tooLate, clampedEarly, clampedLate] = [
      grown('tooEarly'),
      grown('tooLate'),
      grown('clampedEarly'),
      grown('clampedLate'),
    ];
    m.earlyEvents.inc(tooEarly + clampedEarly);
    m.lateEvents.inc(tooLate + clampedLate);
    m.earlyClampedEvents.inc(clampedEarly);
    m.lateClampedEvents.inc(clampedLate);
    m.outOfOrderEvents.inc(grown('outOfOrder'));
    m.joinOutcomes.inc('no id', grown('noId'));
    m.lostRecords.inc(grown('lost'));
    m.gapEvents.inc(grown('gapEvents'));
    const byReason = this.#grown(deadLetters, Object.fromEntries(deadLetters));
    for (const reason of deadLetters.keys()) {
      const more = byReason(reason);
      m.deadLetters.inc(reason, more);
      if (reason !== 'too early' && reason !== 'too late') m.deserializationErrors.inc(reason, more);
    }
    const evicted = this.#grown(pipeline, {evicted: pipeline.seenIds.evicted});
    m.dedupeEvicted.inc(evicted('evicted'));
  }

  #join({join}: Worker): void {
    const m = this.#metrics;
    const grown = this.#grown(join, {...join.counts});
    m.joinOutcomes.inc('matched', grown('matched'));
    m.joinOutcomes.inc('unmatched', grown('neverCame'));
    m.joinOutcomes.inc('could not ask', grown('couldNotAsk'));
    m.lookupRows.inc(grown('rows'));
    m.rowsDuplicate.inc(grown('rowsDuplicate'));
    m.rowsLate.inc(grown('rowsLate'));
    m.rowsAheadDropped.inc(grown('rowsAheadDropped'));
  }

  #grown(of: object, now: Readonly<Record<string, number>>): (name: string) => number {
    const seen: Seen = this.#seen.get(of) ?? {};
    this.#seen.set(of, seen);
    return (name) => {
      const more = (now[name] ?? 0) - (seen[name] ?? 0);
      seen[name] = now[name] ?? 0;
      return more;
    };
  }
}
