import type {PartitionFacts} from '@weir/pipeline';
import {
  ConfigurationError,
  describeError,
  inspectPartitions,
  isStopped,
  retryPartitionId,
  type Access,
  type Inspection,
  type StoppedPartition,
  type Trouble,
} from '@weir/worker';
import {readCheckpointHint} from './checkpoint-hint.ts';
import {HubEvents} from './hub-events.ts';
import {partitionJson} from './partition-json.ts';
import {quietLine, stoppedText} from './partition-text.ts';
import {isOpen, waysOut, withoutReading, type StoppedFound, type Wish} from './ways-out.ts';

/** Reading again takes 30 s for eight partitions at a time, and storage may be slow. */
const lookWithinMs = 300_000;

export interface Request extends Wish {
  /** Undefined: all of the hub. */
  readonly partition: string | undefined;
  readonly format: 'text' | 'json';
}

/** The person or program in front of the command. */
export interface Person {
  /** Results. */
  print(text: string): void;
  /** Progress, a line each. */
  tell(text: string): void;
  confirm(question: string): Promise<'yes' | 'no' | 'cannot ask'>;
}

/** What has to be decided, and which partitions could not even be judged. */
export interface Found {
  readonly stopped: readonly StoppedFound[];
  /** Those of them that have the wanted way out; none without a wish. */
  readonly resolvable: readonly StoppedFound[];
  readonly unjudged: readonly string[];
}

/**
 * Inspects the partitions and prints what was found, the stopped ones with their ways out. Changes nothing.
 * @throws {ConfigurationError} for a partition that the hub does not have; the hub's errors
 */
export async function look(
  request: Request,
  access: Access,
  {person, report}: {person: Person; report: (trouble: Trouble) => void},
): Promise<Found> {
  const {ports, eventHubs} = access;
  const signal = AbortSignal.timeout(lookWithinMs);
  const {createdAt, partitionIds} = await ports.hub.hubFacts(signal);
  const ids = chosen(request, partitionIds);
  const partitions = ids.map((id) => access.partition(id));
  const answers = await inspectPartitions(partitions, {ports, hubCreatedAt: createdAt, signal, report});
  const events = withoutReading(new HubEvents(eventHubs));
  const stopped: StoppedFound[] = [];
  const resolvable: StoppedFound[] = [];
  const unjudged: string[] = [];
  const json: unknown[] = [];
  for (const [index, answer] of answers.entries()) {
    const id = ids[index]!;
    if (answer.status === 'rejected') {
      const message = describeError(answer.reason);
      unjudged.push(id);
      json.push({partition: id, state: 'not judged', message});
      if (request.format === 'text') person.print(`Partition ${id} cannot be judged: ${message}\n`);
      continue;
    }
    const inspection: Inspection = answer.value;
    if (inspection.state.kind === 'new' && id === retryPartitionId && request.partition === undefined)
      continue;
    if (!isStopped(inspection)) {
      json.push(partitionJson(inspection));
      if (request.format === 'text') person.print(quietLine(inspection));
      continue;
    }
    const found = await complete(inspection, access, signal);
    const ways = await waysOut(found, {...request, events, signal});
    stopped.push(found);
    if (request.wanted !== undefined && ways.some(isOpen)) resolvable.push(found);
    json.push(partitionJson(inspection, {found, ways}));
    if (request.format === 'text') person.print(`\n${stoppedText(found, ways)}\n`);
  }
  if (request.format === 'json') person.print(`${JSON.stringify({partitions: json})}\n`);
  return {stopped, resolvable, unjudged};
}

async function complete(
  stopped: StoppedPartition,
  {ports, container}: Access,
  signal: AbortSignal,
): Promise<StoppedFound> {
  if (stopped.partition.partitionId === retryPartitionId) {
    return {stopped, facts: noEvents, checkpoint: undefined};
  }
  const facts = await ports.hub.partitionFacts(stopped.partition.partitionId, signal);
  const hint = await readCheckpointHint(container, stopped.partition);
  const isOfThisHub =
    stopped.state.finding.kind !== 'hub made again' && (hint ?? 0) <= facts.lastEnqueuedSequenceNumber;
  return {stopped, facts, checkpoint: isOfThisHub ? hint : undefined};
}

/** Retried dead letters are read in the partitions they lie in. */
const noEvents: PartitionFacts = {
  beginningSequenceNumber: 0,
  lastEnqueuedSequenceNumber: -1,
  lastEnqueuedOffset: '',
  lastEnqueuedTimeMs: 0,
  isEmpty: true,
};

function chosen({partition}: Request, partitionIds: readonly string[]): readonly string[] {
  if (partition === undefined) return [...partitionIds, retryPartitionId];
  if (partition === retryPartitionId || partitionIds.includes(partition)) return [partition];
  throw new ConfigurationError([
    `--partition: the hub has no partition ${partition}. Its partitions are ${partitionIds.join(', ')}.`,
  ]);
}
