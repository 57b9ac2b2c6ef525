import type {Finding} from '@weir/pipeline';
import {Random} from './random.ts';

/** What no program can mend by itself, and so stops partitions; a run has at most one. */
export const disasters = [
  'none',
  /** The first partition's journal is put back to an older copy, or deleted. */
  'journal restored',
  'journal lost',
  /** The hub is deleted and made under its old name. */
  'hub made again',
  /** Cosmos DB is put back to an earlier moment: both containers, `progress` alone, `aggregates` alone. */
  'documents restored',
  'fence restored',
  'aggregates restored',
  /** A second deployment with storage of its own writes the same documents: it begins with none, or with a copy. */
  'two deployments',
  'copied deployment',
] as const;
export type Disaster = (typeof disasters)[number];

/** What the person does who sees a stopped partition. */
export const operators = [
  /** The partition stays stopped. */
  'none',
  'adopt journal',
  /** With the start that the command has for the finding. */
  'begin anew',
  /** The way that is printed first. */
  'first way',
] as const;
export type Operator = (typeof operators)[number];

/** Apart from the other draws, as whatever is added later should be: a seed then stays the run that it was. */
export function drawDisaster(seed: number): Disaster {
  const first = new Random(seed, 'disaster');
  if (first.chance(0.06)) return first.pick(['journal restored', 'journal lost'] as const);
  const further = new Random(seed, 'further disaster');
  if (!further.chance(0.1)) return 'none';
  return further.pick([
    'hub made again',
    'documents restored',
    'fence restored',
    'aggregates restored',
    'two deployments',
    'copied deployment',
  ] as const);
}

export function drawOperator(seed: number): Operator {
  const random = new Random(seed, 'operator');
  if (random.chance(0.2)) return 'none';
  return random.pick(['adopt journal', 'begin anew', 'begin anew', 'first way', 'first way'] as const);
}

/** How often a healthy journal is begun anew; only where nothing else stops a partition. */
export function drawBegunAnew(seed: number, disaster: Disaster): number {
  const random = new Random(seed, 'begun anew');
  return disaster === 'none' && random.chance(0.1) ? random.between(1, 3) : 0;
}

/**
 * Whether a message is one that this disaster may stop a partition with, and names the command that resolves it.
 * @param journal whether the partition has one when the message comes
 */
export function explains(
  disaster: Disaster,
  {partitionId, message, journal}: {partitionId: string; message: string; journal: 'there' | 'missing'},
): boolean {
  const namesCommand = message.includes(`Run "weir recover --partition ${partitionId}"`);
  const findings = journal === 'missing' ? (['journal lost'] as const) : findingsOf[disaster];
  return namesCommand && findings.some((kind) => message.includes(sentenceOf[kind]));
}

type FindingKind = Finding['kind'];

/**
 * In PROTOCOL's words. A journal put back by one commit may be found before or after another owner has made that
 * commit once more; a journal that is lost before anything passed the fence is begun by whoever comes, perhaps by two;
 * and the write of a first commit, whose answer is still out, may put that back into the empty place.
 */
const findingsOf: Readonly<Record<Disaster, readonly FindingKind[]>> = {
  none: [],
  'journal restored': ['journal restored', 'two deployments'],
  'journal lost': ['journal lost', 'another lineage', 'journal restored'],
  'hub made again': ['hub made again'],
  'documents restored': ['documents restored'],
  'fence restored': ['documents restored'],
  'aggregates restored': [],
  'two deployments': ['journal lost', 'another lineage'],
  'copied deployment': ['journal restored', 'two deployments', 'journal lost', 'another lineage'],
};

/** What a person has to be told, in PROTOCOL's list: a journal lost, restored or used by two deployments, and so on. */
const sentenceOf: Readonly<Record<FindingKind, string>> = {
  'hub made again': 'The event hub was made again',
  'journal lost': 'The journal is missing, but Cosmos DB has seen commit',
  'journal restored': 'The blob was restored from an older copy',
  'two deployments': 'exists twice with different contents. Two deployments',
  'another lineage': 'The journal was begun anew elsewhere, or two deployments share one Cosmos DB container',
  'documents restored': 'Cosmos DB was restored from an older copy',
};
