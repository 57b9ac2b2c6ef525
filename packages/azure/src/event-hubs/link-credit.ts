import {createRequire} from 'node:module';

/**
 * Keeps what a receiving link may have outstanding within a limit.
 *
 * The SDK adds a whole prefetch of credit at every receive call and does not count what it granted before, so an idle
 * link ends up with credit for tens of thousands of events and the next burst lands in memory whatever the handler
 * does (https://github.com/Azure/azure-sdk-for-js/issues/39452). Every grant goes through one method of the AMQP
 * library's receiver class; it is replaced once per process, passes every link that is not registered here, and cuts
 * the grants of those that are:
 *
 *     outstanding = credit the broker still has + events waiting in the SDK's queue ≤ limit
 *
 * Both terms are exact: the library counts credit down per delivery, and the SDK asks for `prefetch - queued`.
 */

/** The part of the library's receiver that is used. */
interface AmqpReceiver {
  readonly credit: number;
  /** What the SDK asked for; what the broker answered need not repeat it. */
  readonly linkOptions?: {properties?: Record<string, unknown>; source?: {address?: string} | string};
  on(event: string, listener: (context: {receiver?: {error?: {condition?: string}}}) => void): unknown;
  addCredit(credit: number): void;
}
type AddCredit = (this: AmqpReceiver, credit: number) => void;
interface ReceiverPrototype {
  addCredit: AddCredit;
}

/** Names the consumer on every receiving link; the SDK sets it from the client's identifier. */
const consumerIdProperty = 'com.microsoft:receiver-name';

/** The installed SDK does not grant credit in the known way: receiving would be unbounded. Exit. */
export class LinkCreditError extends Error {
  readonly code = 'LINK_CREDIT_UNBOUNDED';
  override readonly name = 'LinkCreditError';
}

/** One partition's link as its grants show it. */
interface LinkAccount {
  receiver: AmqpReceiver;
  /** Events in the SDK's queue and the broker's credit, both right after the latest grant. */
  queuedAtGrant: number;
  creditAtGrant: number;
  handedSinceGrant: number;
}

export interface LinkCreditOptions {
  /** The identifier of the client whose links are bounded. */
  readonly consumerId: string;
  /** The `prefetchCount` given to the SDK; larger than any batch. */
  readonly prefetch: number;
  /** Events that may be outstanding on one link now; asked at every grant, at least 1. */
  limit(partitionId: string): number;
  /** The link was taken by another receiver with the same owner level. */
  onStolen(partitionId: string): void;
  /** The SDK opened another link in place of one that was lost, of which it says nothing itself. */
  onReopened(partitionId: string): void;
}

const books = new Map<string, LinkCredit>();

/** The bound of one client's links. Opened before the client subscribes and closed after it is closed. */
export class LinkCredit {
  readonly #options: LinkCreditOptions;
  readonly #links = new Map<string, LinkAccount>();

  /** @throws LinkCreditError when grants cannot be intercepted. */
  constructor(options: LinkCreditOptions) {
    intercept();
    this.#options = options;
    books.set(options.consumerId, this);
  }

  close(): void {
    books.delete(this.#options.consumerId);
  }

  /** Whether a grant of this partition's link has been seen; false once events arrive means that the bound is not in force. */
  isSeen(partitionId: string): boolean {
    return this.#links.has(partitionId);
  }

  /** The SDK has handed `count` events of its queue to the handler. */
  handed(partitionId: string, count: number): void {
    const link = this.#links.get(partitionId);
    if (link !== undefined) link.handedSinceGrant += count;
  }

  /** Events received and still in the SDK's queue. */
  queued(partitionId: string): number {
    const link = this.#links.get(partitionId);
    if (link === undefined) return 0;
    return Math.max(
      0,
      link.queuedAtGrant + (link.creditAtGrant - link.receiver.credit) - link.handedSinceGrant,
    );
  }

  forget(partitionId: string): void {
    this.#links.delete(partitionId);
  }

  /** What may be granted of `asked` on this receiver. */
  grant(receiver: AmqpReceiver, asked: number): number {
    const partitionId = partitionOf(receiver);
    const queued = Math.max(0, this.#options.prefetch - asked);
    const room = Math.max(1, this.#options.limit(partitionId)) - queued - receiver.credit;
    const granted = Math.max(0, Math.min(asked, room));
    const known = this.#links.get(partitionId);
    if (known?.receiver !== receiver) {
      if (known !== undefined) this.#options.onReopened(partitionId);
      receiver.on('receiver_error', ({receiver: failed}) => {
        if (failed?.error?.condition === 'amqp:link:stolen') this.#options.onStolen(partitionId);
      });
    }
    this.#links.set(partitionId, {
      receiver,
      queuedAtGrant: queued,
      creditAtGrant: receiver.credit + granted,
      handedSinceGrant: 0,
    });
    return granted;
  }
}

let interception: AddCredit | undefined;

/** Replaces the grant method of the very receiver class that the SDK uses, once per process. */
function intercept(): void {
  const prototype = receiverPrototype();
  if (interception !== undefined) {
    if (prototype.addCredit !== interception) {
      throw new LinkCreditError(
        'Something else has replaced the grant of link credit; receiving would be unbounded.',
      );
    }
    return;
  }
  const original: AddCredit = prototype.addCredit;
  const bounded: AddCredit = function addCredit(credit) {
    const consumerId = this.linkOptions?.properties?.[consumerIdProperty];
    const book = typeof consumerId === 'string' ? books.get(consumerId) : undefined;
    const granted = book === undefined ? credit : book.grant(this, credit);
    if (granted > 0) original.call(this, granted);
  };
  prototype.addCredit = bounded;
  interception = bounded;
}

/** Resolved from the SDK's own place, so that it is the SDK's copy even when there are several. */
function receiverPrototype(): ReceiverPrototype {
  const fromHere = createRequire(import.meta.url);
  const fromSdk = createRequire(fromHere.resolve('@azure/event-hubs'));
  const library: {Receiver?: {prototype?: Partial<ReceiverPrototype>}} = fromSdk('rhea-promise');
  const prototype = library.Receiver?.prototype;
  if (!canGrant(prototype)) {
    throw new LinkCreditError('This version of the Event Hubs SDK grants link credit in an unknown way.');
  }
  return prototype;
}

function canGrant(prototype: Partial<ReceiverPrototype> | undefined): prototype is ReceiverPrototype {
  return typeof prototype?.addCredit === 'function';
}

/** The address ends in `/Partitions/<id>`. */
function partitionOf(receiver: AmqpReceiver): string {
  const source = receiver.linkOptions?.source;
  const address = (typeof source === 'string' ? source : source?.address) ?? '';
  return address.slice(address.lastIndexOf('/') + 1);
}
