import type {Clock, DocumentStore, SourcePartition} from '@weir/pipeline';
import type {TokenEstimator, WorkerPorts} from '../../packages/worker/src/ports.ts';
import type {SimulatedProcess} from './process.ts';
import {Random} from './random.ts';
import type {CallFault, ServiceName} from './service-calls.ts';
import type {SimulatedBlobs} from './simulated-blobs.ts';
import type {SimulatedDocuments} from './simulated-documents.ts';
import {askHub} from './simulated-hub-port.ts';
import {lookupOf} from './simulated-lookup-port.ts';
import {readStoredCommit} from './stored-commit.ts';
import type {World} from './world.ts';

const readFaults: readonly CallFault[] = ['unavailable'];
const writeFaults: readonly CallFault[] = ['answer lost', 'never applied', 'applied late'];
const documentWriteFaults: readonly CallFault[] = [...writeFaults, 'throttled'];
const documentReadFaults: readonly CallFault[] = ['stale read', 'unavailable', 'throttled'];

/** What one process sees of the world, with the storage of its deployment. */
export function portsOf(
  world: World,
  process: SimulatedProcess,
  {random, blobs}: {random: Random; blobs: SimulatedBlobs},
): WorkerPorts {
  const {calls, hub} = world;
  const name = ({partitionId}: SourcePartition): string => `p${partitionId}`;
  const unavailable = {kind: 'unavailable', cause: 'simulated'} as const;
  const unclear = (): {kind: 'unclear'; cause: string} => ({kind: 'unclear', cause: 'simulated'});
  const read = <A>(
    what: string,
    service: ServiceName,
    act: () => A,
    signal: AbortSignal | undefined,
  ): Promise<A | typeof unavailable> =>
    calls.make<A | typeof unavailable>(process, {
      service,
      what,
      faults: readFaults,
      act,
      failed: () => unavailable,
      signal,
    });

  const clock = clockOf(world, process);
  return {
    clock,
    random: () => random.next(),
    newId: () => {
      const id = random.hex(32);
      world.incident.idDrawn(id, process);
      return id;
    },
    journal: {
      read: (partition, signal) =>
        read(`journal read ${name(partition)}`, 'journal', () => blobs.readJournal(partition), signal),
      etag: (partition, signal) =>
        read(
          `journal etag ${name(partition)}`,
          'journal',
          () => {
            const found = blobs.readJournal(partition);
            return found.kind === 'found' ? ({kind: 'found', etag: found.etag} as const) : found;
          },
          signal,
        ),
      write: (partition, write, signal) =>
        calls.make(process, {
          service: 'journal',
          what: world.trace.isOn
            ? `journal write ${name(partition)} ${summaryOf(write.bytes)} if ${write.ifMatch ?? 'none'}`
            : 'journal write',
          faults: writeFaults,
          act: () => blobs.writeJournal(partition, write),
          failed: unclear,
          signal,
        }),
    },
    deadLetters: {
      write: (partition, letters, signal) =>
        calls.make<{kind: 'written'} | typeof unavailable>(process, {
          service: 'dead letters',
          what: `dead letters ${name(partition)} ${letters.n}`,
          faults: writeFaults,
          act: () => {
            blobs.writeDeadLetters(partition, letters);
            return {kind: 'written'};
          },
          failed: () => unavailable,
          signal,
        }),
    },
    checkpoints: {
      write: (partition, position, signal) =>
        calls.make<{kind: 'written'} | typeof unavailable>(process, {
          service: 'checkpoints',
          what: `checkpoint ${name(partition)} ${position.sequenceNumber}`,
          faults: writeFaults,
          act: () => {
            blobs.writeCheckpoint(partition, position);
            return {kind: 'written'};
          },
          failed: () => unavailable,
          signal,
        }),
    },
    aggregates: documentsOf(world, process, {documents: world.aggregates, random}),
    progress: documentsOf(world, process, {documents: world.progress, random}),
    diagnostics: lookupOf(world, process, random),
    hub: {
      hubFacts: (signal) => askHub(world, process, () => hub.hubFacts(), signal),
      partitionFacts: (partitionId, signal) =>
        askHub(world, process, () => hub.partitionFacts(partitionId), signal),
    },
    estimator: estimatorOf(world, process, clock),
  };
}

/** A commit in one line. */
function summaryOf(bytes: Uint8Array): string {
  const {n, head, frontier, resume, open, deltas, carry, parked, deadLetters} = readStoredCommit(bytes);
  const places = `head ${head.sequenceNumber} frontier ${frontier.sequenceNumber} resume ${resume.sequenceNumber} open ${JSON.stringify(open)}`;
  return `#${n} ${places} deltas ${deltas.length} carry ${carry.length} parked ${parked.length} letters ${deadLetters.length}`;
}

function clockOf({time}: World, process: SimulatedProcess): Clock {
  return {
    now: () => time.nowMs + process.clockOffsetMs,
    elapsed: () => time.nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve();
        const wake = (): void => {
          stopListening();
          resolve();
        };
        const stopListening = process.onAbort(signal, wake);
        // A timer is never early and never exact.
        time.after(Math.ceil(ms), wake, process);
      }),
  };
}

/** The longest that events wait for their estimates. */
const estimateWaitMs = 200;

/** Nothing is ever counted in time: what is simulated is that reading waits for it. */
function estimatorOf({plan}: World, {name}: SimulatedProcess, clock: Clock): TokenEstimator {
  const random = new Random(plan.seed, `estimates of ${name}`);
  return {
    estimate: async (_, signal) => {
      await clock.sleep(random.between(0, estimateWaitMs), signal);
      return [];
    },
  };
}

function documentsOf(
  {calls, time}: World,
  process: SimulatedProcess,
  {documents, random}: {documents: SimulatedDocuments; random: Random},
): DocumentStore {
  return {
    read: (key, signal) =>
      calls.make(process, {
        service: 'documents',
        what: `read ${key.id}`,
        faults: documentReadFaults,
        act: (fault) =>
          documents.read(
            key,
            time.nowMs,
            fault === 'stale read' ? (versions) => random.between(0, versions - 1) : undefined,
          ),
        failed: (fault) =>
          fault === 'throttled'
            ? {kind: 'throttled', retryAfterMs: random.between(0, 2_000)}
            : {kind: 'unavailable', cause: 'simulated'},
        signal,
      }),
    write: (document, ifMatch, signal) => {
      const sent = {...document};
      return calls.make(process, {
        service: 'documents',
        what: `write ${document.id} if ${ifMatch ?? 'none'} applied ${document['stateApplied'] ?? document['n']}`,
        faults: documentWriteFaults,
        act: () => documents.write(sent, ifMatch, time.nowMs),
        failed: (fault) =>
          fault === 'throttled'
            ? {kind: 'throttled', retryAfterMs: random.between(0, 2_000)}
            : {kind: 'unclear', cause: 'simulated'},
        signal,
      });
    },
  };
}
