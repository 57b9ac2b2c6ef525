import type {Mutation} from './mutations.ts';

const anewPlan = 'packages/worker/src/recover/anew-plan.ts';
const beginAnew = 'packages/worker/src/recover/begin-anew.ts';
const startPosition = 'packages/worker/src/recover/start-position.ts';
const adoptJournal = 'packages/worker/src/recover/adopt-journal.ts';
const committer = 'packages/worker/src/partition/committer.ts';
const aggregate = 'packages/pipeline/src/apply/aggregate-document.ts';
const judge = 'packages/pipeline/src/commit/judge.ts';
const builder = 'packages/pipeline/src/commit/commit-builder.ts';
const progress = 'packages/pipeline/src/apply/progress-document.ts';

/** Healthy journals are begun anew while their owners crash, pause and overlap. */
const healthy = {begunAnew: 3, disaster: 'none'} as const;
const restless = {pauses: 8, steals: 6, crashes: 2};

/** Of PROTOCOL.md's list, those of the second round that need a second lineage. */
export const lineageMutations: readonly Mutation[] = [
  {
    name: 'a new lineage without follows',
    plan: healthy,
    faults: restless,
    patches: [
      {
        file: beginAnew,
        find: '...(plan.follows !== undefined && {follows: plan.follows}),',
        replace: '',
      },
    ],
  },
  {
    name: "an old lineage's number removed",
    plan: healthy,
    faults: restless,
    patches: [
      {
        file: aggregate,
        find: 'state.applied.set(source, n);',
        replace: `for (const key of state.applied.keys())
      if (key.slice(0, -8) === source.slice(0, -8)) state.applied.delete(key);
    state.applied.set(source, n);`,
      },
    ],
  },
  {
    // Only once the new lineage has passed: its first commit could not, and everything would stop at once.
    name: 'number compared before lineage',
    plan: healthy,
    faults: {...restless, pauses: 12, slow: 0.2},
    patches: [
      {
        file: judge,
        find: '  if (fence.lineage !== commit.lineage) return follows(commit, fence);\n  if (fence.n !== commit.n)',
        replace: '  if (follows(commit, fence)) return true;\n  if (fence.n !== commit.n)',
      },
    ],
  },
  {
    name: 'another lineage taken as final at once',
    plan: healthy,
    faults: {...restless, staleRead: 0.5, linkDrops: 4},
    patches: [
      {
        file: judge,
        find: `return {kind: 'again', finding: {kind: 'another lineage'`,
        replace: `return {kind: 'stop', finding: {kind: 'another lineage'`,
      },
    ],
  },
  {
    name: 'parked without its lineage',
    plan: healthy,
    faults: {...restless, refusedDocuments: 6},
    patches: [
      {
        file: committer,
        find: 'stateAppliedKey(this.#partition, lineage)',
        replace: 'stateAppliedKey(this.#partition, this.#last?.lineage ?? lineage)',
      },
    ],
  },
];

