import type {RetentionMs} from '@weir/pipeline';
import {
  ConfigurationError,
  describeError,
  openAccess,
  retryPartitionId,
  watchForMs,
  type Access,
  type Config,
  type StoppedPartition,
  type Trouble,
} from '@weir/worker';
import {carryOut} from './carry-out.ts';
import {HubEvents} from './hub-events.ts';
import {look, type Person, type Request} from './look.ts';
import {isOpen, waysOut, type StoppedFound} from './ways-out.ts';

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
    if (found.stopped.length === 0 && found.unjudged.length === 0) return 'all go on';
    if (found.resolvable.length === 0) return 'stopped';
    refuseOneStartForMany(request, found.resolvable);
    const answer = await person.confirm(`This changes ${partitionsText(found.resolvable)} as described.`);
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
    const signal = AbortSignal.timeout(actWithinMs);
    const {retentionMs} = config;
    const resolved = await Promise.all(
      found.resolvable.map(async (one) =>
        tellEnd(person, one.stopped, await resolve(one, {request, access, retentionMs, signal, report})),
      ),
    );
    const isAllWell = found.unjudged.length === 0 && resolved.length === found.stopped.length;
    return isAllWell && resolved.every((isResolved) => isResolved) ? 'all go on' : 'stopped';
  } finally {
    access.close();
  }
}

/** Takes the wanted way out. @returns why that failed; undefined when it is done */
async function resolve(
  found: StoppedFound,
  {
    request,
    access,
    retentionMs,
    signal,
    report,
  }: {
    request: Request;
    access: Access;
    retentionMs: RetentionMs;
    signal: AbortSignal;
    report: (trouble: Trouble) => void;
  },
): Promise<string | undefined> {
  try {
    // Now with positions that are read from the hub.
    const events = new HubEvents(access.eventHubs);
    const [way] = await waysOut(found, {...request, events, signal});
    if (way === undefined || !isOpen(way)) return 'where to begin is not there any more. Look again';
    const end = await carryOut(way, {access, stopped: found.stopped, retentionMs, signal, report});
    if (end.kind === 'aborted') return 'it took too long. Look again';
    return end.kind === 'moved' ? end.cause : undefined;
  } catch (error) {
    // One partition's trouble must not end the others half way.
    return describeError(error);
  }
}

/** @returns whether it is resolved */
function tellEnd(
  person: Person,
  {partition: {partitionId}}: StoppedPartition,
  problem: string | undefined,
): boolean {
  person.tell(
    problem === undefined
      ? `Partition ${partitionId} is resolved. ${partitionId === retryPartitionId ? 'The next retry goes on with it.' : 'A running worker goes on with it within a minute.'}`
      : `Partition ${partitionId} is not resolved: ${problem.replace(/\.$/, '')}.`,
  );
  return problem === undefined;
}

/** Sequence numbers are of one partition. */
function refuseOneStartForMany({from}: Request, partitions: readonly StoppedFound[]): void {
  if (from?.kind !== 'sequence' || partitions.length < 2) return;
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
