import type {
  AssignPolicy,
  DiagnosticsRow,
  GatewayEvent,
  SettledLetter,
  SourcePartition,
  Unavailable,
} from '@weir/pipeline';
import {diagnosticsRow, gatewayEvent} from '../../../pipeline/src/event-fixture.ts';
import {commit, noonMs, reports, taken} from '../commit-fixture.ts';
import {InMemoryDocuments, InMemoryJournal, partition} from '../in-memory-ports.ts';
import type {WorkerPorts} from '../ports.ts';
import type {Reread} from './judge-letter.ts';
import type {PlacedLetter} from './letter-guard.ts';
import {retryDeadLetters, type RetryEnd, type RetryOptions} from './retry-dead-letters.ts';
import {letterKey, type MarkedLetters, type SettledLetterStore} from './settled-letters.ts';

export const deadlineMs = 600_000;
const assign: AssignPolicy = {earlyMaxMs: 300_000, lateMaxMs: undefined, beyond: 'deadLetter'};
const {partitionId, ...source} = partition;

/** For tests: blobs that are written once. */
class InMemorySettled implements SettledLetterStore {
  readonly blobs = new Map<string, readonly SettledLetter[]>();
  readonly answers: Unavailable[] = [];

  async write(
    _: SourcePartition,
    {lineage, n, letters}: MarkedLetters,
  ): Promise<{kind: 'written'} | {kind: 'differs'} | Unavailable> {
    const fault = this.answers.shift();
    if (fault !== undefined) return fault;
    const name = `${lineage}/${n}`;
    const there = this.blobs.get(name);
    if (there === undefined) this.blobs.set(name, letters);
    const keys = new Set((there ?? letters).map(letterKey));
    return {kind: letters.every((letter) => keys.has(letterKey(letter))) ? 'written' : 'differs'};
  }

  async *letters(): AsyncGenerator<MarkedLetters> {
    for (const [name, letters] of this.blobs) {
      const [lineage = '', n] = name.split('/');
      yield {lineage, n: Number(n), letters};
    }
  }
}

/** What a process does at each of its calls: goes on, waits, or dies by waiting for ever. */
export type AtCall = (call: number, when: 'before' | 'after') => Promise<void>;

/** For tests: dead letters, what became of their events, and everything that a retry writes to. */
export class RetryWorld {
  readonly journal = new InMemoryJournal();
  readonly aggregates = new InMemoryDocuments();
  readonly progress = new InMemoryDocuments();
  readonly settled = new InMemorySettled();
  readonly letters: PlacedLetter[] = [];
  readonly reread = new Map<string, Reread>();
  readonly rows: DiagnosticsRow[] = [];
  readonly told = reports();
  /** By the clock of Log Analytics, and of this machine. */
  nowMs = noonMs + 86_400_000;
  isDiagnosticsDown = false;
  #ids = 0;

  constructor() {
    this.putJournal({});
  }

  /** The journal of the partition that the letters are of. */
  putJournal(fields: Parameters<typeof commit>[0]): void {
    const head = {sequenceNumber: 99, offset: 'o99', enqueuedTimeMs: noonMs};
    this.journal.put(taken(commit({n: 7, head, ...fields})).bytes);
  }

  /** A dead letter whose event can be read now. */
  add(sequenceNumber: number, event: Partial<GatewayEvent> = {}, fields: Partial<PlacedLetter> = {}): void {
    const letter: PlacedLetter = {
      partitionId,
      lineage: 'lineage1',
      sequenceNumber,
      index: 0,
      offset: `o${sequenceNumber}`,
      enqueuedTimeMs: noonMs,
      reason: 'unknown shape',
      layer: 'decode',
      ...fields,
    };
    this.letters.push(letter);
    const whole = gatewayEvent({requestId: `id-${sequenceNumber}`, ...event});
    this.reread.set(letterKey(letter), {kind: 'record', record: {kind: 'event', event: whole}});
  }

  addRow(requestId: string, durationMs: number): void {
    this.rows.push(diagnosticsRow({requestId, durationMs}));
  }

  /** One `weir dead-letters retry`, as a process of its own. */
  run(
    options: Partial<RetryOptions<PlacedLetter>> = {},
    atCall: AtCall = async () => {},
  ): Promise<RetryEnd<PlacedLetter>> {
    let calls = 0;
    const watched = <T extends object>(port: T): T =>
      new Proxy(port, {
        get(target, name) {
          const member: unknown = Reflect.get(target, name, target);
          if (typeof member !== 'function' || name === 'letters') return member;
          return async (...args: unknown[]): Promise<unknown> => {
            const call = (calls += 1);
            await atCall(call, 'before');
            const answer: unknown = await Reflect.apply(member, target, args);
            await atCall(call, 'after');
            return answer;
          };
        },
      });
    const {ports} = this;
    return retryDeadLetters<PlacedLetter>({
      ports: {
        ...ports,
        journal: watched(this.journal),
        aggregates: watched(this.aggregates),
        progress: watched(this.progress),
      },
      settled: watched(this.settled),
      source,
      hubCreatedAt: 'then',
      views: [
        {name: 'usage', on: 'arrival', groupBy: ['region'], windows: ['5m', '1h'], shards: 1},
        {name: 'latency', on: 'resolved', groupBy: ['region'], windows: ['5m'], shards: 1},
      ],
      retentionMs: {'5m': undefined, '1h': undefined, '1d': undefined},
      parkedDocumentsMax: 2,
      owner: 'a test',
      signal: new AbortController().signal,
      report: this.told.report,
      assign,
      deadlineMs,
      diagnostics: ports.diagnostics,
      mode: 'count',
      letters: async () => [...this.letters],
      reread: async (letters) =>
        new Map(letters.map((letter) => [letterKey(letter), this.reread.get(letterKey(letter))!])),
      confirm: async () => 'yes',
      ...options,
    });
  }

  /** Requests, matched, unmatched and ms in the documents, by view, grain and region. */
  counted(): Record<string, readonly number[]> {
    return Object.fromEntries(
      this.aggregates
        .all()
        .map(({view, grain, region, requests, matched, unmatched, durationMsSum}) => [
          `${view} ${grain} ${region}`,
          [requests, matched, unmatched, durationMsSum].map(Number),
        ])
        .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
    );
  }

  /** Records that retries have settled, as often as they were. */
  settledKeys(): string[] {
    return [...this.settled.blobs.values()].flat().map(letterKey).toSorted();
  }

  get ports(): WorkerPorts {
    const answer = async () =>
      this.isDiagnosticsDown
        ? ({kind: 'forbidden', reason: 'no rights'} as const)
        : ({kind: 'complete', rows: this.rows, serviceNowMs: this.nowMs} as const);
    return {
      clock: {now: () => this.nowMs, elapsed: () => this.nowMs, sleep: async () => {}},
      random: () => 0.5,
      newId: () => `id${(this.#ids += 1)}`.padEnd(32, '0'),
      journal: this.journal,
      deadLetters: {write: async () => ({kind: 'written'})},
      checkpoints: {write: async () => ({kind: 'written'})},
      aggregates: this.aggregates,
      progress: this.progress,
      diagnostics: {slice: answer, serviceNow: answer, byIds: answer},
      hub: {
        hubFacts: () => Promise.reject(new Error('not asked')),
        partitionFacts: () => Promise.reject(new Error('not asked')),
      },
    };
  }
}
