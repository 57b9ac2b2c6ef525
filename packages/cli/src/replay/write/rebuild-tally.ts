import type {ViewWindow} from '../compare/view-windows.ts';
import type {PlannedWrite, Refusal} from './window-plan.ts';

export interface Rebuild {
  /** Written, or to be written. */
  readonly documents: readonly PlannedWrite[];
  /** As they should be. */
  readonly right: number;
  readonly refused: readonly {readonly window: ViewWindow; readonly because: readonly Refusal[]}[];
  /** Past their retention: they are not made again. */
  readonly expired: number;
}

/** What has become of documents and windows so far; a window may begin again after some of its documents were written. */
export class RebuildTally {
  readonly #done = new Map<string, PlannedWrite>();
  /** Sent, and not known to have arrived. */
  readonly #unclear = new Map<string, PlannedWrite>();
  readonly #right = new Set<string>();
  readonly #refused: {window: ViewWindow; because: readonly Refusal[]}[] = [];
  #expired = 0;

  result(): Rebuild {
    return {
      documents: [...this.#done.values()],
      right: this.#right.size,
      refused: this.#refused,
      expired: this.#expired,
    };
  }

  written(write: PlannedWrite): void {
    this.#done.set(write.target.id, write);
    this.#right.delete(write.target.id);
  }

  unclear(write: PlannedWrite): void {
    this.#unclear.set(write.target.id, write);
  }

  /** Where a write of ours got no answer, it is one that arrived. */
  right(id: string): void {
    const sent = this.#unclear.get(id);
    if (sent !== undefined) this.#done.set(id, sent);
    else if (!this.#done.has(id)) this.#right.add(id);
  }

  refused(window: ViewWindow, because: readonly Refusal[]): void {
    this.#refused.push({window, because});
  }

  expired(documents: number): void {
    this.#expired += documents;
  }
}
