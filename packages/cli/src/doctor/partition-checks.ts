import {count} from '../count-text.ts';
import type {ContainersReady} from './cosmos-checks.ts';
import type {Examination, Look, Step} from './examination.ts';
import type {HubLook} from './hub-checks.ts';
import {countFences, summarizePartitions, type PartitionSummary} from './partition-summaries.ts';
import type {StorageLook} from './storage-checks.ts';
import type {Subject} from './subject.ts';
import {roughly, whole} from './wording.ts';

/** Partitions told one by one. */
const toldMax = 5;
/** Parked documents named one by one. */
const namedMax = 10;
/** Reading that is behind by more is told. */
const behindMaxMs = 5 * 60_000;

/** Journals and fences: stopped partitions, parked documents, the backlog, and what a restart would read again now. */
export function checkPartitions(
  examination: Examination,
  subject: Subject,
  needs: {
    readonly hub: Step<HubLook>;
    readonly storage: Step<StorageLook>;
    readonly containers: Step<ContainersReady>;
  },
): Step<readonly PartitionSummary[]> {
  return examination.step('partitions.journals', needs, async ({hub, storage, containers}, look) => {
    if (containers.state === 'missing' && storage.state === 'missing') {
      look.say({severity: 'ok', found: 'No worker has run here yet.'});
      return [];
    }
    if (containers.state === 'missing') {
      look.say({severity: 'skipped', found: 'There are no fences to compare journals with yet.'});
      return undefined;
    }
    if (storage.state === 'missing') {
      const {partitionIds} = hub.hub;
      const access = {partitionIds, cosmos: containers, signal: look.signal};
      sayWithoutJournals(look, {fences: await countFences(subject, access), subject});
      return [];
    }
    const access = {...hub, storage, cosmos: containers, signal: look.signal};
    const summaries = await summarizePartitions(subject, access);
    sayStates(look, summaries);
    sayParked(look, summaries, subject.config.parked.documentsMax);
    sayBacklog(look, summaries, subject.now());
    return summaries;
  });
}

function sayWithoutJournals({say}: Look, {fences, subject}: {fences: number; subject: Subject}): void {
  const {container} = subject.config.storage;
  if (fences === 0) {
    say({severity: 'ok', found: 'No worker has run here yet.'});
    return;
  }
  say({
    severity: 'problem',
    found: `Cosmos DB has seen commits of this hub, and there is no container ${container} with their journals.`,
    consequence: 'Every partition stops: its journal is lost.',
    fix: `STORAGE_CONTAINER: name the container that the workers used; if it was deleted:\naz storage container restore --account-name <account> --name ${container} --deleted-version <version> --auth-mode login`,
  });
}

function sayStates({say}: Look, summaries: readonly PartitionSummary[]): void {
  const isBad = ({state}: PartitionSummary): boolean =>
    state.kind === 'stopped' || state.kind === 'not judged';
  const bad = summaries.filter(isBad);
  for (const {partitionId, state} of bad.slice(0, toldMax)) {
    if (state.kind === 'stopped') {
      say({
        severity: 'problem',
        found: `Partition ${partitionId}: ${withoutAdvice(state.why)}`,
        consequence: 'The partition is not read, unless a worker finds within 30 s that a read was stale.',
        fix: `weir recover --partition ${partitionId}`,
      });
    } else if (state.kind === 'not judged') {
      say({
        severity: 'problem',
        found: `Partition ${partitionId} cannot be judged: ${state.why}`,
        consequence: 'A worker leaves the partition alone for as long.',
      });
    }
  }
  if (bad.length > toldMax) {
    say({
      severity: 'problem',
      found: `${bad.length - toldMax} more ${bad.length - toldMax === 1 ? 'partition is' : 'partitions are'} stopped or cannot be judged.`,
      consequence: 'They are not read.',
      fix: 'weir recover',
    });
  }
  if (bad.length > 0) return;
  const begun = summaries.filter(({state}) => state.kind === 'runs').length;
  const found =
    begun === 0
      ? 'No partition has a journal yet.'
      : `${begun} of ${summaries.length} partitions have a journal that agrees with its fence.`;
  say({severity: 'ok', found});
}

function sayParked({say}: Look, summaries: readonly PartitionSummary[], documentsMax: number): void {
  const parked = summaries.flatMap(({partitionId, journal}) =>
    (journal?.parked ?? []).map((document) => ({partitionId, ...document})),
  );
  if (parked.length === 0) return;
  const full = summaries.some(({journal}) => (journal?.parked.length ?? 0) >= documentsMax);
  const names = parked.slice(0, namedMax).map(({id, partitionId}) => `${id} (partition ${partitionId})`);
  const more = parked.length > namedMax ? ` and ${parked.length - namedMax} more` : '';
  say({
    severity: full ? 'problem' : 'warning',
    found: `Cosmos DB refuses documents for good: ${names.join(', ')}${more}.`,
    consequence: full
      ? 'parked.documentsMax is reached: the partition is not read until they are accepted.'
      : 'What belongs to them waits in the journal and is tried again every minute.',
    fix: 'The log line "parked" says why: set shards for a full logical partition, delete or mend an unreadable document, update Weir for a newer schemaVersion.',
  });
}

function sayBacklog({say}: Look, summaries: readonly PartitionSummary[], nowMs: number): void {
  const begun = summaries.flatMap(({partitionId, facts, journal}) =>
    journal === undefined ? [] : [{partitionId, facts, ...journal}],
  );
  if (begun.length === 0) return;
  const behind = begun
    .map(({partitionId, facts, head}) => ({
      partitionId,
      events: Math.max(0, facts.lastEnqueuedSequenceNumber - head.sequenceNumber),
      sinceMs: nowMs - head.enqueuedTimeMs,
    }))
    .filter(({events}) => events > 0);
  const again = begun.reduce(
    (sum, {head, resume}) => sum + Math.max(0, head.sequenceNumber - resume.sequenceNumber),
    0,
  );
  const events = behind.reduce((sum, one) => sum + one.events, 0);
  const worst = behind.toSorted((a, b) => b.events - a.events)[0];
  const found = `${count(events, 'event')} ${events === 1 ? 'is' : 'are'} not read yet; a restart now would read ${whole(again)} again.`;
  const isBehind = behind.some(({sinceMs}) => sinceMs > behindMaxMs);
  if (worst === undefined || !isBehind) {
    say({severity: 'ok', found});
    return;
  }
  say({
    severity: 'warning',
    found: `${found} The most in partition ${worst.partitionId}: ${whole(worst.events)}, read up to ${roughly(worst.sinceMs)} ago.`,
    consequence: 'Reports are behind by as much.',
    fix: 'Add workers, up to the number of partitions:\nkubectl scale deployment <name> --replicas <n>',
  });
}

/** The command that resolves it is the finding's fix. */
function withoutAdvice(why: string): string {
  return why.split(' Run "weir recover')[0]!;
}
