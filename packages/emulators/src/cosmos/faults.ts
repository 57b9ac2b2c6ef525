import {preconditionFailed, ServiceError, throttled} from './service-error.ts';
import type {CosmosOperation} from './target.ts';

/** What goes wrong. Only `answerLost` and `latency` let the request be carried out. */
export type CosmosFaultKind =
  /** 429 with substatus 3200. */
  | {readonly kind: 'throttled'; readonly retryAfterMs: number}
  /** 503, nothing done. */
  | {readonly kind: 'unavailable'}
  /** 408, nothing done. */
  | {readonly kind: 'timeout'}
  /** Any other refusal, nothing done. */
  | {readonly kind: 'status'; readonly status: number; readonly substatus?: number}
  /** The connection is reset before anything is done. */
  | {readonly kind: 'reset'}
  /** Carried out after this many milliseconds of real time. */
  | {readonly kind: 'latency'; readonly ms: number}
  /** Carried out, then the connection is reset instead of an answer. */
  | {readonly kind: 'answerLost'}
  /** 412, whatever the ETag. */
  | {readonly kind: 'conditionRefused'}
  /** A read answers with the version before the last write, or with 404 if there was none. */
  | {readonly kind: 'staleRead'};

export type CosmosFault = CosmosFaultKind & {
  /** Only for these operations; all when absent. */
  readonly operations?: readonly CosmosOperation[];
  /** Only for requests that name such a document; a batch names several. */
  readonly id?: (id: string) => boolean;
  /** How many requests it strikes; 1 when neither this nor `forMs` is given, without limit when only `forMs` is. */
  readonly count?: number;
  /** Ends this many milliseconds after it was injected, by the emulator's clock. */
  readonly forMs?: number;
};

export interface InjectedFault {
  /** Requests struck so far. */
  readonly struck: number;
  cancel(): void;
}

interface ActiveFault {
  readonly fault: CosmosFault;
  readonly untilMs: number;
  left: number;
  struck: number;
}

/** The faults that wait for a request. The oldest that fits strikes, one per request. */
export class FaultPlan {
  readonly #now: () => number;
  readonly #active = new Set<ActiveFault>();

  constructor(now: () => number) {
    this.#now = now;
  }

  inject(fault: CosmosFault): InjectedFault {
    const left = fault.count ?? (fault.forMs === undefined ? 1 : Infinity);
    const active = {fault, untilMs: this.#now() + (fault.forMs ?? Infinity), left, struck: 0};
    this.#active.add(active);
    return {
      get struck() {
        return active.struck;
      },
      cancel: () => void this.#active.delete(active),
    };
  }

  clear(): void {
    this.#active.clear();
  }

  /** The fault that strikes this request, counted as struck; undefined for none. */
  take({operation, ids}: {operation: CosmosOperation; ids: readonly string[]}): CosmosFault | undefined {
    for (const active of this.#active) {
      const {fault, untilMs} = active;
      if (this.#now() >= untilMs) {
        this.#active.delete(active);
        continue;
      }
      if (fault.operations !== undefined && !fault.operations.includes(operation)) continue;
      if (fault.id !== undefined && !ids.some(fault.id)) continue;
      active.struck += 1;
      active.left -= 1;
      if (active.left <= 0) this.#active.delete(active);
      return fault;
    }
    return undefined;
  }
}

/** Throws for the faults that refuse; the others are dealt with where they happen. */
export function throwFault(fault: CosmosFault): void {
  switch (fault.kind) {
    case 'throttled':
      throw throttled(fault.retryAfterMs);
    case 'unavailable':
      throw new ServiceError(503, {code: 'ServiceUnavailable', message: 'Service is currently unavailable.'});
    case 'timeout':
      throw new ServiceError(408, {code: 'RequestTimeout', message: 'The request timed out.'});
    case 'status': {
      const {status, substatus = 0} = fault;
      throw new ServiceError(status, {code: `Status${status}`, message: 'Injected fault.', substatus});
    }
    case 'conditionRefused':
      throw preconditionFailed();
    case 'reset':
    case 'latency':
    case 'answerLost':
    case 'staleRead':
  }
}
