/**
 * Where an event stands in its partition. The sequence number gives the order; the offset is an opaque token
 * (geo-replicated namespaces do not use numbers) and is only good for resuming behind it.
 */
export interface Position {
  readonly sequenceNumber: number;
  readonly offset: string;
}

/** Before the first event: Event Hubs reads the offset `-1` as the start of the retained log. */
export const startOfLog: Position = {sequenceNumber: -1, offset: '-1'};

/** One event source partition: what a journal, a fence and an entry of `stateApplied` belong to. */
export interface SourcePartition {
  /** Fully qualified host name, lower case. */
  readonly namespace: string;
  readonly hub: string;
  readonly group: string;
  readonly partitionId: string;
}
