import {
  noneOpen,
  startMark,
  type Commit,
  type CommitName,
  type Finding,
  type Mark,
  type PartitionFacts,
} from '@weir/pipeline';
import type {StoppedPartition} from '@weir/worker';
import {describe, expect, test} from 'vitest';
import {consequencesOf} from './consequences.ts';
import {partitionJson} from './partition-json.ts';
import {stoppedText} from './partition-text.ts';
import {waysOut, type StoppedFound} from './ways-out.ts';

const {signal} = new AbortController();
const partition = {namespace: 'ns.example', hub: 'hub', group: '$Default', partitionId: '3'};
const facts: PartitionFacts = {
  beginningSequenceNumber: 100,
  lastEnqueuedSequenceNumber: 999,
  lastEnqueuedOffset: 'o999',
  lastEnqueuedTimeMs: 999,
  isEmpty: false,
};
const mark = (sequenceNumber: number): Mark => ({sequenceNumber, offset: 'o', enqueuedTimeMs: 0});
const commit: Commit = {
  lineage: 'aaaaaaaabbbbbbbb',
  n: 7,
  author: 'us',
  hubCreatedAt: 'then',
  head: mark(700),
  frontier: mark(650),
  resume: mark(600),
  open: {runs: [651, 2], others: []},
  deltas: [],
  carry: [],
  parked: [],
  deadLetters: [],
  watermarks: {arrivalMs: 0, resolvedMs: 0},
};
const us: CommitName = {lineage: commit.lineage, n: 7, author: 'us'};

interface Around {
  readonly fence?: CommitName;
  readonly seenHead?: number;
  readonly checkpoint?: number;
}

function found(finding: Finding, {fence, seenHead = 700, checkpoint}: Around = {}): StoppedFound {
  const journal = finding.kind === 'journal lost' ? undefined : {etag: 'j', commit};
  const stopped: StoppedPartition = {
    partition,
    hubCreatedAt: 'then',
    claim: {journal, fence: fence && {etag: 'f', name: fence}},
    state: {kind: 'stopped', finding},
    seen: fence && {
      headSequenceNumber: seenHead,
      frontierSequenceNumber: 650,
      updatedAt: '2026-01-01T00:00:00.000Z',
      owner: 'worker-1',
    },
  };
  return {stopped, facts, checkpoint};
}

/** The partition of retried dead letters, as `look` completes it: it has no events. */
function retryFound(finding: Finding, fence?: CommitName): StoppedFound {
  const {stopped} = found(finding, {...(fence !== undefined && {fence}), seenHead: -1});
  const {journal} = stopped.claim;
  const settles = {
    partitionId: '0',
    sequenceNumber: 5,
    index: 0,
    enqueuedTimeMs: 1,
    as: 'counted',
    settledMs: 2,
  } as const;
  const old = {
    ...commit,
    head: startMark,
    frontier: startMark,
    resume: startMark,
    open: noneOpen,
    settles: [settles],
  };
  return {
    stopped: {
      ...stopped,
      partition: {...partition, partitionId: 'retry'},
      claim: {...stopped.claim, journal: journal && {...journal, commit: old}},
    },
    facts: {...facts, beginningSequenceNumber: 0, lastEnqueuedSequenceNumber: -1, isEmpty: true},
    checkpoint: undefined,
  };
}

const cases: readonly {
  readonly name: string;
  readonly of: StoppedFound;
  readonly flags: readonly string[];
}[] = [
  {
    name: 'journal lost',
    of: found({kind: 'journal lost', fence: us}, {fence: us, checkpoint: 600}),
    flags: ['--begin-anew --from 701', '--begin-anew --from 601'],
  },
  {
    name: 'journal lost without a checkpoint',
    of: found({kind: 'journal lost', fence: us}, {fence: us}),
    flags: ['--begin-anew --from 701'],
  },
  {
    name: 'journal lost with a fence of a longer hub',
    of: found({kind: 'journal lost', fence: us}, {fence: us, seenHead: 5_000}),
    flags: ['--begin-anew --from START'],
  },
  {
    name: 'journal restored',
    of: found(
      {kind: 'journal restored', fence: {...us, n: 9}, journal: us},
      {fence: {...us, n: 9}, seenHead: 900},
    ),
    flags: ['--begin-anew --from 901', '--adopt-journal'],
  },
  {
    name: 'documents restored',
    of: found(
      {kind: 'documents restored', fence: {...us, n: 3}, journal: us},
      {fence: {...us, n: 3}, seenHead: 300},
    ),
    flags: ['--begin-anew --from 301', '--begin-anew', '--adopt-journal'],
  },
  {
    name: 'documents gone',
    of: found({kind: 'documents restored', fence: undefined, journal: us}),
    flags: ['--begin-anew', '--adopt-journal'],
  },
  {
    name: 'another lineage',
    of: found(
      {kind: 'another lineage', fence: {...us, lineage: 'cccccccc'}, journal: us},
      {fence: {...us, lineage: 'cccccccc'}},
    ),
    flags: ['--begin-anew', '--adopt-journal'],
  },
  {
    name: 'two deployments',
    of: found(
      {kind: 'two deployments', fence: {...us, author: 'them'}, journal: us},
      {fence: {...us, author: 'them'}},
    ),
    flags: ['--begin-anew', '--adopt-journal'],
  },
  {
    name: 'hub made again',
    of: found({kind: 'hub made again', journal: 'before', hub: 'then'}, {fence: us}),
    flags: ['--begin-anew --from earliest'],
  },
  {
    name: 'retry journal lost',
    of: retryFound({kind: 'journal lost', fence: us}, us),
    flags: ['--begin-anew'],
  },
  {
    name: 'retry journal restored',
    of: retryFound({kind: 'journal restored', fence: {...us, n: 9}, journal: us}, {...us, n: 9}),
    flags: ['--begin-anew'],
  },
  {
    name: 'retry documents restored',
    of: retryFound({kind: 'documents restored', fence: {...us, n: 3}, journal: us}, {...us, n: 3}),
    flags: ['--begin-anew', '--adopt-journal'],
  },
  {
    name: 'retry of another lineage',
    of: retryFound(
      {kind: 'another lineage', fence: {...us, lineage: 'cccccccc'}, journal: us},
      {...us, lineage: 'cccccccc'},
    ),
    flags: ['--begin-anew', '--adopt-journal'],
  },
  {
    name: 'retry in two deployments',
    of: retryFound(
      {kind: 'two deployments', fence: {...us, author: 'them'}, journal: us},
      {...us, author: 'them'},
    ),
    flags: ['--begin-anew', '--adopt-journal'],
  },
];

