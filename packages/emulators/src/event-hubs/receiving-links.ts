import type {Sender} from 'rhea';
import type {ClientConnection} from './client-connection.ts';
import type {EmulatedHub} from './emulated-hub.ts';
import type {Faults} from './faults.ts';
import {ReceivingLink, type ReceivingTerms} from './receiving-link.ts';
import {parseSelectorFilter, SELECTOR_FILTER} from './selector-filter.ts';
import {CONDITION, entityNotFound, invalidPartition, type ServiceError} from './service-error.ts';

/** Readers without an epoch, per partition and group: https://learn.microsoft.com/azure/event-hubs/event-hubs-quotas */
export const NON_EPOCH_READERS_MAX = 5;

const EPOCH = 'com.microsoft:epoch';
const RECEIVER_NAME = 'com.microsoft:receiver-name';
const RUNTIME_METRIC = 'com.microsoft:enable-receiver-runtime-metric';

export interface AttachRequest {
  readonly client: ClientConnection;
  readonly hub: EmulatedHub;
  readonly consumerGroup: string;
  readonly partitionId: string;
}

/**
 * The links on which clients read. Of one partition and group there are either up to five without an epoch or one with:
 * a link with an epoch puts out all that are not higher, equal ones included, and anything else beside it is refused.
 */
export class ReceivingLinks {
  readonly #links = new Map<Sender, ReceivingLink>();
  readonly #faults: Faults;
  readonly #now: () => number;
  readonly #delivered = new Map<string, number>();

  constructor({faults, now}: {faults: Faults; now: () => number}) {
    this.#faults = faults;
    this.#now = now;
  }

  get all(): ReceivingLink[] {
    return [...this.#links.values()];
  }

  /** Deliveries of a partition so far, to all its readers, also to earlier ones. */
  deliveredEvents({hub, partitionId}: {hub: string; partitionId: string}): number {
    return this.#delivered.get(`${hub.toLowerCase()}/${partitionId}`) ?? 0;
  }

  /** Takes the link and puts out those that it replaces, or says why not. */
  open(sender: Sender, request: AttachRequest): ServiceError | undefined {
    const terms = this.#terms(sender, request);
    if ('condition' in terms) return terms;
    const rivals = this.all.filter((link) => isSameReader(link.terms, terms));
    const refusal = refusedBeside(rivals, {terms, name: receiverName(sender)});
    if (refusal) return refusal;
    if (terms.epoch !== undefined) {
      for (const rival of rivals) {
        this.#links.delete(rival.sender);
        rival.close(stolenBy(terms.epoch, {newName: receiverName(sender), rival}));
      }
    }
    const delivered = () => this.#count(terms);
    this.#links.set(
      sender,
      new ReceivingLink(sender, terms, {faults: this.#faults, now: this.#now, delivered}),
    );
    return undefined;
  }

  remove(sender: Sender): void {
    this.#links.get(sender)?.close();
    this.#links.delete(sender);
  }

  /** Detaches all readers of a hub with an error or, without one, forgets those whose connection is gone. */
  closeWhere(matches: (link: ReceivingLink) => boolean, error?: ServiceError): void {
    for (const [sender, link] of this.#links) {
      if (!matches(link)) continue;
      this.#links.delete(sender);
      link.close(error);
    }
  }

  #terms(sender: Sender, request: AttachRequest): ReceivingTerms | ServiceError {
    const {hub, partitionId, consumerGroup} = request;
    if (!hub.hasConsumerGroup(consumerGroup)) return entityNotFound(`${hub.name}~${consumerGroup}`);
    const log = hub.partition(partitionId, this.#now());
    if (!log) return invalidPartition({partitionId, partitionCount: hub.partitionIds.length});
    const filter = filterOf(sender);
    const position = parseSelectorFilter(filter);
    if (!position)
      return {condition: CONDITION.invalidField, description: `The filter '${filter}' is not valid.`};
    const start = log.resolve(position);
    if (start.kind === 'refused') return {condition: CONDITION.argument, description: start.reason};
    const epoch: unknown = sender.properties?.[EPOCH];
    const wanted = [sender.desired_capabilities ?? []].flat().includes(RUNTIME_METRIC);
    return {
      ...request,
      epoch: typeof epoch === 'number' ? epoch : undefined,
      runtimeMetric: wanted ? 'wanted' : 'unwanted',
      log,
      startOrdinal: start.ordinal,
    };
  }

  #count({hub, partitionId}: ReceivingTerms): void {
    const key = `${hub.name.toLowerCase()}/${partitionId}`;
    this.#delivered.set(key, (this.#delivered.get(key) ?? 0) + 1);
  }
}

function isSameReader(one: ReceivingTerms, other: ReceivingTerms): boolean {
  return (
    one.hub === other.hub &&
    one.partitionId === other.partitionId &&
    one.consumerGroup.toLowerCase() === other.consumerGroup.toLowerCase()
  );
}

/** Texts and conditions are the service's. */
function refusedBeside(
  rivals: readonly ReceivingLink[],
  {terms, name}: {terms: ReceivingTerms; name: string},
): ServiceError | undefined {
  const highest = Math.max(...rivals.map((rival) => rival.terms.epoch ?? -Infinity));
  if (terms.epoch === undefined) {
    if (highest !== -Infinity) {
      return {
        condition: CONDITION.stolen,
        description: `At least one receiver for the endpoint is created with epoch of '${highest}', and so non-epoch receiver is not allowed. Either reconnect with a higher epoch, or make sure all epoch receivers are closed or disconnected.`,
      };
    }
    return rivals.length < NON_EPOCH_READERS_MAX
      ? undefined
      : {
          condition: CONDITION.quotaExceeded,
          description: `Exceeded the maximum number of allowed receivers per partition in a consumer group which is ${NON_EPOCH_READERS_MAX}.`,
        };
  }
  return terms.epoch >= highest
    ? undefined
    : {
        condition: CONDITION.stolen,
        description: `Receiver '${name}' with a higher epoch '${highest}' already exists. Receiver '${name}' with epoch ${terms.epoch} cannot be created. Make sure you are creating receiver with increasing epoch value to ensure connectivity, or ensure all old epoch receivers are closed or disconnected.`,
      };
}

function stolenBy(epoch: number, {newName, rival}: {newName: string; rival: ReceivingLink}): ServiceError {
  const old = rival.terms.epoch === undefined ? 'no epoch' : `epoch '${rival.terms.epoch}'`;
  return {
    condition: CONDITION.stolen,
    description: `New receiver '${newName}' with higher epoch of '${epoch}' is created hence current receiver '${receiverName(rival.sender)}' with ${old} is getting disconnected. If you are recreating the receiver, make sure a higher epoch is used.`,
  };
}

function receiverName(sender: Sender): string {
  const name: unknown = sender.properties?.[RECEIVER_NAME];
  return typeof name === 'string' ? name : 'nil';
}

/** The library leaves the described value of a filter as it found it. */
function filterOf(sender: Sender): string | undefined {
  const filter: unknown = sender.source?.filter?.[SELECTOR_FILTER];
  if (typeof filter === 'string') return filter;
  if (typeof filter !== 'object' || filter === null || !('value' in filter)) return undefined;
  return typeof filter.value === 'string' ? filter.value : undefined;
}
