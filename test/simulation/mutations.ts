import {halvesMutations} from './halves-mutations.ts';
import {lineageMutations, recoverMutations, toldMutations} from './recover-mutations.ts';
import {noFaults, planOf, type FaultRates, type RunPlan} from './plan.ts';

/** One way to break the protocol: text of a source file that is replaced when it is loaded. */
export interface Mutation {
  readonly name: string;
  readonly patches: readonly {readonly file: string; readonly find: string; readonly replace: string}[];
  /** What shows it, where that is rare among all faults: the runs have these and no others. */
  readonly faults?: Partial<FaultRates>;
  /** What else has to be the same in every run. */
  readonly plan?: Partial<RunPlan>;
}

/** The run in which a mutation is looked for. */
export function planFor({faults, plan: fixed}: Mutation, seed: number): RunPlan {
  const plan = planOf(seed);
  if (faults === undefined) return {...plan, ...fixed};
  const quiet = {disaster: 'none', begunAnew: 0} as const;
  return {...plan, bodies: 24, ...quiet, faults: {...noFaults, ...faults}, ...fixed};
}

const commitLoop = 'packages/worker/src/partition/commit-loop.ts';
const committer = 'packages/worker/src/partition/committer.ts';
const writer = 'packages/worker/src/apply/document-writer.ts';
const fence = 'packages/worker/src/commit/pass-fence.ts';
const claim = 'packages/worker/src/recover/claim.ts';
const session = 'packages/worker/src/partition/partition-session.ts';
const aggregate = 'packages/pipeline/src/apply/aggregate-document.ts';
const builder = 'packages/pipeline/src/commit/commit-builder.ts';
const ranges = 'packages/pipeline/src/commit/open-ranges.ts';
const judge = 'packages/pipeline/src/commit/judge.ts';
const pipeline = 'packages/pipeline/src/partition-pipeline.ts';
const reading = 'packages/pipeline/src/read/reading.ts';
const unsettled = 'packages/pipeline/src/read/unsettled.ts';
const join = 'packages/pipeline/src/join/lookup-join.ts';
const lookupRunner = 'packages/worker/src/join/lookup-runner.ts';
const judgeClaim = 'packages/worker/src/recover/judge-claim.ts';
const seenIds = 'packages/pipeline/src/dedupe/seen-ids.ts';
const blobs = 'test/simulation/simulated-blobs.ts';
const documents = 'test/simulation/simulated-documents.ts';

