import {CosmosEmulator, startStack, type Stack} from '@weir/emulators';
import {onTestFinished} from 'vitest';
import {differences} from '../oracle/differences.ts';
import {expectedDocuments, type Expected} from '../oracle/expected-documents.ts';
import {samplePartitions} from '../oracle/sample.ts';
import type {Workload, WorkloadRecord, WorkloadRow} from '../oracle/workload.ts';
import {addsUp, falseTroubles, rejectedPlaces, unlike, type Place} from './at-rest.ts';
import {eventually} from './eventually.ts';
import {readDeadLetters} from './stored-blobs.ts';
import {exitWithinMs, WorkerProcess} from './worker-process.ts';

export const hub = 'gateway-logs';

/** Minutes in production. Ownership needs seconds: storage tells the time of a renewal in whole ones. */
const timings = {
  'flush.interval': '300ms',
  'refresh.5m': '300ms',
  'refresh.1h': '300ms',
  'refresh.1d': '300ms',
  'join.feedInterval': '1s',
  'join.settle': '500ms',
  'join.sweepAfter': '2s',
  'join.sweepInterval': '3s',
  'join.deadline': '6s',
  'join.mergeWait': '2s',
  'ownership.interval': '500ms',
  'ownership.expiry': '4s',
  'http.port': '0',
} as const;

/** Deadline, last sweep, the wait for a free query within its 30 s, ownership that lapses, and two busy cores. */
const settledWithinMs = 60_000;
/** From the last fence to the last document. */
const appliedWithinMs = 30_000;

export interface ScenarioOptions {
  readonly partitionCount?: number;
  readonly cosmos?: Parameters<typeof CosmosEmulator.start>[0];
}

export interface ExpectOptions {
  /** For everything to settle, ms. */
  readonly withinMs?: number;
  /** What lies in the hub before the workload and must not count. */
  readonly before?: readonly WorkloadRecord[];
  /** Places of the dead letters, where the hub holds other bodies than the workload; else the oracle says. */
  readonly deadLetters?: readonly Place[];
}

/**
 * The services in this process and workers as processes of their own. Everything ends with the test, also a failed one;
 * a worker that is left running is killed by its process id.
 */
export class Scenario {
  readonly stack: Stack;
  readonly cosmos: CosmosEmulator;
  readonly workers: WorkerProcess[] = [];
  readonly #variables: Readonly<Record<string, string>>;
  readonly #partitionIds: readonly string[];

  private constructor(stack: Stack, cosmos: CosmosEmulator, partitionCount: number) {
    this.stack = stack;
    this.cosmos = cosmos;
    this.#variables = {...stack.variables, COSMOS_ENDPOINT: cosmos.endpoint, COSMOS_KEY: cosmos.key};
    this.#partitionIds = Array.from({length: partitionCount}, (_, index) => String(index));
  }

  static async start({partitionCount = samplePartitions, cosmos}: ScenarioOptions = {}): Promise<Scenario> {
    const stack = await startStack({hub, partitionCount});
    const own = cosmos === undefined ? undefined : await CosmosEmulator.start(cosmos);
    const scenario = new Scenario(stack, own ?? stack.cosmos, partitionCount);
    onTestFinished(async () => {
      await Promise.all(scenario.workers.map((worker) => worker.kill()));
      await own?.close();
      await stack.close();
    });
    return scenario;
  }

