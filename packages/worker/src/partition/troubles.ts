import type {DeadLetter, RecordPlace, SequenceGap} from '@weir/pipeline';
import type {Trouble} from '../trouble.ts';

/** Why reading waits; shown on the status page and as a metric's label. */
export type PauseReason =
  | 'handing over'
  | 'waiting for diagnostics'
  | 'dead letters'
  | 'journal size'
  | 'pending groups'
  | 'refused documents';

/** What a person is told about one partition: what happened, what the worker does, what they can do. */
export const partitionTroubles = {
  jump: (partitionId: string, {before, after}: SequenceGap): Trouble => ({
    layer: 'Event Hubs',
    kind: 'jump',
    message: `Partition ${partitionId} jumps over ${before - after - 1} events after sequence number ${after}. The worker reads once more from its own position to see whether they come.`,
    partitionId,
  }),

  gap: (partitionId: string, {before, after}: SequenceGap): Trouble => ({
    layer: 'Event Hubs',
    kind: 'gap',
    message: `Partition ${partitionId} lacks ${before - after - 1} events, sequence numbers ${after + 1} to ${before - 1}: they expired before they were read. The worker goes on behind them; raise the hub's retention if it was down or behind for long.`,
    partitionId,
    fields: {missing: before - after - 1, after, before},
  }),

  setAside: (partitionId: string, {sequenceNumber, index, reason, layer}: DeadLetter): Trouble => ({
    layer: 'input',
    kind: reason,
    message: `A record of partition ${partitionId} is set aside as a dead letter: ${reason}. Sequence number ${sequenceNumber}, record ${index}, found at ${layer}. The events around it are counted; see what the gateway sends there.`,
    partitionId,
    fields: {sequenceNumber, index},
  }),

  lost: (partitionId: string, lost: readonly RecordPlace[]): Trouble => ({
    layer: 'Event Hubs',
    kind: 'lost',
    message: `${lost.length} events of partition ${partitionId}, sequence numbers ${lost[0]?.sequenceNumber} to ${lost.at(-1)?.sequenceNumber}, waited for their diagnostics, or for the other half of their call, and expired in the event hub before they were read again. They are in the arrival views (not where a half was missing), not in the resolved ones, and are dead-lettered.`,
    partitionId,
  }),

  hubUnknown: (partitionId: string, cause: string): Trouble => ({
    layer: 'Event Hubs',
    kind: 'hub facts',
    message: `The event hub did not tell when it was made (${cause}). The worker lets partition ${partitionId} go and claims it again.`,
    partitionId,
  }),

  stopped: (partitionId: string, finding: string): Trouble => ({
    layer: 'worker',
    kind: 'stopped',
    message: `Partition ${partitionId} is stopped: ${finding} The other partitions go on.`,
    partitionId,
  }),

  ownedElsewhere: (partitionId: string, cause: string): Trouble => ({
    layer: 'worker',
    kind: 'partition lost',
    message: `Partition ${partitionId} has another owner: ${cause}. The worker discards what it has in memory for it; the other owner goes on from the journal.`,
    partitionId,
  }),

  parked: (partitionId: string, documentId: string, reason: string, deltas: number): Trouble => ({
    layer: 'Cosmos DB',
    kind: 'parked',
    message: `Cosmos DB refused document ${documentId} for good (${reason}). Its deltas are kept in the journal, ${deltas} of this partition in all, and tried again every minute.`,
    partitionId,
  }),

  dedupeFull: (partitionId: string, evicted: number): Trouble => ({
    layer: 'worker',
    kind: 'dedupe full',
    message: `Partition ${partitionId} forgot ${evicted} request ids before their horizon had passed, because more came than dedupe.idsMax allows. A repeat of one of them counts again; raise dedupe.idsMax or shorten dedupe.horizon.`,
    partitionId,
  }),

  paused: (partitionId: string, pause: Exclude<PauseReason, 'handing over'>): Trouble => ({
    layer: pause === 'refused documents' ? 'Cosmos DB' : 'worker',
    kind: pause === 'refused documents' ? 'parked limit' : 'paused',
    message: `Partition ${partitionId} is not read for now: ${pauseSentences[pause]}. Nothing is lost.`,
    partitionId,
  }),

  bug: (partitionId: string, error: unknown): Trouble => ({
    layer: 'worker',
    kind: 'bug',
    message: `Partition ${partitionId} met an unexpected error (${error instanceof Error ? `${error.name}: ${error.message}` : 'no error object'}). The worker discards its memory and recovers from the journal.`,
    partitionId,
  }),
} as const;

const pauseSentences: Readonly<Record<Exclude<PauseReason, 'handing over'>, string>> = {
  'waiting for diagnostics':
    'as many events wait for their diagnostics as memory is set to hold (join.waitingMax). Arrival views stand still too; see whether Log Analytics answers',
  'dead letters':
    'many dead letters wait for a commit. It goes on after the commit; see what the gateway sends',
  'journal size':
    'the journal has reached its limit (commit.bytesMax). It goes on when events are resolved or documents accepted',
  'pending groups':
    'very many groups and windows wait for a commit. It goes on after the commit; see the dimensions of the views',
  'refused documents':
    'Cosmos DB refuses as many of its documents as the worker keeps (parked.documentsMax). It goes on when they are accepted; see the log for the reason',
};
