import type {DiagnosticsRow, EncodedDelta, RecordCounts} from '@weir/pipeline';
import type {ConfigFlags, ServiceName} from '../../command-config.ts';
import type {RowsQuery} from '../asked-rows.ts';
import type {ReplayPlan, TimeRange} from '../replay-plan.ts';
import type {ReadSpan} from '../replayed-window.ts';
import type {PackedRows} from '../rows/row-words.ts';
import type {SharedRows} from '../rows/row-table.ts';

/** Where a thread reads its configuration itself: shapes are functions, which cannot be handed over. */
export interface ConfigSource {
  readonly fileName: string | undefined;
  readonly flags: ConfigFlags;
  readonly needs: readonly ServiceName[];
}

/** What a thread is started with. */
export interface ThreadStart {
  readonly config: ConfigSource;
  readonly plan: ReplayPlan;
  /** Rows of diagnostics that are kept, by `TimeGenerated`. */
  readonly generated: TimeRange;
  /** The service's clock less the local one, ms. */
  readonly serviceOffsetMs: number;
}

/** Work for a thread; done in the order of sending, and each answered with `done`. */
export type Job =
  /** Whole lines of a file of diagnostics. */
  | {readonly kind: 'rows'; readonly bytes: ArrayBuffer}
  /** Where rows come from is known. Comes before the first events. */
  | {readonly kind: 'begin'; readonly rows: SharedRows | 'asked' | 'none'}
  /** Whole lines of a file of events, of the thread's partitions. */
  | {readonly kind: 'events'; readonly bytes: ArrayBuffer}
  /** A file of Event Hubs Capture. */
  | {readonly kind: 'capture'; readonly partition: string; readonly path: string}
  /** There are no more events. */
  | {readonly kind: 'end'};

export type ToThread =
  Job | {readonly kind: 'answer'; readonly query: number; readonly rows: readonly DiagnosticsRow[]};

/** What a thread found of its partitions. */
export interface ThreadPart {
  readonly documents: readonly EncodedDelta[];
  readonly read: ReadonlyMap<string, ReadSpan>;
  readonly undecided: number;
  readonly counts: RecordCounts;
}

export type FromThread =
  | {readonly kind: 'done'; readonly rows?: PackedRows; readonly part?: ThreadPart}
  /** Since the message before. */
  | {readonly kind: 'read'; readonly events: number; readonly isBare: boolean}
  | {readonly kind: 'ask'; readonly query: number; readonly for: RowsQuery}
  | {readonly kind: 'failed'; readonly name: string; readonly message: string};
