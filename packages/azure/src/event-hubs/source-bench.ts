import {connect, createServer, type Server, type Socket} from 'node:net';
import {setTimeout as delay} from 'node:timers/promises';
import type {Clock, ReceivedEvent} from '@weir/pipeline';
import {startAzurite, type Azurite} from '../../../emulators/src/azurite/azurite.ts';
import {EventHubsEmulator} from '../../../emulators/src/event-hubs/event-hubs-emulator.ts';
import {createBlobContainer} from '../blob/blob-container.ts';
import {listenOnLoopback} from './loopback-port.ts';
import {EventHubsSource} from './event-hubs-source.ts';
import type {EventHubsSourceOptions, PartitionLease, SourceTrouble} from './source-options.ts';

/** For tests of the source: a hub and a storage account on loopback, and sources whose leases are read as they come. */

const hub = 'gateway';

export const systemClock: Clock = {
  now: Date.now,
  elapsed: () => performance.now(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, signal === undefined ? {} : {signal}).catch((error: unknown) => {
      if (!(error instanceof Error && error.name === 'AbortError')) throw error;
    });
  },
};

/** A lease and what came with it, in order. */
export interface ReadLease {
  readonly lease: PartitionLease;
  readonly events: ReceivedEvent[];
  readonly batchSizes: number[];
}

export interface BenchSource {
  readonly source: EventHubsSource;
  readonly options: EventHubsSourceOptions;
  readonly leases: ReadLease[];
  readonly troubles: SourceTrouble[];
  /** Leases that are not over. */
  readonly current: () => ReadLease[];
}

export class SourceBench {
  readonly emulator: EventHubsEmulator;
  readonly azurite: Azurite;
  readonly #sources: EventHubsSource[] = [];
  #containers = 0;
  /** The container that sources of one test share. */
  #container = 'container-0';

  private constructor(emulator: EventHubsEmulator, azurite: Azurite) {
    this.emulator = emulator;
    this.azurite = azurite;
  }

  static async start({partitionCount}: {partitionCount: number}): Promise<SourceBench> {
    return new SourceBench(
      await EventHubsEmulator.start({hubs: [{name: hub, partitionCount}]}),
      await startAzurite(),
    );
  }

  append(partitionId: string, texts: readonly string[]): void {
    this.emulator.append({hub, partitionId, events: texts.map((text) => ({body: Buffer.from(text)}))});
  }

  /** Begins a test: what earlier ones left in storage and in the log is out of sight. */
  async fresh(): Promise<void> {
    await this.closeSources();
    this.emulator.clearFaults();
    this.emulator.recreateHub(hub);
    this.#containers += 1;
    this.#container = `container-${this.#containers}`;
  }

  /** A source that is not started; `onLease` reads every batch unless it is given. */
  async source(
    options: Partial<EventHubsSourceOptions> & {proxy?: {hubPort?: number; storagePort: number}} = {},
  ): Promise<BenchSource> {
    const {proxy, ...rest} = options;
    const connectionString = withPort(this.emulator.connectionString, proxy?.hubPort);
    const storage = withPort(this.azurite.connectionString, proxy?.storagePort);
    const leases: ReadLease[] = [];
    const troubles: SourceTrouble[] = [];
    const settings: EventHubsSourceOptions = {
      connection: {auth: {connectionString}, hub},
      container: await createBlobContainer({connectionString: storage, name: this.#container}),
      clock: systemClock,
      startPosition: 'earliest',
      maxWaitMs: 100,
      ownershipIntervalMs: 200,
      ownershipExpiryMs: 4000,
      beforeClaim: async () => ({start: undefined, prelude: undefined}),
      onTrouble: (trouble) => void troubles.push(trouble),
      onLease: (lease) => {
        const read: ReadLease = {lease, events: [], batchSizes: []};
        leases.push(read);
        void readAll(read);
      },
      ...rest,
    };
    const source = new EventHubsSource(settings);
    this.#sources.push(source);
    return {
      source,
      options: settings,
      leases,
      troubles,
      current: () => leases.filter(({lease}) => !lease.signal.aborted),
    };
  }

  async closeSources(): Promise<void> {
    await Promise.all(this.#sources.splice(0).map((source) => source.close()));
  }

  async close(): Promise<void> {
    await this.closeSources();
    await this.emulator.close();
    await this.azurite.close();
  }
}

async function readAll(read: ReadLease): Promise<void> {
  for await (const batch of read.lease.batches()) {
    read.batchSizes.push(batch.length);
    read.events.push(...batch);
  }
}

export function textsOf(events: readonly ReceivedEvent[]): string[] {
  return events.map(({body}) => String(body));
}

export function numbered(prefix: string, count: number): string[] {
  return Array.from({length: count}, (_, index) => `${prefix}${index}`);
}

function withPort(connectionString: string, port: number | undefined): string {
  return port === undefined
    ? connectionString
    : connectionString.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${port}`);
}

/** A TCP proxy to one port of loopback that can go dead like a machine that lost its power. */
export class SeverableProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, {port, sockets}: {port: number; sockets: Set<Socket>}) {
    this.#server = server;
    this.#sockets = sockets;
    this.port = port;
  }

  static async to(port: number): Promise<SeverableProxy> {
    const sockets = new Set<Socket>();
    const server = createServer((near) => {
      const far = connect(port, '127.0.0.1');
      for (const [from, into] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(from);
        from.pipe(into);
        from.on('error', () => into.destroy());
        from.on('close', () => {
          sockets.delete(from);
          into.destroy();
        });
      }
    });
    return new SeverableProxy(server, {port: await listenOnLoopback(server), sockets});
  }

  /** Cuts what is open and refuses what comes. */
  sever(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
