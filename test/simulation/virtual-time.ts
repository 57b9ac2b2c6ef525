import {setImmediate as turn} from 'node:timers/promises';
import type {SimulatedProcess} from './process.ts';
import type {Random} from './random.ts';

interface Task {
  atMs: number;
  /** Among tasks of one moment the seed decides; a resumed process keeps the order in which its tasks fell due. */
  order: number;
  readonly process: SimulatedProcess | undefined;
  readonly run: () => void;
}

/**
 * Time that passes only when everything at the present moment has been done. Every wait and every answer is a task;
 * between two tasks the real event loop turns once, which drains all microtasks.
 */
export class VirtualTime {
  readonly #random: Random;
  readonly #tasks: Task[] = [];
  #nowMs: number;
  #resumed = 1;
  tasksRun = 0;

  constructor(startMs: number, random: Random) {
    this.#nowMs = startMs;
    this.#random = random;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** @param process whose task it is: dropped when that has crashed, late when it is paused; undefined: a service's */
  after(ms: number, run: () => void, process?: SimulatedProcess): void {
    this.#push({atMs: this.#nowMs + Math.max(0, ms), order: this.#random.next(), process, run});
  }

  /** Runs tasks until there is none left, or the time is up, or `isOver` says so. */
  async run(untilMs: number, isOver: () => boolean): Promise<void> {
    for (let task = this.#pop(); task !== undefined; task = this.#pop()) {
      if (task.atMs > untilMs) {
        this.#push(task);
        this.#nowMs = untilMs;
        return;
      }
      this.#nowMs = Math.max(this.#nowMs, task.atMs);
      const {process} = task;
      if (process !== undefined) {
        if (process.isCrashed) continue;
        if (process.pausedUntilMs > this.#nowMs) {
          task.atMs = process.pausedUntilMs;
          task.order = this.#resumed++;
          this.#push(task);
          continue;
        }
      }
      this.tasksRun += 1;
      task.run();
      await turn();
      if (isOver()) return;
    }
  }

  #push(task: Task): void {
    const tasks = this.#tasks;
    let at = tasks.push(task) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(task, tasks[parent]!)) break;
      tasks[at] = tasks[parent]!;
      at = parent;
    }
    tasks[at] = task;
  }

  #pop(): Task | undefined {
    const tasks = this.#tasks;
    const first = tasks[0];
    const last = tasks.pop();
    if (first === undefined || last === undefined || tasks.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= tasks.length) break;
      if (child + 1 < tasks.length && isBefore(tasks[child + 1]!, tasks[child]!)) child += 1;
      if (!isBefore(tasks[child]!, last)) break;
      tasks[at] = tasks[child]!;
      at = child;
    }
    tasks[at] = last;
    return first;
  }
}

function isBefore(a: Task, b: Task): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
