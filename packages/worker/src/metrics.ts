import {deadLetterReasons, type DocumentWrite, type Finding, type LookupAnswer} from '@weir/pipeline';
import {collectDefaultMetrics, Counter, Gauge, Histogram, Registry} from 'prom-client';
import {estimateOutcomes, type EstimateOutcome} from './estimate/threaded-estimator.ts';

/**
 * Everything a worker counts and measures. Units are seconds, bytes, events; counters start at zero for each of their
 * labels, gauges stay absent until they are set. Every record is counted once, where it leaves:
 *
 *     weir_records_total = folded + merged + duplicate + skipped + dead letters + abandoned + the gauge in flight
 */
export type Metrics = ReturnType<typeof createMetrics>;

export type JoinOutcomeLabel = 'matched' | 'unmatched' | 'no id' | 'could not ask';
export type ReceiverRestartReason = 'silent' | 'behind' | 'link lost' | 'other';
export type PauseReason =
  'events waiting' | 'in flight' | 'commit size' | 'dead letters' | 'parked' | 'other';
export type StopReason =
  Finding['kind'] | 'unknown format' | 'parked documents' | 'journal refused' | 'other';

const stopReasons: readonly StopReason[] = [
  'hub made again',
  'journal lost',
  'journal restored',
  'two deployments',
  'another lineage',
  'documents restored',
  'unknown format',
  'parked documents',
  'journal refused',
  'other',
];

/** Regions beyond this many share the label `other`; Azure has some sixty that serve models. */
export const regionLabelsMax = 64;

/** From a journal write nearby to one that hangs until its timeout. */
const commitBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** From the flush interval to a day: diagnostics come minutes later, and an outage lasts hours. */
const endToEndBuckets = [1, 2.5, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 14_400, 86_400];

