import type {Mutation} from './mutations.ts';

const reader = 'packages/pipeline/src/read/record-reader.ts';
const unsettled = 'packages/pipeline/src/read/unsettled.ts';
const pipeline = 'packages/pipeline/src/partition-pipeline.ts';

/** Owners that come and go, on partitions with many calls in halves; or with counts that are told again. */
const restless = {crashes: 4, steals: 6};
const inHalves = {callsInHalves: 10};
const retold = {retellings: 3};

/** Mistakes about calls that take more than one event to tell. */
export const halvesMutations: readonly Mutation[] = [
  {
    name: 'open naming one event of two',
    plan: inHalves,
    faults: restless,
    patches: [
      {
        file: reader,
        find: 'const places = parts.flatMap(',
        replace: 'const places = parts.slice(-1).flatMap(',
      },
    ],
  },
  {
    name: 'a half that waits left out of open',
    plan: inHalves,
    faults: restless,
    patches: [
      {
        file: unsettled,
        find: 'addCall({places, owes});',
        replace: '',
      },
    ],
  },
  {
    name: 'not-yet-re-read calls left out of open',
    plan: {...inHalves, flushIntervalMs: 700, batchMax: 1},
    faults: {...restless, crashes: 8},
    patches: [
      {
        file: unsettled,
        find: 'for (const call of this.#recoveredCalls.calls) addCall(call);',
        replace: '',
      },
    ],
  },
  {
    name: 'a late half counts again',
    plan: inHalves,
    faults: {},
    patches: [
      {
        file: reader,
        find: '!this.halves.has(key) && this.seen.has(hashId(key), enqueuedTimeMs)',
        replace: 'false',
      },
    ],
  },
  {
    name: 'a late half known only to the owner that counted the call',
    plan: inHalves,
    faults: restless,
    patches: [
      {
        file: reader,
        find: 'if (isHalf(record)) this.#sightHalf(record.part, enqueuedTimeMs);\n    else if',
        replace: 'if',
      },
    ],
  },
  {
    name: 'a half that waits for ever on a busy partition',
    plan: inHalves,
    faults: {},
    patches: [{file: pipeline, find: 'if (!isReadAgain) this.#reader.reach(enqueuedTimeMs);', replace: ''}],
  },
  {
    name: 'a half that is read again waits no longer',
    plan: inHalves,
    faults: restless,
    patches: [
      {file: reader, find: 'return this.halves.restore(halves);', replace: 'return this.#readCall(halves);'},
    ],
  },
  {
    name: 'a call that owes both taken as folded',
    plan: inHalves,
    faults: restless,
    patches: [{file: reader, find: `if (call.owes === 'both') {`, replace: 'if (halves.length === 0) {'}],
  },
  {
    name: 'a folded call folded again',
    plan: inHalves,
    faults: restless,
    patches: [{file: reader, find: `if (call.owes === 'both') {`, replace: 'if (halves.length > 0) {'}],
  },
  {
    name: 'counts told again are counted again',
    plan: retold,
    faults: {},
    patches: [{file: reader, find: 'if (!isToldAgain) return', replace: 'return'}],
  },
  {
    name: 'whose counts they are is forgotten at recovery',
    plan: retold,
    faults: restless,
    patches: [{file: reader, find: ', withoutTokens: true};', replace: '};'}],
  },
  {
    name: 'counts told before a recovery counted again',
    plan: retold,
    faults: restless,
    patches: [
      {
        file: reader,
        find: '    this.#tellsCountsAgain(record, enqueuedTimeMs);\n    if (isHalf',
        replace: '    if (isHalf',
      },
    ],
  },
  {
    name: 'an event whose texts are counted first is passed over',
    plan: {...inHalves, waitsForEstimates: true},
    faults: {},
    patches: [
      {
        file: pipeline,
        find: `{kind: 'texts', consumed: i, ahead`,
        replace: `{kind: 'texts', consumed: i + 1, ahead`,
      },
    ],
  },
];
