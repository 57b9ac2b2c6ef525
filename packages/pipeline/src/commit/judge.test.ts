import {expect, test} from 'vitest';
import {startMark} from './position-marks.ts';
import type {Commit, CommitName} from './commit.ts';
import {describeFinding, judge, passesFence} from './judge.ts';
import {noneOpen} from './open-ranges.ts';

const hub = '2024-05-01T00:00:00Z';
const name = (lineage: string, n: number, author = `${lineage}${n}`): CommitName => ({lineage, n, author});

function commit({lineage, n, author}: CommitName, follows?: CommitName): Commit {
  return {
    lineage,
    n,
    author,
    ...(follows && {follows}),
    hubCreatedAt: hub,
    head: startMark,
    frontier: startMark,
    resume: startMark,
    open: noneOpen,
    deltas: [],
    carry: [],
    parked: [],
    deadLetters: [],
    watermarks: {arrivalMs: 0, resolvedMs: 0},
  };
}

interface Case {
  readonly what: string;
  readonly fence?: CommitName;
  readonly journal?: Commit;
  readonly hubCreatedAt?: string;
  readonly kind: 'begin' | 'apply' | 'again' | 'stop';
  readonly finding?: string;
}

/** PROTOCOL.md, "Recover". */
const cases: readonly Case[] = [
  {what: 'nothing yet', kind: 'begin'},
  {what: 'a fence and no journal', fence: name('a', 3), kind: 'stop', finding: 'journal lost'},
  {
    what: 'a hub made again',
    fence: name('a', 3),
    journal: commit(name('a', 3)),
    hubCreatedAt: 'later',
    kind: 'stop',
    finding: 'hub made again',
  },
  {
    what: 'a hub made again before the first fence',
    journal: commit(name('a', 1)),
    hubCreatedAt: 'later',
    kind: 'stop',
    finding: 'hub made again',
  },
  {what: 'the first commit, not yet at its fence', journal: commit(name('a', 1)), kind: 'apply'},
  {
    what: 'the second commit and no fence',
    journal: commit(name('a', 2)),
    kind: 'again',
    finding: 'documents restored',
  },
  {
    what: 'a journal begun anew and no fence',
    journal: commit(name('b', 1), name('a', 9)),
    kind: 'again',
    finding: 'documents restored',
  },
  {what: 'the very commit', fence: name('a', 4), journal: commit(name('a', 4)), kind: 'apply'},
  {what: 'a crash before the fence', fence: name('a', 3), journal: commit(name('a', 4)), kind: 'apply'},
  {
    what: 'two commits behind',
    fence: name('a', 2),
    journal: commit(name('a', 4)),
    kind: 'again',
    finding: 'documents restored',
  },
  {
    what: 'a fence ahead by one',
    fence: name('a', 5),
    journal: commit(name('a', 4)),
    kind: 'stop',
    finding: 'journal restored',
  },
  {
    what: 'another author of one number',
    fence: name('a', 4, 'other'),
    journal: commit(name('a', 4)),
    kind: 'stop',
    finding: 'two deployments',
  },
  {
    what: 'another lineage',
    fence: name('b', 4),
    journal: commit(name('a', 4)),
    kind: 'again',
    finding: 'another lineage',
  },
  {
    what: 'another lineage with a higher number: lineage first',
    fence: name('b', 99),
    journal: commit(name('a', 4)),
    kind: 'again',
    finding: 'another lineage',
  },
  {
    what: 'a journal begun anew behind exactly this fence',
    fence: name('a', 9),
    journal: commit(name('b', 1), name('a', 9)),
    kind: 'apply',
  },
  {
    what: 'a journal begun anew behind another commit',
    fence: name('a', 10),
    journal: commit(name('b', 1), name('a', 9)),
    kind: 'again',
    finding: 'another lineage',
  },
  {
    what: 'a journal begun anew behind another author',
    fence: name('a', 9, 'other'),
    journal: commit(name('b', 1), name('a', 9)),
    kind: 'again',
    finding: 'another lineage',
  },
];

test.each(cases)('recovery from $what: $kind', ({fence, journal, hubCreatedAt = hub, kind, finding}) => {
  const judgement = judge({fence, journal, hubCreatedAt});
  expect(judgement.kind).toBe(kind);
  expect('finding' in judgement ? judgement.finding.kind : undefined).toBe(finding);
});

test.each(cases.filter(({finding}) => finding !== undefined))(
  'the message about $what names the partition and the command',
  ({fence, journal, hubCreatedAt = hub}) => {
    const judgement = judge({fence, journal, hubCreatedAt});
    const text = 'finding' in judgement ? describeFinding(judgement.finding, '12') : '';
    expect(text).toContain('weir recover --partition 12');
    expect(text).not.toMatch(/undefined|null|\[object/);
  },
);

test.each([
  ['a lower number', name('a', 5), name('a', 4), true],
  ['a much lower number', name('a', 5), name('a', 1), true],
  ['its own rewrite', name('a', 5), name('a', 5), true],
  ['another author of its number', name('a', 5), name('a', 5, 'other'), false],
  ['a higher number', name('a', 5), name('a', 6), false],
  ['another lineage', name('a', 5), name('b', 4), false],
  ['another lineage with the same number and author', name('a', 5, 'x'), name('b', 5, 'x'), false],
] as const)('a commit meets %s at the fence: passes %#', (_, own, fence, passes) => {
  expect(passesFence(commit(own), fence)).toBe(passes);
});

test('a commit that begins a journal anew passes only the fence that it follows', () => {
  const anew = commit(name('b', 1), name('a', 9));
  expect(passesFence(anew, name('a', 9))).toBe(true);
  expect(passesFence(anew, name('a', 8))).toBe(false);
  expect(passesFence(anew, name('a', 9, 'other'))).toBe(false);
  expect(passesFence(anew, name('b', 1))).toBe(true);
});
