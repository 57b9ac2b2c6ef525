import {describeFinding, type Finding} from '@weir/pipeline';
import {openOf, retryPartitionId, type Inspection} from '@weir/worker';
import {count} from '../count-text.ts';
import {short} from './commit-sentences.ts';
import {consequencesOf} from './consequences.ts';
import type {StoppedFound, WayOut} from './ways-out.ts';

const columns = 80;

/** One line: a partition with nothing to decide. */
export function quietLine({partition: {partitionId}, state, claim: {journal}}: Inspection): string {
  return state.kind === 'new'
    ? `Partition ${partitionId} is new: it has neither journal nor fence.\n`
    : `Partition ${partitionId} is not stopped${journal === undefined ? '' : `: commit ${journal.commit.n}`}.\n`;
}

/** Everything that a person needs to decide about a stopped partition. */
export function stoppedText(found: StoppedFound, ways: readonly WayOut[]): string {
  const {partition, state, hubCreatedAt} = found.stopped;
  const mend = mends[state.finding.kind];
  const isRetry = partition.partitionId === retryPartitionId;
  const {beginningSequenceNumber, lastEnqueuedSequenceNumber, isEmpty} = found.facts;
  const events = isEmpty
    ? `no events, the last had number ${lastEnqueuedSequenceNumber}`
    : `events ${beginningSequenceNumber} to ${lastEnqueuedSequenceNumber}`;
  return [
    `Partition ${partition.partitionId} is stopped: ${titles[state.finding.kind]}.`,
    '',
    ...field('Journal', journalText(found.stopped)),
    ...field('Cosmos DB', seenText(found.stopped)),
    ...(isRetry ? [] : field('Event hub', `${events}; made ${hubCreatedAt}`)),
    ...(found.checkpoint === undefined ? [] : field('Checkpoint', `event ${found.checkpoint} (only a hint)`)),
    '',
    ...wrapped(foundText(state.finding, partition.partitionId), '  '),
    '',
    ...wrapped(`First: ${isRetry ? mend.replace(workerGoesOn, '') : mend}`, '  '),
    ...(ways.length === 0 ? ['', ...wrapped(noneText(state.finding), '  ')] : []),
    ...ways.flatMap((way) => wayText(way, found)),
    '',
  ].join('\n');
}

/** The commands that resolve it are listed below the sentence, so its own advice is left out. */
export function foundText(finding: Finding, partitionId: string): string {
  return describeFinding(finding, partitionId).split(' Run "weir recover')[0]!;
}

export function wrapped(text: string, indent: string, first = indent): string[] {
  const lines: string[] = [];
  let line = first;
  for (const word of text.split(' ')) {
    const isStart = line === first || line === indent;
    if (!isStart && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = indent + word;
    } else line += isStart ? word : ` ${word}`;
  }
  return [...lines, line];
}

const titles: Readonly<Record<Finding['kind'], string>> = {
  'hub made again': 'its event hub was made again',
  'journal lost': 'its journal is lost',
  'journal restored': 'its journal is an older copy',
  'two deployments': 'two deployments wrote one commit',
  'another lineage': 'Cosmos DB follows another journal',
  'documents restored': 'Cosmos DB lacks commits of its journal',
};

/** No worker has retried dead letters. */
const workerGoesOn = ', and the worker goes on by itself within 30 s';

/** What makes the way out unnecessary, if it is possible. */
const mends: Readonly<Record<Finding['kind'], string>> = {
  'journal lost': `undelete the blob, or set STORAGE_CONTAINER right. Then nothing is lost or counted twice${workerGoesOn}.`,
  'journal restored': `bring back the newest version of the blob, if storage keeps versions. Then nothing is lost or counted twice${workerGoesOn}.`,
  'two deployments': 'stop the deployment that should not run.',
  'another lineage':
    'set STORAGE_CONTAINER to where the journal is that Cosmos DB follows, or stop the deployment that writes it.',
  'documents restored': 'set COSMOS_DATABASE and COSMOS_CONTAINER right, if they name another container.',
  'hub made again': 'set EVENT_HUBS_NAMESPACE and EVENT_HUB_NAME right, if they name another hub.',
};

function journalText({partition, claim: {journal}}: Inspection): string {
  if (journal === undefined) return 'none';
  const {commit} = journal;
  const named = `commit ${commit.n} of ${short(commit.lineage)}`;
  if (partition.partitionId === retryPartitionId) {
    const letters = count(commit.settles?.length ?? 0, 'dead letter');
    return `${named}, settles ${letters}; ${count(commit.deltas.length, 'delta')}, ${commit.parked.length} refused`;
  }
  const open = openOf(commit);
  const waiting = open.length === 0 ? '' : ` (from event ${open[0]!.sequenceNumber})`;
  return (
    `${named}, read up to event ${commit.head.sequenceNumber}; ` +
    `${open.length} waiting for diagnostics${waiting}, ${commit.deltas.length} deltas, ` +
    `${commit.carry.length} carried, ${commit.parked.length} refused`
  );
}

function seenText({partition, claim: {fence}, seen}: Inspection): string {
  if (fence === undefined) return 'has seen no commit';
  const {n, lineage} = fence.name;
  const written =
    seen === undefined
      ? ''
      : `${partition.partitionId === retryPartitionId ? '' : `, up to event ${seen.headSequenceNumber}`}; written ${seen.updatedAt} by ${seen.owner}`;
  return `has seen commit ${n} of ${short(lineage)}${written}`;
}

/** Why the journal cannot be adopted, where that was asked for. */
function noneText({kind}: Finding): string {
  return kind === 'journal restored'
    ? 'An older copy of this journal cannot be adopted: dead letters are marked under its next numbers.'
    : 'There is no journal of this hub to adopt.';
}

function field(name: string, text: string): string[] {
  return wrapped(text, ' '.repeat(14), `  ${name.padEnd(12)}`);
}

function wayText(way: WayOut, found: StoppedFound): string[] {
  const {flags, does, wrongAfterwards} = consequencesOf(way, found);
  const {partitionId} = found.stopped.partition;
  const item = (text: string): string[] => wrapped(text, '      ', '    - ');
  return [
    '',
    `  weir recover --partition ${partitionId} ${flags.join(' ')}`,
    ...does.flatMap(item),
    ...(wrongAfterwards.length === 0
      ? []
      : ['    What may be wrong afterwards:', ...wrongAfterwards.flatMap(item)]),
  ];
}