/** A set of metrics with a registry of its own, so that two workers in one process do not meet. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  const counter = (name: string, help: string) => new Counter({name, help, registers});
  const gauge = (name: string, help: string) => absentGauge(new Gauge({name, help, registers}));
  const counterBy = <Value extends string>(
    name: string,
    help: string,
    labels: {label: string; values: readonly Value[]; rest?: Value},
  ) => new CounterBy<Value>({name, help, registry, ...labels});
  const partitionGauge = (name: string, help: string) => {
    return new Gauge({name, help, registers, labelNames: ['partition'] as const});
  };

  const inFlightEvents = new Gauge({
    name: 'weir_in_flight_events',
    help: 'Records received and not yet counted elsewhere.',
    registers,
  });
  const perPartition = {
    watermarkDelaySeconds: partitionGauge(
      'weir_watermark_delay_seconds',
      'Now less the watermark of the arrival views.',
    ),
    backlogEvents: partitionGauge('weir_backlog_events', 'Events in the hub behind the head.'),
  };
  const partitionStopped = new Gauge({
    name: 'weir_partition_stopped',
    help: '1 while a partition waits for a person.',
    labelNames: ['partition', 'reason'] as const,
    registers,
  });

  return {
    registry,

    // Receiving.
    inputEvents: counter('weir_input_events_total', 'Events delivered, repeats included.'),
    inputBytes: counter('weir_input_bytes_total', 'Bytes of the bodies of delivered events.'),
    rereadEvents: counter('weir_reread_events_total', 'Events read again after a claim.'),
    receiverRestarts: counterBy<ReceiverRestartReason>(
      'weir_receiver_restarts_total',
      'Times a receiver was started again.',
      {label: 'reason', values: ['silent', 'behind', 'link lost', 'other']},
    ),
    partitionsOwned: gauge('weir_partitions_owned', 'Partitions that this worker owns.'),
    pausedSeconds: counterBy<PauseReason>(
      'weir_paused_seconds_total',
      'Seconds in which a partition was not read.',
      {
        label: 'reason',
        values: ['events waiting', 'in flight', 'commit size', 'dead letters', 'parked', 'other'],
      },
    ),
    gapEvents: counter('weir_gap_events_total', 'Sequence numbers that the hub no longer had.'),

    // Where records leave.
    records: counter('weir_records_total', 'Elements of bodies; an undecodable body is one.'),
    foldedEvents: counter('weir_folded_events_total', 'Events counted in a view, at their first fold.'),
    mergedEvents: counter('weir_merged_events_total', 'Halves of a call merged into another.'),
    duplicateEvents: counter('weir_duplicate_events_total', 'Repeats of a request id within the horizon.'),
    skippedEvents: counter('weir_skipped_events_total', 'Records that are known to be no gateway call.'),
    deadLetters: counterBy<string>('weir_dead_letters_total', 'Records set aside with position and reason.', {
      label: 'reason',
      values: [...deadLetterReasons, 'too early', 'too late', 'lost', 'other'],
      rest: 'other',
    }),
    abandonedEvents: counter('weir_abandoned_events_total', 'Records discarded with a lost partition.'),
    inFlightEvents,
    queuedEvents: gauge(
      'weir_queued_events',
      'Events received and not yet read; at most source.inFlightEventsMax.',
    ),
    queuedBytes: gauge(
      'weir_queued_bytes',
      'Their bytes; at most source.inFlightBytesMax, once sizes are known.',
    ),

    // Decoding and event time.
    deserializationErrors: counterBy<string>(
      'weir_deserialization_errors_total',
      'Records that are no event.',
      {
        label: 'reason',
        values: [...deadLetterReasons, 'other'],
        rest: 'other',
      },
    ),
    lateEvents: counter(
      'weir_late_events_total',
      'Events whose time lies too far behind their enqueued time.',
    ),
    earlyEvents: counter(
      'weir_early_events_total',
      'Events whose time lies too far ahead of their enqueued time.',
    ),
    lateClampedEvents: counter('weir_late_clamped_events_total', 'Late events moved to the limit.'),
    earlyClampedEvents: counter('weir_early_clamped_events_total', 'Early events moved to the limit.'),
    outOfOrderEvents: counter('weir_out_of_order_events_total', 'Events older than one before them.'),
    dedupeIds: gauge('weir_dedupe_ids', 'Request ids remembered.'),
    dedupeEvicted: counter('weir_dedupe_evicted_total', 'Request ids forgotten before their horizon.'),

    // Estimating tokens.
    tokenEstimates: counterBy<EstimateOutcome>(
      'weir_token_estimates_total',
      'Calls whose texts were to be counted.',
      {label: 'outcome', values: estimateOutcomes},
    ),

    // The join.
    joinOutcomes: counterBy<JoinOutcomeLabel>('weir_join_outcomes_total', 'How the join of an event ended.', {
      label: 'outcome',
      values: ['matched', 'unmatched', 'no id', 'could not ask'],
    }),
    joinWaiting: gauge('weir_join_waiting', 'Events waiting for their diagnostics.'),
    lookupQueries: counterBy<LookupAnswer['kind']>('weir_lookup_queries_total', 'Queries to Log Analytics.', {
      label: 'outcome',
      values: ['complete', 'partial', 'tooSlow', 'throttled', 'unavailable', 'forbidden'],
    }),
    lookupRows: counter('weir_lookup_rows_total', 'Rows in complete answers.'),
    rowsAhead: gauge('weir_rows_ahead', 'Rows kept that came ahead of their event.'),
    rowsAheadDropped: counter(
      'weir_rows_ahead_dropped_total',
      'Rows ahead of their event dropped at join.rowsAheadMax.',
    ),
    rowsLate: counter('weir_rows_late_total', 'Rows that came after their event was settled.'),
    rowsDuplicate: counter('weir_rows_duplicate_total', 'Further rows for an id in one answer.'),
    backendAttempts: new RegionCounter({
      name: 'weir_backend_attempts_total',
      help: 'Diagnostics that no event waits for: failed attempts behind a retry of the gateway.',
      registry,
    }),
    feedLagSeconds: gauge('weir_feed_lag_seconds', 'How far the feed is behind the service.'),

    // Commit, apply, output.
    commitSeconds: new Histogram({
      name: 'weir_commit_seconds',
      help: 'From taking a commit to its being in the journal.',
      buckets: commitBuckets,
      registers,
    }),
    commitBytes: gauge('weir_commit_bytes', 'Compressed size of the largest current commit of a partition.'),
    openRecords: gauge('weir_open_records', 'Records up to the heads that still owe something.'),
    carryDeltas: gauge('weir_carry_deltas', 'Deltas whose documents are not due yet.'),
    parkedDocuments: gauge('weir_parked_documents', 'Documents whose deltas Cosmos DB refuses.'),
    expiredDeltas: counter('weir_expired_deltas_total', 'Deltas for documents past their retention.'),
    lostRecords: counter('weir_lost_records_total', 'Open records whose events expired before a restart.'),
    outputWrites: counterBy<DocumentWrite['kind']>('weir_output_writes_total', 'Writes of documents.', {
      label: 'outcome',
      values: ['written', 'refused', 'unclear', 'throttled', 'unacceptable', 'forbidden'],
    }),
    outputRequestUnits: counter('weir_output_request_units_total', 'Request units charged.'),
    outputThrottles: counter('weir_output_throttles_total', 'Requests that Cosmos DB throttled.'),
    outputConcurrency: gauge('weir_output_concurrency', 'Requests to Cosmos DB that may be under way now.'),
    endToEndSeconds: endToEnd(registers),

    // Per partition; absent for partitions that this worker does not own.
    ...perPartition,
    partitionStopped,
    /** Removes what was said of a partition that went to another worker. */
    forgetPartition(partition: string): void {
      for (const perOne of Object.values(perPartition)) perOne.remove({partition});
      for (const reason of stopReasons) partitionStopped.remove({partition, reason});
    },
  };
}

