/** One event as it is put into the hub. */
export interface WorkloadRecord {
  readonly partitionId: string;
  readonly body: Uint8Array;
  /** When it was enqueued, ms since the epoch. */
  readonly enqueuedTimeMs: number;
}

/** One row of `AzureDiagnostics`, as the Log Analytics emulator takes it. */
export type WorkloadRow = Readonly<Record<string, unknown>> & {
  readonly CorrelationId: string;
  readonly TimeGenerated: string;
  readonly properties_s: string;
  readonly _ingestedAt: string;
};

/**
 * What goes into both services. Records are in the order of enqueueing; all rows of one id become visible together, or
 * there would be more than one right answer.
 */
export interface Workload {
  readonly records: readonly WorkloadRecord[];
  readonly rows: readonly WorkloadRow[];
}
