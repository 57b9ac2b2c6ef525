import assert from 'node:assert';
import {once} from 'node:events';
import {createServer, type Server} from 'node:net';
import {AmqpBroker} from './amqp-broker.ts';
import {EmulatedHub} from './emulated-hub.ts';
import type {
  AppendedEvent,
  EmulatedPartitionFacts,
  EventHubsEmulatorOptions,
  PartitionName,
} from './emulator-options.ts';
import {contentOfBody} from './event-content.ts';
import {Faults, type Refusal} from './faults.ts';
import type {PartitionLog} from './partition-log.ts';
import type {ReceivingLink, ReceivingLinkFacts} from './receiving-link.ts';
import {entityNotFound} from './service-error.ts';

const HOST = '127.0.0.1';
const KEY_NAME = 'RootManageSharedAccessKey';
/** Well known on purpose: the emulator is reached from this machine only and keeps nothing. */
const DEFAULT_KEY = 'weir-development-key-not-a-secret';

/**
 * Event Hubs over AMQP 1.0 on the loopback interface, for development and tests: the unchanged SDK connects to it with
 * `connectionString`. Everything is in memory and ends with `close`.
 */
export class EventHubsEmulator {
  readonly connectionString: string;
  readonly port: number;
  readonly #server: Server;
  readonly #broker: AmqpBroker;
  readonly #hubs: Map<string, EmulatedHub>;
  readonly #faults: Faults;
  readonly #now: () => number;

  private constructor(
    server: Server,
    {
      port,
      broker,
      hubs,
      faults,
      now,
      key,
    }: {
      port: number;
      broker: AmqpBroker;
      hubs: Map<string, EmulatedHub>;
      faults: Faults;
      now: () => number;
      key: string;
    },
  ) {
    this.#server = server;
    this.#broker = broker;
    this.#hubs = hubs;
    this.#faults = faults;
    this.#now = now;
    this.port = port;
    this.connectionString = `Endpoint=sb://${HOST}:${this.port};SharedAccessKeyName=${KEY_NAME};SharedAccessKey=${key};UseDevelopmentEmulator=true`;
  }

  /** Listens; rejects where the port is taken. */
  static async start(options: EventHubsEmulatorOptions): Promise<EventHubsEmulator> {
    const {port = 0, key = DEFAULT_KEY, now = Date.now} = options;
    const hubs = new Map(options.hubs.map((hub) => [hub.name.toLowerCase(), new EmulatedHub(hub, now())]));
    const faults = new Faults();
    const hub = (name: string) => hubs.get(name.toLowerCase());
    const broker = new AmqpBroker({policy: {keyName: KEY_NAME, key}, faults, now, hub});
    const server = createServer((socket) => broker.accept(socket));
    server.listen(port, HOST);
    await once(server, 'listening');
    const address = server.address();
    assert(address !== null && typeof address === 'object', 'a listening server has an address');
    return new EventHubsEmulator(server, {port: address.port, broker, hubs, faults, now, key});
  }

