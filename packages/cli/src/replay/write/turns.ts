import {settle} from '../../../../azure/src/cosmos/virtual-clock.ts';

/** Turns that pass without anybody waiting for one, after which something hangs. */
const idleMax = 1_000;

/** For tests: every request waits for its turn before it arrives and before it is answered, and chance says whose is next. */
export class Turns {
  readonly #chance: () => number;
  #waiting: (() => void)[] = [];

  /** @param chance in [0, 1) */
  constructor(chance: () => number) {
    this.#chance = chance;
  }

  turn(): Promise<void> {
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }

  /** Whatever a method of `port` does, it does between two turns. */
  taking<T extends object>(port: T): T {
    return new Proxy(port, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        return async (...args: unknown[]): Promise<unknown> => {
          await this.turn();
          const answer: unknown = await Reflect.apply(value, target, args);
          await this.turn();
          return answer;
        };
      },
    });
  }

  /** Gives turns until the task has ended. */
  async until<T>(task: Promise<T>): Promise<T> {
    const state = {isOpen: true};
    const ended = task.finally(() => (state.isOpen = false));
    for (let idle = 0; state.isOpen;) {
      await settle();
      const [next] = this.#waiting.splice(Math.floor(this.#chance() * this.#waiting.length), 1);
      if (next === undefined && (idle += 1) > idleMax) throw new Error('Nobody waits for a turn.');
      next?.();
    }
    return ended;
  }
}
