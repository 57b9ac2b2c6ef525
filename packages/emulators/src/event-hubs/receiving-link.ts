import type {Sender} from 'rhea';
import {
  annotationSection,
  longAnnotation,
  textAnnotation,
  timestampAnnotation,
} from './annotation-section.ts';
import type {ClientConnection} from './client-connection.ts';
import type {EmulatedHub} from './emulated-hub.ts';
import type {Faults} from './faults.ts';
import {SECTION} from './message-sections.ts';
import type {PartitionLog} from './partition-log.ts';
import type {ServiceError} from './service-error.ts';

/** What a client asked for, checked. */
export interface ReceivingTerms {
  readonly client: ClientConnection;
  readonly hub: EmulatedHub;
  readonly consumerGroup: string;
  readonly partitionId: string;
  /** The owner level; undefined: not exclusive. */
  readonly epoch: number | undefined;
  /** The client wants to hear of the newest event of the partition with each delivery. */
  readonly runtimeMetric: 'wanted' | 'unwanted';
  readonly log: PartitionLog;
  /** Ordinal of the first event to deliver. */
  readonly startOrdinal: number;
}

/** What a test can read of a link. */
export interface ReceivingLinkFacts {
  readonly name: string;
  readonly hub: string;
  readonly consumerGroup: string;
  readonly partitionId: string;
  readonly epoch: number | undefined;
  /** Deliveries that the client still allows. */
  readonly creditEvents: number;
  readonly deliveredEvents: number;
  /** Sent and not yet settled by the client. */
  readonly unsettledEvents: number;
  readonly state: 'delivering' | 'stalled';
}

/** AMQP 1.0 part 2.8.2. */
const PRE_SETTLED = 1;

/**
 * Delivers one partition to one reader: opened, it sends whenever there are both credit and events, until it is closed by
 * either side or its connection ends. It holds nothing: unsettled events are in the log all the same, and a new link
 * begins where its filter says.
 */
export class ReceivingLink {
  readonly sender: Sender;
  readonly terms: ReceivingTerms;
  readonly #faults: Faults;
  readonly #now: () => number;
  readonly #delivered: () => void;
  readonly #unwatch: () => void;
  /** Ordinal of the next event. */
  #next: number;
  #sent = 0;
  #settled = 0;
  #state: 'delivering' | 'stalled' | 'closed' = 'delivering';
  #delay: NodeJS.Timeout | undefined;

  constructor(
    sender: Sender,
    terms: ReceivingTerms,
    {faults, now, delivered}: {faults: Faults; now: () => number; delivered: () => void},
  ) {
    this.sender = sender;
    this.terms = terms;
    this.#faults = faults;
    this.#now = now;
    this.#delivered = delivered;
    this.#next = terms.startOrdinal;
    this.#unwatch = terms.log.watch(() => this.#wake());
    sender.on('sendable', () => this.#wake());
    sender.on('settled', () => {
      this.#settled += 1;
    });
    sender.on('sender_draining', () => {
      this.#wake();
      sender.set_drained(true);
    });
  }

  facts(): ReceivingLinkFacts {
    const {hub, consumerGroup, partitionId, epoch} = this.terms;
    return {
      name: this.sender.name,
      hub: hub.name,
      consumerGroup,
      partitionId,
      epoch,
      creditEvents: Math.max(0, this.#creditEnd() - this.#sent),
      deliveredEvents: this.#sent,
      unsettledEvents: this.#isPreSettled ? 0 : this.#sent - this.#settled,
      state: this.#state === 'stalled' ? 'stalled' : 'delivering',
    };
  }

  stall(): void {
    if (this.#state === 'delivering') this.#state = 'stalled';
  }

  release(): void {
    if (this.#state !== 'stalled') return;
    this.#state = 'delivering';
    this.#wake();
  }

  /** Stops delivery; with an error the client is detached, without one it is gone already. */
  close(error?: ServiceError): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    clearTimeout(this.#delay);
    this.#unwatch();
    if (error) this.sender.close(error);
  }

  /** The client asked for deliveries that need no answer. */
  get #isPreSettled(): boolean {
    return this.sender.snd_settle_mode === PRE_SETTLED;
  }

  /** Deliveries that the client has allowed since the link was opened. The library counts one when its frame is written. */
  #creditEnd(): number {
    return counter(this.sender, 'delivery_count') + counter(this.sender, 'credit');
  }

  #wake(): void {
    if (this.#sent >= this.#creditEnd() || this.#next >= this.terms.log.endOrdinal) return;
    const {deliveryDelayMs} = this.#faults;
    if (deliveryDelayMs === 0) this.#send();
    else if (this.#delay === undefined) {
      this.#delay = setTimeout(() => {
        this.#delay = undefined;
        this.#send();
      }, deliveryDelayMs);
    }
  }

  #send(): void {
    if (this.#state !== 'delivering') return;
    const {client, log} = this.terms;
    const end = this.#creditEnd();
    client.burst();
    const metric = this.terms.runtimeMetric === 'wanted' ? this.#runtimeMetric() : undefined;
    while (this.#sent < end && this.sender.sendable()) {
      const read = log.read(this.#next);
      if (!read) break;
      const {message} = read.event;
      const bytes = metric ? Buffer.concat([metric, message]) : message;
      const delivery = this.sender.send(bytes, deliveryTag(this.#sent), 0);
      if (this.#isPreSettled) Object.assign(delivery, {settled: true});
      this.#next = read.ordinal + 1;
      this.#sent += 1;
      this.#delivered();
    }
  }

  #runtimeMetric(): Buffer {
    const facts = this.terms.log.facts();
    return annotationSection(SECTION.deliveryAnnotations, [
      longAnnotation('last_enqueued_sequence_number', facts.lastEnqueuedSequenceNumber),
      textAnnotation('last_enqueued_offset', facts.lastEnqueuedOffset),
      timestampAnnotation('last_enqueued_time_utc', facts.lastEnqueuedTimeMs),
      timestampAnnotation('runtime_info_retrieval_time_utc', this.#now()),
    ]);
  }
}

/** The library counts these and leaves them out of its types. */
function counter(sender: Sender, name: 'credit' | 'delivery_count'): number {
  return Number(Reflect.get(sender, name));
}

/** Unique among the unsettled deliveries of a link. */
function deliveryTag(count: number): Buffer {
  const tag = Buffer.allocUnsafe(4);
  tag.writeUInt32BE(count % 2 ** 32, 0);
  return tag;
}