  startWorker({
    settings,
    variables,
    preload,
  }: {
    settings?: Readonly<Record<string, string>>;
    variables?: Readonly<Record<string, string>>;
    preload?: string;
  } = {}): WorkerProcess {
    const worker = new WorkerProcess({
      variables: {...this.#variables, ...variables},
      settings: {...timings, ...settings},
      ...(preload !== undefined && {preload}),
    });
    this.workers.push(worker);
    return worker;
  }

  /** Enqueues now, in the order given, or at the records' own times. */
  publish(records: readonly WorkloadRecord[], enqueued: 'now' | 'then' = 'now'): void {
    for (const [partitionId, own] of Map.groupBy(records, (record) => record.partitionId)) {
      const events = own.map(({body, enqueuedTimeMs}) =>
        enqueued === 'now' ? {body} : {body, enqueuedTimeMs},
      );
      this.stack.eventHubs.append({hub, partitionId, events});
    }
  }

  ingest(rows: readonly WorkloadRow[]): void {
    this.stack.logAnalytics.ingest(rows);
  }

  documents(): readonly Readonly<Record<string, unknown>>[] {
    return this.cosmos.documents('weir', 'aggregates');
  }

  /** The progress documents by partition. */
  progress(): ReadonlyMap<string, Readonly<Record<string, unknown>>> {
    const documents = this.cosmos.documents('weir', 'progress');
    return new Map(documents.map((document) => [String(document['partition']), document]));
  }

  /** Waits until the worker owns every partition and has made a commit in each, so that it starts from a known place. */
  async untilAllBegun(worker: WorkerProcess): Promise<void> {
    await worker.untilReady();
    await eventually(() => (this.progress().size === this.#partitionIds.length ? true : undefined), {
      within: appliedWithinMs,
      otherwise: () => `${this.progress().size} partitions have a commit. ${worker.output()}`,
    });
  }

  /** Waits until so many events are read and committed. */
  async untilCommitted(events: number): Promise<void> {
    await eventually(() => (this.committedEvents() >= events ? true : undefined), {
      within: settledWithinMs,
      otherwise: () => `${this.committedEvents()} of ${events} events are committed. ${this.#outputs()}`,
    });
  }

  /** How many sequence numbers are settled for good, by what the fences say. */
  settledEvents(): number {
    let settled = 0;
    for (const document of this.progress().values())
      settled += Number(document['frontierSequenceNumber']) + 1;
    return settled;
  }

  /** Events read and committed. */
  committedEvents(): number {
    let committed = 0;
    for (const head of this.heads().values()) committed += head + 1;
    return committed;
  }

  /** Sequence numbers of the last committed events, by partition. */
  heads(): ReadonlyMap<string, number> {
    const heads = new Map<string, number>();
    for (const [partitionId, document] of this.progress()) {
      heads.set(partitionId, Number(document['headSequenceNumber']));
    }
    return heads;
  }

  enqueuedEvents(): number {
    let enqueued = 0;
    for (const partitionId of this.#partitionIds) {
      enqueued += this.stack.eventHubs.facts(hub, partitionId).lastEnqueuedSequenceNumber + 1;
    }
    return enqueued;
  }

  /** Waits until everything in the hub is settled and written, and holds it against the workload. */
  async untilSettled(
    workload: Workload,
    {withinMs = settledWithinMs}: ExpectOptions = {},
  ): Promise<Expected> {
    const expected = expectedDocuments(workload);
    const enqueued = this.enqueuedEvents();
    await eventually(() => (this.settledEvents() === enqueued ? true : undefined), {
      within: withinMs,
      otherwise: () => `${this.settledEvents()} of ${enqueued} events are settled. ${this.#outputs()}`,
    });
    const told = (): string[] => differences({expected: expected.documents, documents: this.documents()});
    await eventually(() => (told().length === 0 ? true : undefined), {
      within: appliedWithinMs,
      otherwise: () => `the documents differ:\n${told().join('\n')}\n${this.#outputs()}`,
    });
    return expected;
  }

  /**
   * The end of most tests: everything settles to the right documents, what every worker counted adds up, all stop
   * cleanly, and that changes nothing any more. Dead letters are exactly the rejected bodies; no worker met a bug, and
   * none blames the input for the trouble of a service.
   * @returns what is wrong, a sentence each; rejects where it does not settle in time
   */
  async problemsAtRest(workload: Workload, options: ExpectOptions = {}): Promise<string[]> {
    const {documents: expected} = await this.untilSettled(workload, options);
    const running = this.workers.filter(({isRunning}) => isRunning);
    await Promise.all(running.map((worker) => worker.metricsWhen(addsUp)));
    const exits = await Promise.all(running.map((worker) => worker.stop()));
    const letters = await readDeadLetters(this.stack.blob.connectionString);
    const bad = options.deadLetters ?? rejectedPlaces(workload, options.before ?? []);
    return [
      ...exits
        .filter(({code}) => code !== 0)
        .map(({code}) => `A worker ended with ${code}. ${this.#outputs()}`),
      ...exits
        .filter(({afterMs}) => afterMs > exitWithinMs)
        .map(({afterMs}) => `It took ${afterMs} ms to stop.`),
      ...differences({expected, documents: this.documents()}),
      ...unlike(letters, bad),
      ...this.workers.flatMap((worker) => falseTroubles(worker, bad)),
      ...this.stack.eventHubs.protocolErrors.map((error) => `AMQP: ${String(error)}`),
    ];
  }

  #outputs(): string {
    return this.workers.map((worker) => `worker ${worker.pid}: ${worker.output()}`).join('\n');
  }
}
