import type {ReceivedEvent} from '@weir/pipeline';
import {eventOfLine} from '../../sources/file-events.ts';

/** Events of a file of lines, by partition. Bare bodies are numbered as they come. */
export class LineEvents {
  readonly #bareEnqueuedMs: number;
  #bare = 0;

  /** @param options.bareEnqueuedMs when an event counts as enqueued that does not say */
  constructor({bareEnqueuedMs}: {bareEnqueuedMs: number}) {
    this.#bareEnqueuedMs = bareEnqueuedMs;
  }

  /** Whether there was an event without a position. */
  get hasBare(): boolean {
    return this.#bare > 0;
  }

  /** @param text whole lines */
  read(text: string): ReadonlyMap<string, readonly ReceivedEvent[]> {
    const events = new Map<string, ReceivedEvent[]>();
    for (const line of text.split('\n')) {
      const trimmed = line.trim();
      if (trimmed === '') continue;
      const event = eventOfLine(trimmed, {line: this.#bare, bareEnqueuedMs: this.#bareEnqueuedMs});
      if (event.isBare) this.#bare += 1;
      const own = events.get(event.partition);
      if (own === undefined) events.set(event.partition, [event]);
      else own.push(event);
    }
    return events;
  }
}
