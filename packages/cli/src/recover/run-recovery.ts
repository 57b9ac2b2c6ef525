import {
  ConfigurationError,
  openAccess,
  watchForMs,
  type Config,
  type StoppedPartition,
  type Trouble,
} from '@weir/worker';
import {carryOut} from './carry-out.ts';
import {HubEvents} from './hub-events.ts';
import {look, type Found, type Person, type Request} from './look.ts';
import {beginAnewWay, waysOut, withoutReading, type StoppedFound, type WayOut} from './ways-out.ts';

/** Watching, and then at most one large commit a partition. */
const actWithinMs = 600_000;

export type RecoveryOutcome =
  | 'all go on'
  /** Some partition is stopped still, or could not be judged. */
  | 'stopped'
  /** What was asked for needs --yes, which was not given. */
  | 'not confirmed';

/**
 * Looks, prints what was found, and takes the wanted way out of every partition that is stopped and has it.
 * @throws {ConfigurationError} for a partition or a start that cannot be; the services' errors
 */
export async function runRecovery(
  request: Request,
  config: Config,
  person: Person,
): Promise<RecoveryOutcome> {
  const access = await openAccess(config);
  try {
    const report = reportOnce(person);
    const found = await look(request, access, {person, report});
    const isAllWell = found.stopped.length === 0 && found.unjudged.length === 0;
    if (isAllWell || request.wanted === undefined || found.stopped.length === 0)
      return isAllWell ? 'all go on' : 'stopped';
    refuseOneStartForMany(request, found);
    const signal = AbortSignal.timeout(actWithinMs);
    const question = `This changes ${partitionsText(found.stopped)} as described above.`;
    const answer = await person.confirm(question);
    if (answer === 'cannot ask') {
      person.tell('weir: nothing was changed. Add --yes to go on without a terminal to ask on.');
      return 'not confirmed';
    }
    if (answer === 'no') {
      person.tell('Nothing was changed.');
      return 'stopped';
    }
    await access.beforeWriting();
    person.tell(`Watching for ${watchForMs / 1000} s whether anybody writes there …`);
    const events = new HubEvents(access.eventHubs);
    const resolved = await Promise.all(
      found.stopped.map(async (one) => {
        const way = await wayOutOf(one, {request, events, signal});
        if (typeof way === 'string') return tellEnd(person, one.stopped, way);
        const {stopped} = one;
        const end = await carryOut(way, {access, stopped, retentionMs: config.retentionMs, signal, report});
        if (end.kind === 'moved') return tellEnd(person, stopped, end.cause);
        return tellEnd(person, stopped, end.kind === 'aborted' ? 'it took too long. Look again' : undefined);
      }),
    );
    return resolved.every((isResolved) => isResolved) && found.unjudged.length === 0
      ? 'all go on'
      : 'stopped';
  } finally {
    access.close();
  }
}

/** The wanted way out, with the positions that it needs read from the hub; else why there is none. */
async function wayOutOf(
  found: StoppedFound,
  {request, events, signal}: {request: Request; events: HubEvents; signal: AbortSignal},
): Promise<WayOut | string> {
  if (request.wanted === 'adopt journal') {
    const ways = await waysOut(found, {from: undefined, events: withoutReading(events), signal});
    return ways.find(({kind}) => kind === 'adopt journal') ?? 'there is no journal of this hub to adopt';
  }
  const way = await beginAnewWay(found, {from: request.from, events, signal});
  if (way.kind === 'begin anew') return way;
  return way.kind === 'no such event'
    ? 'there is no such event to begin at'
    : 'there is no checkpoint to begin at. Say where with --from';
}

/** @returns whether it is resolved */
function tellEnd(
  person: Person,
  {partition: {partitionId}}: StoppedPartition,
  problem: string | undefined,
): boolean {
  person.tell(
    problem === undefined
      ? `Partition ${partitionId} is resolved. A running worker goes on with it within a minute.`
      : `Partition ${partitionId} is left as it was: ${problem}.`,
  );
  return problem === undefined;
}

/** Sequence numbers are of one partition. */
function refuseOneStartForMany({from}: Request, {stopped}: Found): void {
  if (from?.kind !== 'sequence' || stopped.length < 2) return;
  throw new ConfigurationError([
    '--from: a sequence number is of one partition. Name it with --partition, or begin all at a time.',
  ]);
}

function partitionsText(stopped: readonly StoppedFound[]): string {
  const ids = stopped.map((one) => one.stopped.partition.partitionId);
  return ids.length === 1 ? `partition ${ids[0]}` : `partitions ${ids.join(', ')}`;
}

/** A service that is slow to answer is asked often; saying so once is enough. */
function reportOnce(person: Person): (trouble: Trouble) => void {
  const told = new Set<string>();
  return ({layer, kind, partitionId, message}) => {
    const key = `${layer} ${kind} ${partitionId}`;
    if (told.has(key)) return;
    told.add(key);
    person.tell(message);
  };
}
