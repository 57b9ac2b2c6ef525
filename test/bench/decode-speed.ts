import {apimCommaJoinedShape, builtInShapes, createDecoder} from '@weir/pipeline';
import {enqueuedTimeMs} from '../shapes/corpus.ts';
import type {BodiesToCompare} from './decode-bodies.ts';
import {Meter} from './meter.ts';

/** How fast bodies of one kind are decoded, and how fast flat events of the same sizes. */
export interface DecodeSpeed {
  readonly name: string;
  /** Mean of the bodies, bytes. */
  readonly bodyBytes: number;
  /** Medians of the rounds, per second of CPU time. */
  readonly eventsPerSecond: number;
  readonly bytesPerSecond: number;
  readonly flatBytesPerSecond: number;
  /** Median over the rounds of what flat events cost, over what these do: above 1 these are faster. */
  readonly perByte: number;
  readonly perEvent: number;
}

/** An odd number has a median. The first ones warm the code up and are not counted. */
const warmUpRounds = 3;
const countedRounds = 11;
/** In one turn, about 10 ms; sides take turns, so that the machine is the same for both. */
const bytesPerTurn = 2_000_000;

interface Turn {
  /** ns of CPU time. */
  readonly perByte: number;
  readonly perEvent: number;
}

/** Decodes all of them, turn by turn, in this process. Takes about 10 s for the corpus. */
export function measureDecode(kinds: readonly BodiesToCompare[]): DecodeSpeed[] {
  const turns = kinds.map(() => [] as {own: Turn; flat: Turn}[]);
  for (let round = 0; round < warmUpRounds + countedRounds; round++) {
    for (const [at, {bodies, flat, eventsPerBody}] of kinds.entries()) {
      const pair = {own: turn(bodies, {eventsPerBody}), flat: turn(flat, {eventsPerBody: 1})};
      if (round >= warmUpRounds) turns[at]!.push(pair);
    }
  }
  return kinds.map(({name, bodies}, at) => speedOf({name, bodies}, turns[at]!));
}

/** As a worker has it; no text of the corpus that is JSON costs more for the text shape being there. */
const decoder = createDecoder({shapes: builtInShapes, textShapes: [apimCommaJoinedShape]});

function turn(bodies: readonly Buffer[], {eventsPerBody}: {eventsPerBody: number}): Turn {
  const bytesOnce = sum(bodies.map((body) => body.length));
  const repeats = Math.max(1, Math.round(bytesPerTurn / bytesOnce));
  let records = 0;
  const meter = new Meter();
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const body of bodies) records += decoder.decode(body, enqueuedTimeMs).length;
  }
  const {cpuMicros} = meter;
  const events = repeats * bodies.length * eventsPerBody;
  if (records !== events) throw new Error(`${records} records were decoded instead of ${events}.`);
  return {perByte: (cpuMicros * 1000) / (repeats * bytesOnce), perEvent: (cpuMicros * 1000) / events};
}

function speedOf(
  {name, bodies}: Pick<BodiesToCompare, 'name' | 'bodies'>,
  turns: readonly {own: Turn; flat: Turn}[],
): DecodeSpeed {
  return {
    name,
    bodyBytes: sum(bodies.map((body) => body.length)) / bodies.length,
    eventsPerSecond: 1e9 / median(turns.map(({own}) => own.perEvent)),
    bytesPerSecond: 1e9 / median(turns.map(({own}) => own.perByte)),
    flatBytesPerSecond: 1e9 / median(turns.map(({flat}) => flat.perByte)),
    perByte: median(turns.map(({own, flat}) => flat.perByte / own.perByte)),
    perEvent: median(turns.map(({own, flat}) => flat.perEvent / own.perEvent)),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