  /** Publishes to one partition without AMQP, all or nothing. Throws HubFullError, and RangeError for a decreasing time. */
  append({hub, partitionId, events}: PartitionName & {events: readonly AppendedEvent[]}): void {
    const log = this.#log(hub, partitionId);
    const nowMs = Math.max(this.#now(), log.lastEnqueuedTimeMs);
    log.append(
      events.map(({body, partitionKey, properties, enqueuedTimeMs = nowMs}) => ({
        content: contentOfBody(body, {partitionKey, properties}),
        enqueuedTimeMs,
      })),
    );
  }

  /** Throws for a hub or partition that does not exist. */
  facts(hub: string, partitionId: string): EmulatedPartitionFacts {
    const log = this.#log(hub, partitionId);
    return {
      ...log.facts(),
      createdAtMs: this.#hub(hub).createdAtMs,
      heldEvents: log.endOrdinal - log.firstOrdinal,
    };
  }

  /** Deliveries of a partition so far, repeats included. */
  deliveredEvents(hub: string, partitionId: string): number {
    return this.#broker.receiving.deliveredEvents({hub, partitionId});
  }

  /** The links that read now. */
  receivingLinks(): ReceivingLinkFacts[] {
    return this.#broker.receiving.all.map((link) => link.facts());
  }

  get connectionCount(): number {
    return this.#broker.connectionCount;
  }

  /** What clients broke of the protocol, or the emulator of its own rules; tests expect none. The oldest are forgotten. */
  get protocolErrors(): readonly unknown[] {
    return this.#broker.protocolErrors;
  }

  /** Removes events as retention would: the oldest `count`, or all enqueued before a time. */
  expire(partition: PartitionName & ({readonly count: number} | {readonly enqueuedBeforeMs: number})): void {
    const log = this.#log(partition.hub, partition.partitionId);
    if ('count' in partition) log.dropOldest(partition.count);
    else log.expireBefore(partition.enqueuedBeforeMs);
  }

  /** The next event's sequence number is higher by `count` than it would be. */
  skipSequenceNumbers({hub, partitionId, count}: PartitionName & {count: number}): void {
    this.#log(hub, partitionId).skipSequenceNumbers(count);
  }

  /** Deletes the hub and creates it anew: all links are detached, numbers begin at 0, its creation time is later. */
  recreateHub(name: string): void {
    const old = this.#hub(name);
    // Clients tell the two apart by this time alone.
    const createdAtMs = Math.max(this.#now(), old.createdAtMs + 1);
    this.#hubs.set(name.toLowerCase(), new EmulatedHub(old.options, createdAtMs));
    this.#broker.closeLinksOf(old, entityNotFound(name));
  }

  /** Cuts every connection, at once or in the middle of the next event that it carries. Returns how many. */
  dropConnections({when}: {when: 'now' | 'insideTransfer'} = {when: 'now'}): number {
    return this.#broker.dropConnections(when);
  }

  /** Detaches the readers of a partition with an error. Returns how many. */
  detachReceivers({
    hub,
    partitionId,
    ...error
  }: PartitionName & {condition: string; description: string}): number {
    const links = this.#linksOf({hub, partitionId});
    this.#broker.receiving.closeWhere((link) => links.includes(link), error);
    return links.length;
  }

  /** The next `count` attempts to open such a thing are refused. */
  refuseNext(refusal: Refusal): void {
    this.#faults.refuse(refusal);
  }

  /** Its present readers get nothing more, while events gather; a link attached later is served. Returns how many there are. */
  stall({hub, partitionId}: PartitionName): number {
    const links = this.#linksOf({hub, partitionId});
    for (const link of links) link.stall();
    return links.length;
  }

  /** Ends a stall. */
  release({hub, partitionId}: PartitionName): void {
    for (const link of this.#linksOf({hub, partitionId})) link.release();
  }

  /** From now on each burst of events waits this long, at most DELAY_MS_MAX; 0 ends it. */
  delayDeliveries(delayMs: number): void {
    this.#faults.deliveryDelayMs = delayMs;
  }

  /** Forgets refusals and delays, and ends stalls. */
  clearFaults(): void {
    this.#faults.clear();
    for (const link of this.#broker.receiving.all) link.release();
  }

  /** Destroys all connections and stops listening. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#broker.dropConnections('now');
    await closed;
  }

  #hub(name: string): EmulatedHub {
    const hub = this.#hubs.get(name.toLowerCase());
    if (!hub) throw new RangeError(`there is no hub '${name}'`);
    return hub;
  }

  #log(hub: string, partitionId: string): PartitionLog {
    const log = this.#hub(hub).partition(partitionId, this.#now());
    if (!log) throw new RangeError(`the hub '${hub}' has no partition '${partitionId}'`);
    return log;
  }

  #linksOf({hub, partitionId}: PartitionName): ReceivingLink[] {
    const owner = this.#hub(hub);
    return this.#broker.receiving.all.filter(
      ({terms}) => terms.hub === owner && terms.partitionId === partitionId,
    );
  }
}
