import {isPastRetention, type AggregateDelta, type DocumentTarget} from '@weir/pipeline';
import type {StoredAggregate} from '@weir/azure';
import type {Trouble} from '@weir/worker';
import type {ReplayedWindow} from '../replayed-window.ts';
import type {Comparison, DifferentDocument, LoneDocument, PendingWindow} from './comparison.ts';
import {differencesOf} from './differences.ts';
import {countedBy, explain, explainMissing, explainUnexpected, explainUnreadable} from './explanation.ts';
import {OutsideEvents} from './outside-events.ts';
import {findingText, readStands, sourceKeyOf} from './partition-stands.ts';
import {Touches, type Touch} from './touches.ts';
import {targetsOf, windowKey, type DocumentsByWindow, type WindowRun} from './view-windows.ts';
import type {WindowPorts, WindowSettings} from './window-ports.ts';

export interface CompareOptions {
  readonly ports: WindowPorts;
  readonly settings: WindowSettings;
  readonly signal: AbortSignal;
  readonly report: (trouble: Trouble) => void;
}

const keepChanging: Touch = {partitionId: '', kind: 'not known', why: 'its documents keep changing'};

/** Judges runs of windows one after another, and keeps what is to be told. */
export class Comparing {
  readonly #window: ReplayedWindow;
  readonly #documents: DocumentsByWindow;
  readonly #options: CompareOptions;
  readonly #outside: OutsideEvents | undefined;
  readonly #sourceKey: string;
  readonly #different: DifferentDocument[] = [];
  readonly #onlyInCosmos: LoneDocument[] = [];
  readonly #onlyInReplay: LoneDocument[] = [];
  readonly #pending: PendingWindow[] = [];
  #same = 0;
  #expired = 0;
  #stopped: readonly string[] = [];

  constructor(
    {window, documents}: {window: ReplayedWindow; documents: DocumentsByWindow},
    options: CompareOptions,
  ) {
    const {ports, settings} = options;
    this.#window = window;
    this.#documents = documents;
    this.#options = options;
    this.#outside = window.read && new OutsideEvents({ports, settings, window, spans: window.read});
    this.#sourceKey = sourceKeyOf(settings.source);
  }

  agrees(run: WindowRun, stored: ReadonlyMap<string, StoredAggregate>): boolean {
    return [...this.#targets(run, stored)].every(
      ([id, target]) => this.#isExpired(target) || this.#isSame(id, stored.get(id)),
    );
  }

  takeSame(run: WindowRun, stored: ReadonlyMap<string, StoredAggregate>): void {
    for (const target of this.#targets(run, stored).values()) {
      if (this.#isExpired(target)) this.#expired += 1;
      else this.#same += 1;
    }
  }

  async touches(): Promise<Touches> {
    const {ports, settings, signal, report} = this.#options;
    const stands = await readStands(ports, {source: settings.source, signal, report});
    this.#stopped = stands.map(findingText).filter((text) => text !== undefined);
    return new Touches({
      stands,
      outside: (await this.#outside?.of(stands, signal)) ?? new Map<string, never>(),
    });
  }

  take(
    run: WindowRun,
    {stored, touches}: {stored: ReadonlyMap<string, StoredAggregate>; touches: Touches | 'not settled'},
  ): void {
    const windows = Map.groupBy(this.#targets(run, stored).values(), windowKey);
    for (const targets of windows.values()) {
      const live = targets.filter((target) => !this.#isExpired(target));
      const unlike = live.filter(({id}) => !this.#isSame(id, stored.get(id)));
      this.#expired += targets.length - live.length;
      this.#same += live.length - unlike.length;
      const [any] = unlike;
      if (any === undefined) continue;
      const because = touches === 'not settled' ? [keepChanging] : touches.of(run.view, any, stored);
      if (because.length === 0) for (const target of unlike) this.#add(target, stored.get(target.id));
      else this.#pending.push({...any, documents: unlike.length, because});
    }
  }

  result(): Comparison {
    const {fromMs, untilMs, read} = this.#window;
    const notes = [...this.#stopped];
    if (read === undefined)
      notes.push(
        'The events carry no positions, so it is not known whether the worker has read the same ones.',
      );
    return {
      fromMs,
      untilMs,
      same: this.#same,
      different: this.#different,
      onlyInCosmos: this.#onlyInCosmos,
      onlyInReplay: this.#onlyInReplay,
      notComparable: this.#pending,
      expired: this.#expired,
      notes,
    };
  }

  #targets(run: WindowRun, stored: ReadonlyMap<string, StoredAggregate>): Map<string, DocumentTarget> {
    return targetsOf(run, {documents: this.#documents, stored});
  }

  #isExpired(target: DocumentTarget): boolean {
    const {ports, settings} = this.#options;
    return isPastRetention(target, settings.retentionMs[target.grain], ports.clock.now());
  }

  #isSame(id: string, stored: StoredAggregate | undefined): boolean {
    const should = this.#window.documents.get(id);
    if (should === undefined || stored === undefined) return isEmpty(stored, should);
    const differences = differencesOf(should, stored.document);
    return !('unreadable' in differences) && differences.length === 0;
  }

  #add(target: DocumentTarget, stored: StoredAggregate | undefined): void {
    const should = this.#window.documents.get(target.id);
    if (stored === undefined) {
      const requests = should?.measures.requests ?? 0;
      this.#onlyInReplay.push({target, requests, explanation: explainMissing()});
      return;
    }
    const {document} = stored;
    const by = countedBy(document, this.#sourceKey);
    if (should === undefined) {
      const requests = Number(document['requests']);
      this.#onlyInCosmos.push({target, requests, explanation: explainUnexpected(by)});
      return;
    }
    const differences = differencesOf(should, document);
    if ('unreadable' in differences) {
      const explanation = explainUnreadable(differences.unreadable);
      this.#different.push({target, differences: [], explanation});
    } else {
      const explanation = explain(differences, {document, should, by});
      this.#different.push({target, differences, explanation});
    }
  }
}

/** A document that a rebuild has emptied is as good as none. */
function isEmpty(stored: StoredAggregate | undefined, should: AggregateDelta | undefined): boolean {
  return should === undefined && stored?.document['requests'] === 0;
}
