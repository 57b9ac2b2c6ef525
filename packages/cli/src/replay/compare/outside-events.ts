import {assignEventTime, type Mark, type ReceivedEvent} from '@weir/pipeline';
import pLimit from 'p-limit';
import type {ReadSpan} from '../replayed-window.ts';
import {retryPartitionId, type PartitionStand} from './partition-stands.ts';
import {partitionsAtATime, type LogStart, type WindowPorts, type WindowSettings} from './window-ports.ts';

/** An event of the window that only one of the two has read. */
export interface OutsideEvent {
  readonly sequenceNumber: number;
  readonly eventTimeMs: number;
}

/** Events of the window that the replay and the worker do not have in common, of one partition. */
export interface Outside {
  /** The worker has read them, the replay has not. */
  readonly onlyWorker: readonly OutsideEvent[];
  /** The replay has read them, the worker has not yet. */
  readonly onlyReplay: readonly OutsideEvent[];
  /** Why it is not known that these are all; undefined where it is. */
  readonly unknown: string | undefined;
}

/** Events read of one partition to find out; a replay that is further off is better made again. */
const eventsMax = 100_000;

interface Scan {
  readonly from: LogStart;
  readonly through: number;
}

/**
 * Finds the events of a window that lie outside what the replay has read, or outside what the worker has. What was
 * looked at once is not read again, so that looking again costs only what came meanwhile.
 */
export class OutsideEvents {
  readonly #ports: Pick<WindowPorts, 'hub'>;
  readonly #settings: WindowSettings;
  readonly #window: {readonly fromMs: number; readonly untilMs: number};
  readonly #spans: ReadonlyMap<string, ReadSpan>;
  /** By partition and start. */
  readonly #scanned = new Map<string, {through: number; found: readonly OutsideEvent[] | string}>();

  constructor(options: {
    ports: Pick<WindowPorts, 'hub'>;
    settings: WindowSettings;
    window: {readonly fromMs: number; readonly untilMs: number};
    spans: ReadonlyMap<string, ReadSpan>;
  }) {
    this.#ports = options.ports;
    this.#settings = options.settings;
    this.#window = options.window;
    this.#spans = options.spans;
  }

  /** By partition id; dead letters that were tried again have their events in the other partitions. */
  async of(stands: readonly PartitionStand[], signal: AbortSignal): Promise<ReadonlyMap<string, Outside>> {
    const limit = pLimit(partitionsAtATime);
    const own = stands.filter(({partitionId}) => partitionId !== retryPartitionId);
    const found = await Promise.all(own.map((stand) => limit(() => this.#ofPartition(stand, signal))));
    return new Map(own.map(({partitionId}, index) => [partitionId, found[index]!]));
  }

  async #ofPartition({partitionId, commit}: PartitionStand, signal: AbortSignal): Promise<Outside> {
    const span = this.#spans.get(partitionId);
    const head = commit?.head.sequenceNumber ?? -1;
    const first = await this.#beforeSpan(partitionId, {span, head: commit?.head}, signal);
    const [low, high] = span === undefined ? [head, head] : sorted(head, span.last.sequenceNumber);
    const rest =
      high > low
        ? await this.#scan(partitionId, {from: {sequenceNumber: low + 1}, through: high}, signal)
        : [];
    if (typeof first === 'string') return {onlyWorker: [], onlyReplay: [], unknown: first};
    if (typeof rest === 'string') return {onlyWorker: [], onlyReplay: [], unknown: rest};
    const isBehind = span !== undefined && head < span.last.sequenceNumber;
    return isBehind
      ? {onlyWorker: first, onlyReplay: rest, unknown: undefined}
      : {onlyWorker: [...first, ...rest], onlyReplay: [], unknown: undefined};
  }

  /** Events that may be of the window and were enqueued before the first one of the replay. */
  async #beforeSpan(
    partitionId: string,
    {span, head}: {span: ReadSpan | undefined; head: Mark | undefined},
    signal: AbortSignal,
  ): Promise<readonly OutsideEvent[] | string> {
    // An event is at most so much older than its event time.
    const enqueuedFromMs = this.#window.fromMs - this.#settings.assign.earlyMaxMs;
    const nearest = span?.first ?? head;
    if (nearest === undefined || nearest.sequenceNumber < 0 || nearest.enqueuedTimeMs < enqueuedFromMs)
      return [];
    if (span?.first.sequenceNumber === 0) return [];
    const through = span === undefined ? nearest.sequenceNumber : nearest.sequenceNumber - 1;
    return this.#scan(partitionId, {from: {enqueuedFromMs}, through}, signal);
  }

  async #scan(
    partitionId: string,
    {from, through}: Scan,
    signal: AbortSignal,
  ): Promise<readonly OutsideEvent[] | string> {
    const key = JSON.stringify([partitionId, from]);
    const known = this.#scanned.get(key);
    if (known !== undefined && (typeof known.found === 'string' || known.through >= through))
      return known.found;
    const before = known === undefined ? [] : known.found;
    const rest: Scan = {from: known === undefined ? from : {sequenceNumber: known.through + 1}, through};
    const read = await this.#read(partitionId, rest, signal);
    const found = typeof read === 'string' || typeof before === 'string' ? read : [...before, ...read];
    this.#scanned.set(key, {through, found});
    return found;
  }

  async #read(
    partitionId: string,
    {from, through}: Scan,
    signal: AbortSignal,
  ): Promise<readonly OutsideEvent[] | string> {
    const {hub} = this.#ports;
    const {beginningSequenceNumber: begin, isEmpty} = await hub.partitionFacts(partitionId, signal);
    const expired = `events of partition ${partitionId} that may be of the window have expired in the event hub`;
    if (isEmpty || ('sequenceNumber' in from && from.sequenceNumber < begin)) return expired;
    const found: OutsideEvent[] = [];
    let firstRead: number | undefined;
    let count = 0;
    const range = {from, through: Math.max(through, begin)};
    for await (const batch of hub.events(partitionId, range, signal)) {
      firstRead ??= batch[0]?.sequenceNumber;
      for (const event of batch) if (event.sequenceNumber <= through) found.push(...this.#ofWindow(event));
      count += batch.length;
      if (count > eventsMax)
        return `more than ${eventsMax.toLocaleString('en-US')} events of partition ${partitionId} lie between the replay and the worker`;
    }
    signal.throwIfAborted();
    // Where the log begins within the time that counts, what lay before it is not known.
    const beginsInside = 'enqueuedFromMs' in from && (firstRead ?? Infinity) <= begin;
    return beginsInside && begin > 0 ? expired : found;
  }

  #ofWindow({sequenceNumber, enqueuedTimeMs, body}: ReceivedEvent): OutsideEvent[] {
    const {decoder, assign} = this.#settings;
    const {fromMs, untilMs} = this.#window;
    const found: OutsideEvent[] = [];
    for (const record of decoder.decode(body, enqueuedTimeMs)) {
      if (record.kind !== 'event') continue;
      const assigned = assignEventTime(record.event.eventTimeMs, enqueuedTimeMs, assign);
      if (assigned.kind === 'refused') continue;
      const eventTimeMs = assigned.kind === 'clamped' ? assigned.eventTimeMs : record.event.eventTimeMs;
      if (eventTimeMs >= fromMs && eventTimeMs < untilMs) found.push({sequenceNumber, eventTimeMs});
    }
    return found;
  }
}

function sorted(a: number, b: number): [number, number] {
  return a < b ? [a, b] : [b, a];
}