/** PROTOCOL.md's list, in its order and words, as far as the code has what is to be broken; then mistakes that we made. */
const ofTheWorker: readonly Mutation[] = [
  {
    name: 'journal written without If-Match',
    patches: [{file: blobs, find: `if (journal?.etag !== ifMatch) return {kind: 'refused'};`, replace: ''}],
  },
  {
    name: 'documents without If-Match',
    patches: [{file: documents, find: `if (entry?.etag !== ifMatch) return {kind: 'refused'};`, replace: ''}],
  },
  {
    name: 'n+1 before n is applied',
    patches: [
      {
        file: commitLoop,
        find: 'const applied = await committer.apply(taken.commit, together);',
        replace: `void committer.apply(taken.commit, together); const applied = {kind: 'done' as const, parked: [], expired: 0};`,
      },
    ],
  },
  {
    name: 'stateApplied not set',
    patches: [{file: aggregate, find: 'state.applied.set(source, n);', replace: ''}],
  },
  {
    name: 'open forgotten at recovery',
    patches: [
      {
        file: pipeline,
        find: `start.kind === 'recovered' ? start.commit.open : noneOpen`,
        replace: 'noneOpen',
      },
    ],
  },
  {
    name: 'checkpoint trusted instead of the journal',
    patches: [
      {
        file: reading,
        find: '? -1 : recovered.head.sequenceNumber',
        replace: '? -1 : recovered.resume.sequenceNumber',
      },
    ],
  },
  {
    name: 'carry only in memory',
    patches: [{file: builder, find: 'carry: [...this.#carry.values()],', replace: 'carry: [],'}],
  },
  {
    name: 'author is the worker',
    patches: [{file: commitLoop, find: 'author: ports.newId()', replace: 'author: settings.owner'}],
  },
  {
    name: 'carry applied at hand-over',
    patches: [
      {
        file: builder,
        find: 'const bytes = encodeCommit(commit);',
        replace: `const bytes = encodeCommit(take.carries === 'hand over' ? {...commit, deltas: [], carry: deltas} : commit);`,
      },
    ],
  },
  {
    name: '412 counted as success',
    patches: [
      {
        file: writer,
        find: `case 'refused':\n        return {kind: 'again', afterMs: 0};`,
        replace: `case 'refused':\n        return {kind: 'applied'};`,
      },
    ],
  },
  {
    name: 'cached document changed before the answer',
    patches: [
      {
        file: writer,
        find: `    this.#copies.delete(target.id);\n    switch (answer.kind) {`,
        replace: `    if (copy !== undefined) this.#copies.set(target.id, {...copy, document});\n    switch (answer.kind) {`,
      },
    ],
  },
  {
    name: 'no rewind',
    patches: [
      {
        file: builder,
        find: '    this.#marks.dropBefore(this.#resume);',
        replace: '    this.#resume = head;\n    this.#marks.dropBefore(this.#resume);',
      },
    ],
  },
  {
    name: 'not-yet-re-read records left out of open',
    patches: [
      {file: unsettled, find: 'const unread = this.#unread.places();', replace: 'const unread = [];'},
    ],
  },
  {
    name: 'open without the index',
    patches: [
      {
        file: ranges,
        find: 'this.#others.push(sequenceNumber, index);',
        replace: 'this.#others.push(sequenceNumber, 1);',
      },
    ],
  },
  {
    name: 'dead letters appended',
    patches: [
      {
        file: blobs,
        find: 'const name = `${partitionId}/${lineage}/${n}`;\n    const text',
        replace: 'const name = `${partitionId}/${lineage}/${n}/${this.#letters.size}`;\n    const text',
      },
    ],
  },
  {
    name: 'apply before the journal write',
    patches: [
      {
        file: commitLoop,
        find: 'const written = await committer.write(taken);',
        replace: 'await committer.apply(taken.commit); const written = await committer.write(taken);',
      },
    ],
  },
  {
    name: 'no parking',
    patches: [
      {
        file: writer,
        find: `return {kind: 'parked', reason: answer.reason};`,
        replace: `return {kind: 'applied'};`,
      },
    ],
  },
  {
    name: 'expired documents made again',
    patches: [
      {
        file: writer,
        find: 'copy === undefined && isPastRetention(target, retentionMs, nowMs)',
        replace: 'false',
      },
    ],
  },
  {
    name: 'no fence',
    patches: [
      {file: fence, find: '!passesFence(commit, known.name)', replace: 'false'},
      {
        file: judge,
        find: 'if (fence.n > journal.n)',
        replace: `if (fence.n > journal.n) return {kind: 'apply'};\n  if (fence.n > journal.n)`,
      },
    ],
  },
  {
    name: 'no rule for lost records',
    patches: [
      {
        file: unsettled,
        find: 'if (!this.hasUnread) return [];',
        replace: 'return [];',
      },
    ],
  },
  {
    name: 'fence read after the journal',
    patches: [
      {
        file: claim,
        find: `  const fence = await readFenceCopy({ports, partition, signal, report});\n  const journal = fence === 'aborted' ? undefined : await readJournal({ports, partition, signal, report});`,
        replace: `  const journal = await readJournal({ports, partition, signal, report});\n  const fence = await readFenceCopy({ports, partition, signal, report});`,
      },
    ],
  },
  {
    name: 'fence written last',
    patches: [
      {
        file: committer,
        find: 'const passed = await this.#passFence(commit);\n',
        replace: 'let passed: StepOutcome = done;\n',
      },
      {
        file: committer,
        find: `    await this.checkpoint('when due');\n    return {kind: 'done', ...applied};`,
        replace: `    passed = await this.#passFence(commit);\n    if (passed.kind !== 'done') return passed;\n    await this.checkpoint('when due');\n    return {kind: 'done', ...applied};`,
      },
    ],
  },
  {
    name: 'parked deltas renumbered',
    patches: [
      {
        file: builder,
        find: 'parked: this.parked,',
        replace: 'parked: this.parked.map((entry) => ({...entry, n})),',
      },
    ],
  },
  {
    name: 'a shared write sets a number without its delta',
    patches: [
      {
        file: aggregate,
        find: '    addDelta(state.sum, delta);',
        replace: '    if (added === 0) addDelta(state.sum, delta);',
      },
    ],
  },
  {
    // Entries of an ended claim are left out of a write, which hides the comparison: both have to be broken.
    name: 'one commit queued by two claims and compared with the copy read',
    patches: [
      {file: writer, find: `if (entry.signal.aborted) entry.done({kind: 'abandoned'});`, replace: ''},
      {file: writer, find: 'waiting = waiting.filter(({signal}) => !signal.aborted);', replace: ''},
      {
        file: aggregate,
        find: '  let added = 0;\n',
        replace: '  let added = 0;\n  const read = new Map(state.applied);\n',
      },
      {
        file: aggregate,
        find: '(state.applied.get(source) ?? 0) >= n',
        replace: '(read.get(source) ?? 0) >= n',
      },
    ],
  },
  {
    name: 'two behind taken as final at once',
    patches: [
      {
        file: judge,
        find: `return {kind: 'again', finding: {kind: 'documents restored', fence, journal: nameOf(journal)}};\n}`,
        replace: `return {kind: 'stop', finding: {kind: 'documents restored', fence, journal: nameOf(journal)}};\n}`,
      },
    ],
  },
  {
    name: 'unmatched by a question sent before the deadline',
    patches: [
      {file: join, find: 'if (sentMs > deadlineMs)', replace: 'if (serviceNowMs > deadlineMs - 10_000)'},
    ],
  },
  {
    name: 'unmatched judged by the local clock alone',
    faults: {clockSteps: 30},
    patches: [
      {
        file: lookupRunner,
        find: 'Math.min(sentMs, answer.serviceNowMs ?? sentMs)',
        replace: 'sentMs',
      },
    ],
  },
  {
    name: 'a jump while reading again taken as a gap at once',
    faults: {linkDrops: 10, steals: 4},
    patches: [{file: session, find: '&& gap.before <= this.#hubBeginsAt', replace: ''}],
  },
  {
    name: 'a process that is paused does not read a stale fence again',
    faults: {staleRead: 0.5, pauses: 8, steals: 4, linkDrops: 4},
    patches: [{file: judgeClaim, find: 'readings >= readAgainTimes', replace: 'readings >= 1'}],
  },
  {
    name: 'the repeat does not renew the id',
    patches: [{file: seenIds, find: 'if (timeMs > sightedMs) this.#sightedMs[slot] = timeMs;', replace: ''}],
  },
];

export const mutations: readonly Mutation[] = [
  ...ofTheWorker,
  ...lineageMutations,
  ...recoverMutations,
  ...toldMutations,
  ...halvesMutations,
];

/** In PROTOCOL.md's list, but the code has nothing yet that could be broken so. */
export const notApplicable: readonly {readonly name: string; readonly why: string}[] = [
  {name: 'one blob per commit with old ones deleted', why: 'one blob is replaced; there are no old ones'},
  {
    name: 'halves expire while they are read again',
    why: 'the owner before had read the event that ends their wait, so what it left open has not expired',
  },
  {
    name: 'a gap not committed',
    why: 'a gap is accepted together with the event behind it, whose commit moves the head',
  },
  {name: 'concurrent writes of one document without If-Match', why: 'caught as documents without If-Match'},
];
