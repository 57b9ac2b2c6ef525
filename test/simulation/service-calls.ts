import type {FaultRates} from './plan.ts';
import type {SimulatedProcess} from './process.ts';
import type {Random} from './random.ts';
import type {Trace} from './trace.ts';
import type {VirtualTime} from './virtual-time.ts';

export type ServiceName = 'journal' | 'documents' | 'dead letters' | 'checkpoints' | 'lookup' | 'hub';

/** How one call goes. */
export type CallFault =
  | 'none'
  /** Done, but the answer never came. */
  | 'answer lost'
  /** Not done, and no answer. */
  | 'never applied'
  /** No answer, and done some time after the caller gave up waiting. */
  | 'applied late'
  | 'throttled'
  | 'unavailable'
  | 'stale read';

export interface Call<A> {
  readonly service: ServiceName;
  readonly what: string;
  /** Faults that this call can meet. */
  readonly faults: readonly CallFault[];
  /** What the service does, in one step, and its answer. */
  readonly act: (fault: CallFault) => A;
  /** What the caller sees instead when the call met a fault. */
  readonly failed: (fault: CallFault) => A;
  readonly signal: AbortSignal | undefined;
}

/** A storm makes every call of one service fail this often. */
const stormShare = 0.8;
const slowFactor = 200;
const lateMs = {least: 500, most: 20_000};

/** Carries calls from the processes to the services and back: latency, faults, aborted calls, dead callers. */
export class ServiceCalls {
  readonly #time: VirtualTime;
  readonly #random: Random;
  readonly #trace: Trace;
  readonly #latencyMs: number;
  readonly #rates: FaultRates;
  readonly #storms = new Set<ServiceName>();
  /** True until everything is mended. */
  hasFaults = true;

  constructor(options: {
    time: VirtualTime;
    random: Random;
    trace: Trace;
    latencyMs: number;
    rates: FaultRates;
  }) {
    this.#time = options.time;
    this.#random = options.random;
    this.#trace = options.trace;
    this.#latencyMs = options.latencyMs;
    this.#rates = options.rates;
  }

  storm(service: ServiceName, forMs: number): void {
    this.#trace.add(this.#time.nowMs, 'world', `storm: ${service} for ${forMs} ms`);
    this.#storms.add(service);
    this.#time.after(forMs, () => this.#storms.delete(service));
  }

  make<A>(process: SimulatedProcess, call: Call<A>): Promise<A> {
    return new Promise<A>((resolve, reject) => {
      const {signal} = call;
      if (signal?.aborted === true) return reject(abortError());
      let isOver = false;
      const stopListening = process.onAbort(signal, () => {
        if (isOver) return;
        isOver = true;
        reject(abortError());
      });
      const fault = this.#fault(call);
      const respond = (answer: A): void =>
        this.#time.after(
          this.#delayMs(),
          () => {
            if (isOver) return;
            isOver = true;
            stopListening();
            resolve(answer);
          },
          process,
        );
      this.#time.after(this.#delayMs(), () => this.#serve(process, call, fault, respond));
    });
  }

  #serve<A>(process: SimulatedProcess, call: Call<A>, fault: CallFault, respond: (answer: A) => void): void {
    const act = (): A => {
      const answer = call.act(fault);
      if (this.#trace.isOn) {
        const shown = JSON.stringify(answer, (key, value: unknown) =>
          key === 'bytes' || key === 'document' ? '…' : value,
        );
        this.#trace.add(
          this.#time.nowMs,
          process.name,
          `${call.what} → ${shown.slice(0, 300)}${fault === 'none' ? '' : ` [${fault}]`}`,
        );
      }
      return answer;
    };
    switch (fault) {
      case 'none':
      case 'stale read':
        return respond(act());
      case 'answer lost':
        act();
        return respond(call.failed(fault));
      case 'applied late':
        this.#time.after(this.#random.between(lateMs.least, lateMs.most), act);
        break;
      case 'never applied':
      case 'throttled':
      case 'unavailable':
    }
    this.#trace.add(this.#time.nowMs, process.name, `${call.what} [${fault}]`);
    respond(call.failed(fault));
  }

  #fault({service, faults}: Pick<Call<unknown>, 'service' | 'faults'>): CallFault {
    if (!this.hasFaults || faults.length === 0) return 'none';
    const failing = faults.filter((fault) => fault !== 'stale read');
    if (this.#storms.has(service) && failing.length > 0 && this.#random.chance(stormShare))
      return this.#random.pick(failing);
    for (const fault of faults) if (this.#random.chance(this.#rateOf(fault, service))) return fault;
    return 'none';
  }

  #rateOf(fault: CallFault, service: ServiceName): number {
    switch (fault) {
      case 'answer lost':
        return this.#rates.answerLost;
      case 'never applied':
        return this.#rates.neverApplied;
      case 'applied late':
        return this.#rates.appliedLate;
      case 'throttled':
        return service === 'lookup' ? this.#rates.lookupTrouble : this.#rates.throttled;
      case 'unavailable':
        return service === 'lookup' ? this.#rates.lookupTrouble : this.#rates.unavailable;
      case 'stale read':
        return this.#rates.staleRead;
      case 'none':
        return 0;
    }
  }

  #delayMs(): number {
    const spread = this.#latencyMs * this.#random.next();
    return this.hasFaults && this.#random.chance(this.#rates.slow)
      ? spread * slowFactor * this.#random.next()
      : spread;
  }
}

function abortError(): Error {
  return new DOMException('The operation was aborted.', 'AbortError');
}
