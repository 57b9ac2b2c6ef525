import type {Clock} from '@weir/pipeline';
import {OncePer, type Logger} from '../log.ts';
import type {ReportTrouble, Trouble} from '../trouble.ts';
import type {TroubleStatus} from '../http/status-source.ts';

/** A trouble that was not reported again for this long is over. */
const freshMs = 120_000;
const shownMax = 20;
/** Kinds that need a person, or that lost something. */
const severe: ReadonlySet<string> = new Set([
  'stopped',
  'bug',
  'parked',
  'parked limit',
  'lost',
  'gap',
  'forbidden',
  'source position',
]);

/** Each partition's own: what it lacks, or what it waits for, is said nowhere else. A partition has few of them. */
const ofOnePartition: ReadonlySet<string> = new Set(['stopped', 'lost', 'gap']);

/** What is wrong now: one log line a minute for each kind, and the list that the status page shows. */
export class TroubleBoard {
  readonly report: ReportTrouble;
  readonly #clock: Clock;
  readonly #current = new Map<string, {since: number; seen: number; trouble: Trouble}>();

  constructor({clock, log}: {clock: Clock; log: Logger}) {
    this.#clock = clock;
    const repeated = new OncePer<string>({now: () => clock.now()});
    this.report = (trouble) => {
      const key = `${trouble.layer}: ${trouble.kind}`;
      this.#remember(key, trouble);
      const turn = repeated.turn(
        ofOnePartition.has(trouble.kind) ? `${key} ${trouble.partitionId ?? ''}` : key,
      );
      if (turn === undefined) return;
      const fields = {
        layer: trouble.layer,
        kind: trouble.kind,
        ...(trouble.partitionId !== undefined && {partitionId: trouble.partitionId}),
        ...trouble.fields,
        ...(turn.suppressed > 0 && {suppressed: turn.suppressed}),
      };
      if (severe.has(trouble.kind)) log.error(fields, trouble.message);
      else log.warn(fields, trouble.message);
    };
  }

  current(): TroubleStatus[] {
    const nowMs = this.#clock.now();
    for (const [key, {seen}] of this.#current) if (nowMs - seen > freshMs) this.#current.delete(key);
    return [...this.#current.values()]
      .sort(
        (a, b) => Number(severe.has(b.trouble.kind)) - Number(severe.has(a.trouble.kind)) || b.seen - a.seen,
      )
      .slice(0, shownMax)
      .map(({since, trouble}) => ({
        since: new Date(since).toISOString(),
        sentence: `${trouble.layer}: ${trouble.message}`,
      }));
  }

  /** Kinds are few, partitions bounded: the map is too. */
  #remember(key: string, trouble: Trouble): void {
    const nowMs = this.#clock.now();
    const id = `${key} ${trouble.partitionId ?? ''}`;
    const before = this.#current.get(id);
    const since = before !== undefined && nowMs - before.seen <= freshMs ? before.since : nowMs;
    this.#current.set(id, {since, seen: nowMs, trouble});
  }
}