/** Beginning anew, adopting and stopping, broken where only a disaster shows it. */
export const recoverMutations: readonly Mutation[] = [
  {
    name: 'the last commit not applied before beginning anew',
    plan: healthy,
    faults: restless,
    patches: [
      {
        file: anewPlan,
        find: `lastCommit: agree ? 'under its fence'`,
        replace: `lastCommit: agree ? 'left out'`,
      },
    ],
  },
  {
    name: 'carry not taken over by a new lineage',
    plan: healthy,
    faults: restless,
    patches: [
      {
        file: beginAnew,
        find: `carry: plan.carry === 'taken over' ? (old?.carry ?? []) : [],`,
        replace: 'carry: [],',
      },
    ],
  },
  {
    name: 'parked not taken over by a new lineage',
    plan: healthy,
    faults: {...restless, refusedDocuments: 6},
    patches: [
      {file: beginAnew, find: '...(old === undefined ? [] : parkedTakenOver(old, plan)),', replace: ''},
    ],
  },
  {
    name: 'open not taken over by a new lineage',
    plan: healthy,
    faults: restless,
    patches: [
      {file: beginAnew, find: 'at === undefined ? (old?.open ?? noneOpen) : noneOpen', replace: 'noneOpen'},
    ],
  },
  {
    name: 'a new lineage replaces whatever journal is there',
    plan: healthy,
    faults: restless,
    patches: [
      {
        file: beginAnew,
        find: 'etag: claim.journal?.etag, signal, report});',
        replace: `etag: await ports.journal.etag(partition).then((it) => ('etag' in it ? it.etag : undefined)), signal, report});`,
      },
    ],
  },
  {
    name: 'carry of an older journal added whatever came later',
    plan: {disaster: 'journal restored', operator: 'first way', begunAnew: 0},
    faults: {crashes: 2},
    patches: [{file: beginAnew, find: 'n: old.n + 1, delta', replace: 'n: old.n + 1_000, delta'}],
  },
  {
    name: 'an event that expired takes the one behind it along',
    plan: {disaster: 'journal restored', operator: 'first way', begunAnew: 0, repeats: 0},
    faults: {expiries: 6},
    patches: [
      {
        file: startPosition,
        find: 'found.sequenceNumber < sequenceNumber',
        replace: 'found.sequenceNumber >= 0',
      },
    ],
  },
  {
    name: 'a journal that is lost is begun without a word',
    plan: {disaster: 'journal lost', operator: 'none', begunAnew: 0},
    faults: {},
    patches: [
      {
        file: judge,
        find: `return fence === undefined ? {kind: 'begin'}`,
        replace: `return fence !== null ? {kind: 'begin'}`,
      },
    ],
  },
  {
    name: 'a journal that is behind its fence goes on',
    plan: {disaster: 'journal restored', operator: 'none', begunAnew: 0},
    faults: {},
    patches: [
      {
        file: judge,
        find: `return {kind: 'stop', finding: {kind: 'journal restored', fence, journal: nameOf(journal)}};`,
        replace: `return {kind: 'stop', finding: {kind: 'documents restored', fence, journal: nameOf(journal)}};`,
      },
    ],
  },
  {
    name: 'the journal of another hub goes on',
    plan: {disaster: 'hub made again', operator: 'none', begunAnew: 0},
    faults: {},
    patches: [{file: judge, find: 'if (journal.hubCreatedAt !== hubCreatedAt)', replace: 'if (false)'}],
  },
  {
    name: 'an adopted journal leaves the fence where it was',
    plan: {disaster: 'fence restored', operator: 'adopt journal', begunAnew: 0},
    faults: restless,
    patches: [
      {file: adoptJournal, find: `if (answer.kind === 'written') return {kind: 'done'};`, replace: ''},
      {
        file: adoptJournal,
        find: 'const answer = await ports.progress.write(document, claim.fence?.etag, signal);',
        replace: `const answer = {kind: 'unclear', cause: String(document.id)} as const;`,
      },
    ],
  },
];

/** What reports and people are told, broken: not how often events count. */
export const toldMutations: readonly Mutation[] = [
  {
    name: 'a stopped partition names another command',
    plan: {disaster: 'journal lost', begunAnew: 0},
    patches: [{file: judge, find: 'Run "weir recover', replace: 'Run "weir doctor'}],
  },
  {
    name: 'a lost journal is said to be restored',
    plan: {disaster: 'journal lost', begunAnew: 0},
    patches: [
      {
        file: judge,
        find: 'The journal is missing, but',
        replace: 'The blob was restored from an older copy, and',
      },
    ],
  },
  {
    name: 'the fence tells a watermark of before its commit',
    patches: [
      {
        file: progress,
        find: 'iso(watermarks.arrivalMs)',
        replace: 'iso(Math.max(0, watermarks.arrivalMs - 1_000))',
      },
    ],
  },
  {
    name: 'the arrival watermark follows the last event back',
    patches: [
      {
        file: builder,
        find: '      this.watermarks(oldestHalfEventTimeMs).arrivalMs,\n',
        replace: '      0,\n',
      },
    ],
  },
  {
    name: 'the mean over all requests',
    patches: [
      {
        file: aggregate,
        find: 'measures.durationMsSum / measures.durationCount',
        replace: 'measures.durationMsSum / measures.requests',
      },
    ],
  },
  {
    name: 'a window ends where it begins',
    patches: [
      {
        file: aggregate,
        find: 'windowEnd: new Date(windowEndMs)',
        replace: 'windowEnd: new Date(target.windowStartMs)',
      },
    ],
  },
];
