import {failureOf} from '../exit.ts';
import type {Finding, Said} from './finding.ts';

/** A check under way, and what it hands to those that need it; undefined where it found nothing to build on. */
export interface Step<T> {
  readonly name: string;
  readonly outcome: Promise<{readonly value: T} | undefined>;
}

type Needs = Readonly<Record<string, Step<unknown>>>;
type ValuesOf<N extends Needs> = {readonly [Name in keyof N]: N[Name] extends Step<infer T> ? T : never};

export interface Look {
  readonly say: (said: Said) => void;
  /** Fires when the check has used up its time. */
  readonly signal: AbortSignal;
}

/** One check: a few requests, each with retries of the SDK inside. */
const checkWithinMs = 12_000;
/** All checks; those that are not done by then are told as not answered. */
export const examinationWithinMs = 28_000;

/**
 * Checks that run as soon as what they need is there, those of different services at once. A check that lacks something
 * it needs is told as skipped; one that throws or takes too long is a problem of its own and stops no other.
 */
export class Examination {
  readonly #findings: Finding[][] = [];
  readonly #ends: Promise<unknown>[] = [];
  readonly #over: AbortSignal;
  readonly #onEnd: (done: number, all: number) => void;
  #done = 0;

  /** @param onEnd told of each check that has ended, for a line of progress */
  constructor({
    signal,
    onEnd = () => {},
  }: {
    signal?: AbortSignal | undefined;
    onEnd?: ((done: number, all: number) => void) | undefined;
  } = {}) {
    const timeout = AbortSignal.timeout(examinationWithinMs);
    this.#over = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
    this.#onEnd = onEnd;
  }

  step<T, N extends Needs>(
    name: string,
    needs: N,
    look: (values: ValuesOf<N>, look: Look) => Promise<T | undefined> | T | undefined,
  ): Step<T> {
    const findings: Finding[] = [];
    this.#findings.push(findings);
    const say = (said: Said): void => void findings.push({check: name, ...said});
    const outcome = this.#run({name, needs, look}, say).finally(() => {
      this.#done += 1;
      this.#onEnd(this.#done, this.#ends.length);
    });
    this.#ends.push(outcome);
    return {name, outcome};
  }

  /** In the order in which the checks were begun. */
  async findings(): Promise<Finding[]> {
    await Promise.all(this.#ends);
    return this.#findings.flat();
  }

  async #run<T, N extends Needs>(
    {
      needs,
      look,
    }: {
      name: string;
      needs: N;
      look: (values: ValuesOf<N>, look: Look) => Promise<T | undefined> | T | undefined;
    },
    say: (said: Said) => void,
  ): Promise<{value: T} | undefined> {
    const entries = await Promise.all(
      Object.entries(needs).map(async ([key, step]) => ({key, step, outcome: await step.outcome})),
    );
    const lacking = entries.filter(({outcome}) => outcome === undefined).map(({step}) => step.name);
    if (lacking.length > 0) {
      say({severity: 'skipped', found: `Needs ${lacking.join(' and ')}.`});
      return undefined;
    }
    // Every key of `needs` is there, with the value of its own step.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const values = Object.fromEntries(entries.map(({key, outcome}) => [key, outcome?.value])) as ValuesOf<N>;
    const signal = AbortSignal.any([this.#over, AbortSignal.timeout(checkWithinMs)]);
    try {
      const value = await Promise.race([look(values, {say, signal}), ended(signal)]);
      return value === undefined ? undefined : {value};
    } catch (error) {
      const isLate = signal.aborted;
      say({
        severity: 'problem',
        found: isLate ? `No answer within ${checkWithinMs / 1000} s.` : failureOf(error).message,
        consequence: isLate
          ? 'A worker would wait for it as well.'
          : 'This could not be checked, and a worker may fail at it.',
      });
      return undefined;
    }
  }
}

/** Rejects when the signal fires. */
async function ended(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const end = (): void => reject(new DOMException('The check took too long.', 'TimeoutError'));
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, {once: true});
  });
}
