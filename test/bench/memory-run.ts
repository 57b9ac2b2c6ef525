import {Child, type Message} from './child.ts';
import {startMsOf} from './workload.ts';

export interface MemoryPlan {
  /** Streamed in all, in steps of `every`; a sample follows each step. */
  readonly events: number;
  readonly every: number;
  readonly idleMs: number;
  /** Published at once after the idle period. */
  readonly burst: number;
  readonly inFlightEventsMax: number;
}

/** What is left after a collection, bytes. */
export interface MemorySample {
  readonly events: number;
  readonly heapUsed: number;
  readonly arrayBuffers: number;
  readonly rss: number;
}

export interface MemoryResult {
  readonly samples: readonly MemorySample[];
  readonly afterIdle: MemorySample;
  readonly afterBurst: MemorySample;
  /** Link credit of all partitions when the burst came: as many events could arrive unasked. */
  readonly creditBeforeBurst: number;
  /** The largest value of the worker's own gauge during the burst. */
  readonly inFlightMax: number;
}

const partitions = 4;
const stepMsMax = 240_000;
/** Published at a time; the next lot follows when all but one lot is read, so that the hub stays small. */
const lot = 10_000;
/** So few events may still wait when a sample is taken: those of the last lots that have no diagnostics. */
const waitingMax = 2_000;
const pollMs = 100;
/** Of event time, so that a million events share a few windows: remembered documents grow with windows, not with events. */
const perSecond = 2_000;

/** Streams events through a worker, lets it idle, sends a burst, and reads its memory in between. */
export async function runMemory(
  plan: MemoryPlan,
  onSample: (sample: MemorySample) => void = () => {},
): Promise<MemoryResult> {
  const emulators = new Child('./emulators.ts', {args: [String(partitions)]});
  let worker: Child | undefined;
  try {
    const {variables} = await emulators.hear('started', {withinMs: stepMsMax});
    const args = [JSON.stringify(variables), String(plan.inFlightEventsMax)];
    worker = new Child('./memory-worker.ts', {args, execArgv: ['--expose-gc']});
    await worker.hear('ready', {withinMs: stepMsMax});
    const stream = new Stream({emulators, worker, events: plan.events + plan.burst});
    const samples: MemorySample[] = [];
    while (stream.published < plan.events) {
      await stream.send(Math.min(plan.every, plan.events - stream.published));
      samples.push(await stream.sample());
      onSample(samples.at(-1)!);
    }
    await delay(plan.idleMs);
    const afterIdle = await stream.sample();
    const creditBeforeBurst = await stream.credit();
    const inFlightMax = await stream.burst(plan.burst);
    const afterBurst = await stream.sample();
    return {samples, afterIdle, afterBurst, creditBeforeBurst, inFlightMax};
  } finally {
    await worker?.end();
    await emulators.end();
  }
}

/** The publisher's side: knows what was published, and asks the worker how far it is. */
class Stream {
  published = 0;
  readonly #emulators: Child;
  readonly #worker: Child;
  readonly #startMs: number;

  /** @param events to come in all, so that their times do not run ahead of the clock */
  constructor({emulators, worker, events}: {emulators: Child; worker: Child; events: number}) {
    this.#startMs = startMsOf({events, perSecond, nowMs: Date.now()});
    this.#emulators = emulators;
    this.#worker = worker;
  }

  /** Publishes lot by lot, each when the worker has read what came before the one under way. */
  async send(events: number): Promise<void> {
    for (let left = events; left > 0; left -= lot) {
      await this.#publish(Math.min(lot, left));
      while ((await this.#facts()).events < this.published - lot) await delay(pollMs);
      await this.#ask(this.#emulators, {kind: 'expire', held: lot});
    }
  }

  /** Publishes all at once. @returns the largest number of events in flight that was seen meanwhile */
  async burst(events: number): Promise<number> {
    await this.#publish(events);
    let inFlightMax = 0;
    for (;;) {
      const facts = await this.#facts();
      inFlightMax = Math.max(inFlightMax, facts.inFlight);
      if (facts.events >= this.published) return inFlightMax;
      await delay(pollMs);
    }
  }

  async sample(): Promise<MemorySample> {
    const told = await this.#ask(
      this.#worker,
      {kind: 'settle', events: this.published, waitingMax},
      'settled',
    );
    if (told['joined'] !== this.published) {
      // Memory is not judged by events that went another way.
      throw new Error(`Of ${this.published} events ${String(told['joined'])} are joined or wait for it.`);
    }
    const [heapUsed, arrayBuffers, rss] = ['heapUsed', 'arrayBuffers', 'rss'].map((name) =>
      Number(told[name]),
    );
    return {events: this.published, heapUsed: heapUsed!, arrayBuffers: arrayBuffers!, rss: rss!};
  }

  async credit(): Promise<number> {
    return Number((await this.#ask(this.#emulators, {kind: 'credit'}))['events']);
  }

  async #publish(events: number): Promise<void> {
    await this.#ask(this.#emulators, {
      kind: 'publish',
      events,
      partitions,
      from: this.published,
      startMs: this.#startMs,
      perSecond,
    });
    await this.#ask(this.#emulators, {kind: 'diagnose'});
    this.published += events;
  }

  async #facts(): Promise<{events: number; inFlight: number}> {
    const told = await this.#ask(this.#worker, {kind: 'facts'}, 'facts');
    return {events: Number(told['events']), inFlight: Number(told['inFlight'])};
  }

  #ask(child: Child, order: Message, answer = `${order.kind} done`): Promise<Message> {
    child.tell(order);
    return child.hear(answer, {withinMs: stepMsMax});
  }
}

/**
 * Growth of the heap over the samples, as a part of its middle value: a line is laid through them, so that one sample
 * does not decide. The first third is left out, in which caches and memories still fill.
 */
export function heapGrowth(samples: readonly MemorySample[]): number {
  const kept = samples.slice(Math.floor(samples.length / 3));
  const heaps = kept.map(({heapUsed}) => heapUsed);
  const meanX = (kept.length - 1) / 2;
  const meanY = heaps.reduce((sum, heap) => sum + heap, 0) / heaps.length;
  let [up, across] = [0, 0];
  for (const [x, heap] of heaps.entries()) {
    up += (x - meanX) * (heap - meanY);
    across += (x - meanX) ** 2;
  }
  return across === 0 ? 0 : ((up / across) * (kept.length - 1)) / meanY;
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
