import rhea, {type EventContext, type Message, type Receiver} from 'rhea';
import {HubFullError} from './byte-budget.ts';
import type {EmulatedHub} from './emulated-hub.ts';
import {BATCH_FORMAT, contentOfMessage, contentsOfBatch, type EventContent} from './event-content.ts';
import {MalformedMessageError} from './message-sections.ts';
import type {PartitionLog} from './partition-log.ts';
import {CONDITION, invalidPartition, type ServiceError} from './service-error.ts';

/** Largest message of a publisher, 1 MiB: https://learn.microsoft.com/azure/event-hubs/event-hubs-quotas */
export const MESSAGE_BYTES_MAX = 1024 ** 2;
/** Messages that a publisher may have under way on one link. */
export const PUBLISH_CREDIT = 300;

interface SendingLink {
  readonly receiver: Receiver;
  readonly hub: EmulatedHub;
  /** Undefined: the hub routes each message. */
  readonly partitionId: string | undefined;
}

/** The links on which clients publish. */
export class SendingLinks {
  readonly #links = new Map<Receiver, SendingLink>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Takes the link, or says why not. */
  open(link: SendingLink): ServiceError | undefined {
    const {receiver, hub, partitionId} = link;
    if (partitionId !== undefined && !hub.partition(partitionId, this.#now())) {
      return invalidPartition({partitionId, partitionCount: hub.partitionIds.length});
    }
    this.#links.set(receiver, link);
    receiver.on('message', (context: EventContext) => this.#received(link, context));
    return undefined;
  }

  remove(receiver: Receiver): void {
    this.#links.delete(receiver);
  }

  /** Detaches all publishers of a hub, or of a connection that is gone. */
  closeWhere(matches: (link: SendingLink) => boolean, error?: ServiceError): void {
    for (const link of this.#links.values()) {
      if (!matches(link)) continue;
      this.#links.delete(link.receiver);
      if (error) link.receiver.close(error);
    }
  }

  #received(link: SendingLink, {message, delivery}: EventContext): void {
    // What was under way when the link was detached is neither stored nor answered; the publisher sends it again.
    if (!message || !delivery || !this.#links.has(link.receiver)) return;
    const bytes = encodedMessage(message);
    const refusal =
      bytes.length > MESSAGE_BYTES_MAX
        ? tooLarge({deliveryId: delivery.id, sizeBytes: bytes.length})
        : this.#store(link, bytes, delivery.format);
    if (refusal) delivery.reject(refusal);
    else delivery.accept();
  }

  #store(link: SendingLink, bytes: Buffer, format: number): ServiceError | undefined {
    try {
      const {partitionKey, contents} = publishedContents(bytes, format);
      const log = this.#destination(link, partitionKey);
      link.hub.publish(log, contents, this.#now());
      return undefined;
    } catch (error) {
      if (error instanceof MalformedMessageError) {
        return {condition: CONDITION.decodeError, description: error.message};
      }
      if (error instanceof HubFullError) {
        return {
          condition: CONDITION.serverBusy,
          description: `The quota of the event hub is used up. ${error.message}`,
        };
      }
      throw error;
    }
  }

  #destination({hub, partitionId}: SendingLink, partitionKey: string | undefined): PartitionLog {
    const log = hub.partition(partitionId ?? hub.route(partitionKey), this.#now());
    if (!log) throw new Error('a hub routes to one of its partitions');
    return log;
  }
}

/** The delivery is rejected, as by the service; the SDK does not notice a detach while it waits for an outcome. */
function tooLarge({deliveryId, sizeBytes}: {deliveryId: number; sizeBytes: number}): ServiceError {
  return {
    condition: CONDITION.messageTooLarge,
    description: `The received message (delivery-id:${deliveryId}, size:${sizeBytes} bytes) exceeds the limit (${MESSAGE_BYTES_MAX} bytes) currently allowed on the link.`,
  };
}

function publishedContents(
  bytes: Buffer,
  format: number,
): {partitionKey: string | undefined; contents: readonly EventContent[]} {
  if (format === BATCH_FORMAT) return contentsOfBatch(bytes);
  if (format !== 0) throw new MalformedMessageError(`Message format ${format} is unknown.`);
  const content = contentOfMessage(bytes);
  return {partitionKey: content.partitionKey, contents: [content]};
}

/**
 * The library decodes messages of format 0 and hands over the bytes of every other format. So a single message is
 * encoded again: sections and values stay, but small integers may get another width.
 */
function encodedMessage(message: Message): Buffer {
  return Buffer.isBuffer(message) ? message : rhea.message.encode(message);
}