/** Adds what Node.js measures of this process: memory, event loop, garbage collection. */
export function collectProcessMetrics({registry}: Pick<Metrics, 'registry'>): void {
  collectDefaultMetrics({register: registry});
}

/** A counter with one label of a closed set, all of it there from the start. */
export class CounterBy<Value extends string> {
  readonly #counter: Counter;
  readonly #label: string;
  readonly #values: ReadonlySet<string>;
  readonly #rest: Value | undefined;

  /** `rest` takes what is not in `values`, for labels that another package defines. */
  constructor(options: {
    name: string;
    help: string;
    label: string;
    values: readonly Value[];
    rest?: Value;
    registry: Registry;
  }) {
    const {name, help, label, values, rest, registry} = options;
    this.#counter = new Counter({name, help, labelNames: [label], registers: [registry]});
    this.#label = label;
    this.#values = new Set(values);
    this.#rest = rest;
    for (const value of values) this.#counter.inc({[label]: value}, 0);
  }

  /** Adds `by`, 0 or more. */
  inc(value: Value, by = 1): void {
    const known = this.#values.has(value) ? value : (this.#rest ?? value);
    this.#counter.inc({[this.#label]: known}, by);
  }
}

/** A counter by region. Regions come from data, so their number is bounded here: later ones count as `other`. */
export class RegionCounter {
  readonly #counter: Counter<'region'>;
  readonly #seen = new Set<string>(['unknown', 'other']);

  constructor({name, help, registry}: {name: string; help: string; registry: Registry}) {
    this.#counter = new Counter({name, help, labelNames: ['region'], registers: [registry]});
    for (const region of this.#seen) this.#counter.inc({region}, 0);
  }

  inc(region: string, by = 1): void {
    if (this.#seen.size < regionLabelsMax) this.#seen.add(region);
    this.#counter.inc({region: this.#seen.has(region) ? region : 'other'}, by);
  }
}

/** The client sets a gauge without labels to 0, which would be a claim. */
function absentGauge(gauge: Gauge): Gauge {
  gauge.remove();
  return gauge;
}

function endToEnd(registers: Registry[]): Histogram<'view_kind'> {
  const histogram = new Histogram({
    name: 'weir_end_to_end_seconds',
    help: 'From an event’s enqueued time to its document being written.',
    labelNames: ['view_kind'] as const,
    buckets: endToEndBuckets,
    registers,
  });
  for (const viewKind of ['arrival', 'resolved'] as const) histogram.zero({view_kind: viewKind});
  return histogram;
}
