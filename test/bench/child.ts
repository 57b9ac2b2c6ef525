import {fork, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';

/** Any message of a child; each kind is described where it is sent. */
export type Message = {readonly kind: string} & Readonly<Record<string, unknown>>;

/** A child that does not end by itself after its input was closed is killed. */
const endWaitMs = 10_000;

/**
 * One side of a measurement in a process of its own, so that its CPU time and memory are nobody else's. Children talk in
 * messages; one that fails takes the measurement down with it.
 */
export class Child {
  readonly #process: ChildProcess;
  readonly #name: string;
  readonly #heard: Message[] = [];
  #listener: (() => void) | undefined;
  #ended: string | undefined;

  constructor(
    module: string,
    {args = [], execArgv = []}: {args?: readonly string[]; execArgv?: readonly string[]} = {},
  ) {
    this.#name = module;
    this.#process = fork(new URL(module, import.meta.url), args, {
      execArgv: [...execArgv],
      // A shell that is set up for a real account must not be read from.
      env: {PATH: process.env['PATH'] ?? ''},
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#process.on('message', (message: Message) => {
      this.#heard.push(message);
      this.#listener?.();
    });
    this.#process.on('exit', (code, signal) => {
      this.#ended = `${this.#name} ended with ${signal ?? `code ${code}`}.`;
      this.#listener?.();
    });
  }

  tell(message: Message): void {
    this.#process.send(message);
  }

  /** The next message of a kind; others that come before it stay. Rejects when the child ends or is silent for too long. */
  async hear(kind: string, {withinMs}: {withinMs: number}): Promise<Message> {
    const timeUp = AbortSignal.timeout(withinMs);
    for (;;) {
      const at = this.#heard.findIndex((message) => message.kind === kind);
      if (at >= 0) return this.#heard.splice(at, 1)[0]!;
      if (this.#ended !== undefined) throw new Error(`${this.#ended} It had not said "${kind}".`);
      if (timeUp.aborted) throw new Error(`${this.#name} did not say "${kind}" within ${withinMs} ms.`);
      await this.#something(timeUp);
    }
  }

  async end(): Promise<void> {
    if (this.#ended !== undefined) return;
    const exit = once(this.#process, 'exit');
    if (this.#process.connected) this.#process.disconnect();
    const kill = setTimeout(() => this.#process.kill('SIGKILL'), endWaitMs);
    await exit;
    clearTimeout(kill);
  }

  #something(timeUp: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        timeUp.removeEventListener('abort', done);
        this.#listener = undefined;
        resolve();
      };
      this.#listener = done;
      timeUp.addEventListener('abort', done, {once: true});
    });
  }
}

/** For a child: its messages from the parent, one at a time, until the parent lets go. */
export async function* orders(): AsyncGenerator<Message> {
  const heard: (Message | undefined)[] = [];
  let wake = (): void => {};
  process.on('message', (message: Message) => {
    heard.push(message);
    wake();
  });
  process.on('disconnect', () => {
    heard.push(undefined);
    wake();
  });
  for (;;) {
    while (heard.length > 0) {
      const message = heard.shift();
      if (message === undefined) return;
      yield message;
    }
    await new Promise<void>((resolve) => (wake = resolve));
  }
}

/** For a child: tells the parent. */
export function tellParent(message: Message): void {
  process.send?.(message);
}

/** For a child: nothing more to say; lets the process end. */
export function letGo(): void {
  // The parent may have let go first.
  if (process.connected) process.disconnect();
}
