/** Body size assumed before the first event, bytes: a few kilobytes is usual, and the first batch corrects it. */
const unknownEventBytes = 4096;

export interface CreditShareInput {
  readonly inFlightEventsMax: number;
  readonly inFlightBytesMax: number;
  /** Of the hub: in the worst case all of them are here. */
  readonly partitions: number;
  readonly maxBatchSize: number;
  /** What the SDK asks for at most. */
  readonly prefetch: number;
  /** Mean body size seen on the link, bytes; 0 while unknown. */
  readonly eventBytes: number;
}

/**
 * Events that one link may have outstanding: the partition's part of what may be in flight, less the batch in the
 * consumer's hands. Never under a batch, whatever the number of partitions; but a single event when they are large.
 */
export function creditShare(input: CreditShareInput): number {
  const {inFlightEventsMax, inFlightBytesMax, partitions, maxBatchSize, prefetch, eventBytes} = input;
  const byEvents = Math.max(maxBatchSize, Math.floor(inFlightEventsMax / partitions) - maxBatchSize);
  const byBytes = Math.floor(
    inFlightBytesMax / partitions / (eventBytes > 0 ? eventBytes : unknownEventBytes),
  );
  return Math.max(1, Math.min(byEvents, byBytes, prefetch));
}
