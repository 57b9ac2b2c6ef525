import {isPastRetention} from '@weir/pipeline';
import {StartUpError, type Trouble} from '@weir/worker';
import pLimit from 'p-limit';
import type {ReplayedWindow} from '../replayed-window.ts';
import {OutsideEvents} from '../compare/outside-events.ts';
import {readStands, type PartitionStand} from '../compare/partition-stands.ts';
import {readRun} from '../compare/read-run.ts';
import {Touches} from '../compare/touches.ts';
import {
  byWindow,
  targetsOf,
  windowKey,
  windowRuns,
  windowsOf,
  type ViewWindow,
  type WindowRun,
} from '../compare/view-windows.ts';
import type {WindowPorts, WindowSettings} from '../compare/window-ports.ts';
import {RebuildTally, type Rebuild} from './rebuild-tally.ts';
import {generalRefusals, mayBeOfOthers} from './general-refusals.ts';
import {planWindow, type DocumentPair, type PlannedWrite, type Refusal} from './window-plan.ts';

export interface RebuildOptions {
  readonly ports: WindowPorts;
  readonly settings: WindowSettings;
  /** `look`: only what would be done. */
  readonly mode: 'look' | 'write';
  /** Whether a window may have fewer requests afterwards. */
  readonly shrinking: 'refused' | 'allowed';
  /** Open dead letters that the replay counts: see {@link lettersCounted}. */
  readonly letters: number;
  readonly signal: AbortSignal;
  readonly report: (trouble: Trouble) => void;
}

/** Times that a run of windows begins again after a refused write; only a worker that writes it all the time needs more. */
const triesMax = 10;
const retryMs = 200;
/** Documents under way; the store's governor may allow fewer. */
const writesAtATime = 16;

/**
 * PROTOCOL.md, "Replay that writes": reads the documents with their ETags, then every fence and journal, and replaces
 * each document under its ETag; whatever a worker writes in between is refused there, and the window begins again.
 * @throws {StartUpError} where nothing may be written; {ServiceUnreachableError} and the services' own errors
 */
export async function rebuildWindow(window: ReplayedWindow, options: RebuildOptions): Promise<Rebuild> {
  const rebuilding = new Rebuilding(window, options);
  const {fromMs, untilMs} = window;
  const documents = byWindow(window.documents);
  for (const run of windowRuns(options.settings.views, {fromMs, untilMs, documents})) {
    await rebuilding.rebuild(run, documents);
  }
  return rebuilding.result();
}

class Rebuilding {
  readonly #window: ReplayedWindow;
  readonly #options: RebuildOptions;
  /** Undefined where events have no positions. */
  readonly #outside: OutsideEvents | undefined;
  readonly #limit = pLimit(writesAtATime);
  readonly #tally = new RebuildTally();

  constructor(window: ReplayedWindow, options: RebuildOptions) {
    const {ports, settings} = options;
    this.#window = window;
    this.#options = options;
    this.#outside = window.read && new OutsideEvents({ports, settings, window, spans: window.read});
  }

  result(): Rebuild {
    return this.#tally.result();
  }

  async rebuild(run: WindowRun, documents: ReturnType<typeof byWindow>): Promise<void> {
    const {ports, settings, letters, signal, report} = this.#options;
    let wanted: ReadonlySet<string> | undefined;
    for (let tries = 1; ; tries += 1) {
      // This order is the rule: what is written between the two readings is refused by the ETag.
      const stored = await readRun(run, ports, signal);
      const stands = await readStands(ports, {source: settings.source, signal, report});
      const outside = (await this.#outside?.of(stands, signal)) ?? new Map<string, never>();
      const touches = new Touches({stands, outside});

      const again = new Set<string>();
      const targets = Map.groupBy(targetsOf(run, {documents, stored}).values(), windowKey);
      for (const window of windowsOf(run)) {
        const key = windowKey(window);
        if (wanted?.has(key) === false) continue;
        const own = targets.get(key) ?? [];
        if (this.#isExpired(window)) {
          this.#tally.expired(own.length);
          continue;
        }
        const because = [
          ...generalRefusals(run.view, {stands, replay: this.#window, letters}),
          ...touches.of(run.view, window, stored),
        ];
        const pairs = own.map((target) => ({
          target,
          should: this.#window.documents.get(target.id),
          stored: stored.get(target.id),
        }));
        const end = await this.#rebuildOne(window, {pairs, because, stands});
        if (end === 'again') again.add(key);
      }
      if (again.size === 0) return;
      if (tries === triesMax) return this.#giveUp(run, again);
      wanted = again;
      await ports.clock.sleep(retryMs * tries, signal);
      signal.throwIfAborted();
    }
  }

  async #rebuildOne(
    window: ViewWindow,
    {
      pairs,
      because,
      stands,
    }: {pairs: readonly DocumentPair[]; because: readonly Refusal[]; stands: readonly PartitionStand[]},
  ): Promise<'done' | 'again'> {
    const {ports, settings, shrinking, mode} = this.#options;
    const {source, retentionMs} = settings;
    const context = {source, stands, retentionMs, nowMs: ports.clock.now(), shrinking};
    const plan = planWindow(pairs, context);
    const refusals = [...because, ...(plan.kind === 'refused' ? plan.refusals : [])];
    const isRight =
      plan.kind === 'open' &&
      plan.writes.length === 0 &&
      because.every((reason) => mayBeOfOthers(reason, pairs));
    if (plan.kind === 'refused' || (refusals.length > 0 && !isRight)) {
      this.#tally.refused(window, refusals);
      return 'done';
    }
    for (const id of plan.right) this.#tally.right(id);
    if (mode === 'look') {
      for (const write of plan.writes) this.#tally.written(write);
      return 'done';
    }
    const ends = await Promise.all(plan.writes.map((write) => this.#limit(() => this.#write(write))));
    const notAccepted = ends.flatMap((end) => (typeof end === 'string' ? [] : [end]));
    if (notAccepted.length > 0) {
      this.#tally.refused(window, notAccepted);
      return 'done';
    }
    return ends.includes('again') ? 'again' : 'done';
  }

  async #write(write: PlannedWrite): Promise<'written' | 'again' | Refusal> {
    const {ports, signal} = this.#options;
    const {id} = write.target;
    const answer = await ports.aggregates.write(write.document, write.etag, signal);
    switch (answer.kind) {
      case 'written':
        this.#tally.written(write);
        return 'written';
      case 'unclear':
        this.#tally.unclear(write);
        return 'again';
      case 'throttled':
        this.#tally.unclear(write);
        await ports.clock.sleep(answer.retryAfterMs, signal);
        return 'again';
      case 'refused':
        return 'again';
      case 'unacceptable':
        return {kind: 'not accepted', id, why: answer.reason};
      case 'forbidden':
        throw new StartUpError(`Nothing can be written: ${answer.reason}`);
    }
  }

  #giveUp({view, grain}: WindowRun, keys: ReadonlySet<string>): void {
    const why = `its documents were written by a worker each of ${triesMax} times`;
    for (const key of keys) {
      const windowStartMs = Number(key.split('|').at(-1));
      const because: Refusal[] = [{kind: 'not known', partitionId: '', why}];
      this.#tally.refused({view: view.name, grain, windowStartMs}, because);
    }
  }

  #isExpired(window: ViewWindow): boolean {
    const {ports, settings} = this.#options;
    return isPastRetention(window, settings.retentionMs[window.grain], ports.clock.now());
  }
}