const events = {
  first: async (_: string, place: object) =>
    'sequenceNumber' in place ? mark(Number(place.sequenceNumber)) : mark(0),
};

describe.each(cases)('$name', ({of, flags}) => {
  test('its ways out are listed, the nearest to the truth first, each with what may be wrong', async () => {
    const ways = await waysOut(of, {wanted: undefined, from: undefined, events, signal});
    const told = ways.map((way) => consequencesOf(way, of));
    expect(told.map((way) => way.flags.join(' '))).toEqual(flags);
    expect(told.filter(({does}) => does.length === 0)).toEqual([]);
    // Where START is to be said first, what it leaves wrong is told then.
    const silent = told.filter(
      ({flags: [, , start], wrongAfterwards}) => wrongAfterwards.length === 0 && start !== 'START',
    );
    expect(silent).toEqual([]);
  });

  test('what a person reads fits 80 columns and has no hole', async () => {
    const ways = await waysOut(of, {wanted: undefined, from: undefined, events, signal});
    const text = stoppedText(of, ways);
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(text).not.toMatch(/undefined|NaN|\[object/);
    expect(text).toMatchSnapshot();
  });

  test('a program gets the same as fields', async () => {
    const ways = await waysOut(of, {wanted: undefined, from: undefined, events, signal});
    const json = JSON.parse(JSON.stringify(partitionJson(of.stopped, {found: of, ways}))) as object;
    expect(json).toMatchObject({
      partition: of.stopped.partition.partitionId,
      state: 'stopped',
      finding: {kind: of.stopped.state.finding.kind},
      waysOut: flags.map((flag) => ({flags: flag.split(' ')})),
    });
  });
});

test('a start that was named is the only one that is explained', async () => {
  const of = found({kind: 'journal lost', fence: us}, {fence: us, checkpoint: 600});
  const ways = await waysOut(of, {
    wanted: undefined,
    from: {kind: 'sequence', sequenceNumber: 691},
    events,
    signal,
  });
  expect(ways).toHaveLength(1);
  expect(consequencesOf(ways[0]!, of).wrongAfterwards[0]).toContain('Events 691 to 700 (10) count twice');
});

test('a start behind what was seen says what never counts', async () => {
  const of = found({kind: 'journal lost', fence: us}, {fence: us});
  const [way] = await waysOut(of, {wanted: undefined, from: {kind: 'latest'}, events, signal});
  expect(consequencesOf(way!, of).wrongAfterwards[0]).toContain('Events 701 to 999 (299) never count');
});

test('an event that is not there yet cannot be the start', async () => {
  const of = found({kind: 'journal lost', fence: us}, {fence: us});
  const [way] = await waysOut(of, {
    wanted: undefined,
    from: {kind: 'sequence', sequenceNumber: 2_000},
    events,
    signal,
  });
  expect(way).toMatchObject({kind: 'no such event'});
});

test('a wish leaves only its own way, or none', async () => {
  const lost = found({kind: 'journal lost', fence: us}, {fence: us, checkpoint: 600});
  const asked = {from: undefined, events, signal};
  expect(await waysOut(lost, {wanted: 'adopt journal', ...asked})).toEqual([]);
  expect(await waysOut(lost, {wanted: 'begin anew', ...asked})).toMatchObject([
    {kind: 'begin anew', from: {kind: 'sequence', sequenceNumber: 601}},
  ]);
  const withoutHint = found({kind: 'journal lost', fence: us}, {fence: us});
  expect(await waysOut(withoutHint, {wanted: 'begin anew', ...asked})).toEqual([
    {kind: 'begin anew, but from where?'},
  ]);
});

test('an older copy of the retry journal is not adopted, and it is said why', async () => {
  const of = retryFound({kind: 'journal restored', fence: {...us, n: 9}, journal: us}, {...us, n: 9});
  const ways = await waysOut(of, {wanted: 'adopt journal', from: undefined, events, signal});
  expect(ways).toEqual([]);
  expect(stoppedText(of, ways)).toContain('An older copy of this journal cannot be adopted');
});
